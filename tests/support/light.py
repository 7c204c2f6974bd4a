"""A participant with real media and without a browser, that comes back after `media:reset` as clients do."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import socketio
from aiortc.rtcdtlstransport import RTCCertificate

from server.loadtest.connection import Connection
from server.loadtest.publisher import Publisher
from server.loadtest.source import VideoSource
from server.loadtest.tally import Tally
from tests.sfu.clients import bot_capabilities

NAMESPACE = "/meeting"
CAMERA_KBPS = 60
FRAMES_PER_S = 10


class Picture:
    """What comes of one producer, by the kernel's receive times in seconds since the epoch."""

    def __init__(self, participant_id: str, producer_id: str) -> None:
        self.participant_id = participant_id
        self.producer_id = producer_id
        self.first_at: float | None = None
        self.last_at = 0.0
        self.longest_gap_s = 0.0

    def take(self, received_at: float) -> None:
        if self.first_at is None:
            self.first_at = received_at
        else:
            self.longest_gap_s = max(self.longest_gap_s, received_at - self.last_at)
        self.last_at = received_at


class LightParticipant:
    """`join()` until `leave()`. One camera of one encoding; consumes every other one.

    A consumer is forwarded from a key frame on, so the first packet of a picture is one that a browser can decode.
    """

    def __init__(self, url: str, token: str, certificate: RTCCertificate) -> None:
        self._url = url
        self._token = token
        self._certificate = certificate
        self._socket = socketio.AsyncClient(reconnection=False, handle_sigint=False)
        self._socket.on("producer:added", self._added, namespace=NAMESPACE)
        self._socket.on("media:reset", self._reset, namespace=NAMESPACE)
        self._told: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._life: asyncio.Task[None] | None = None
        self.id = ""
        self.resets = 0
        self.pictures: dict[str, Picture] = {}
        """By producer id; those of the current transports alone."""

    async def join(self, meeting_id: str) -> None:
        await self._socket.connect(
            self._url, namespaces=[NAMESPACE], auth={"token": self._token}, transports=["websocket"]
        )
        joined = await self._ask("room:join", meeting_id=meeting_id)
        self.id = joined["participant_id"]
        for producer in joined["producers"]:
            self._told.put_nowait(producer)
        self._life = asyncio.create_task(self._live(), name="light participant")

    async def leave(self) -> None:
        if self._life is not None:
            self._life.cancel()
            await asyncio.wait([self._life])
            if not self._life.cancelled():
                self._life.result()
        await self._socket.disconnect()

    def sees(self) -> set[str]:
        """Participant ids whose pictures come on the transports of now."""
        return {picture.participant_id for picture in self.pictures.values() if picture.first_at is not None}

    def last_first_frame_at(self) -> float:
        return max(picture.first_at or 0.0 for picture in self.pictures.values())

    async def _added(self, producer: dict[str, Any]) -> None:
        self._told.put_nowait(producer)

    async def _reset(self, _reason: dict[str, Any]) -> None:
        self._told.put_nowait(None)

    async def _ask(self, event: str, **payload: Any) -> dict[str, Any]:
        reply = await self._socket.call(event, payload, namespace=NAMESPACE, timeout=20)
        if not reply["ok"]:
            raise Refused(reply["error"])
        data: dict[str, Any] = reply["data"]
        return data

    async def _live(self) -> None:
        """One era of media after the other, each until the server says that it is over."""
        while True:
            connections: list[Connection] = []
            self.pictures = {}
            try:
                async with asyncio.TaskGroup() as tasks:
                    await self._era(tasks, connections)
            except* EraOverError:
                self.resets += 1
            finally:
                for connection in connections:
                    await connection.close()

    async def _era(self, tasks: asyncio.TaskGroup, connections: list[Connection]) -> None:
        sending = tasks.create_task(self._send(connections))
        recv, opened = await self._connect("recv", connections)
        opened.on_rtp = self._media
        by_ssrc: dict[int, Picture] = {}
        self._by_ssrc = by_ssrc
        while (producer := await self._told.get()) is not None:
            tasks.create_task(self._consume(recv, producer, by_ssrc))
        sending.cancel()
        raise EraOverError

    async def _send(self, connections: list[Connection]) -> None:
        transport, connection = await self._connect("send", connections)
        source = VideoSource((CAMERA_KBPS,), FRAMES_PER_S)
        parameters = source.rtp_parameters()
        await self._unless_lost(
            "produce", transport_id=transport, kind="video", source="camera", rtpParameters=parameters
        )
        await Publisher(connection, [source], Tally()).run()

    async def _connect(self, direction: str, connections: list[Connection]) -> tuple[str, Connection]:
        made = await self._ask("transport:create", direction=direction)
        connection = Connection(self._certificate)
        connections.append(connection)
        await self._unless_lost(
            "transport:connect", transport_id=made["id"], dtlsParameters=connection.dtls_parameters()
        )
        await connection.open(made)
        return made["id"], connection

    async def _consume(self, transport_id: str, producer: dict[str, Any], by_ssrc: dict[int, Picture]) -> None:
        picture = Picture(producer["participant_id"], producer["producer_id"])
        consumer = await self._unless_lost(
            "consume",
            transport_id=transport_id,
            producer_id=picture.producer_id,
            rtpCapabilities=bot_capabilities(),
        )
        by_ssrc[consumer["rtpParameters"]["encodings"][0]["ssrc"]] = picture
        self.pictures[picture.producer_id] = picture
        await self._unless_lost("consumer:resume", consumer_id=consumer["id"])

    async def _unless_lost(self, event: str, **payload: Any) -> dict[str, Any]:
        """What the dead worker took along is over; `media:reset` is on its way."""
        try:
            return await self._ask(event, **payload)
        except Refused as refused:
            if refused.code in {"NOT_FOUND", "UNAVAILABLE"}:
                await asyncio.Event().wait()
            raise

    def _media(self, packet: bytes, received_ns: int) -> None:
        picture = self._by_ssrc.get(int.from_bytes(packet[8:12], "big"))
        if picture is not None:
            picture.take((received_ns or time.time_ns()) / 1e9)


class Refused(Exception):  # noqa: N818 - the server's word for it
    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(f"{error['event']}: {error['code']}")
        self.code = str(error["code"])


class EraOverError(Exception):
    """The worker of the room died."""


async def all_see_each_other(people: list[LightParticipant], *, resets: int = 0) -> bool:
    everybody = {person.id for person in people}
    return all(person.resets == resets and person.sees() == everybody - {person.id} for person in people)
