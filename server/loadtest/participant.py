"""One simulated participant: joins, sends if it has something to send, consumes whatever there is, leaves."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from aiortc.rtcdtlstransport import RTCCertificate

from server.loadtest.connection import Connection
from server.loadtest.publisher import Publisher, Source
from server.loadtest.scenario import Place, Scenario
from server.loadtest.session import RefusedError, Session
from server.loadtest.source import AudioSource, VideoSource
from server.loadtest.subscriber import Subscriber
from server.loadtest.tally import Tally

# Send times and transport-wide numbers are not asked for: the server then forwards every packet of what was asked for,
# and what is missing at the end was lost.
_FEEDBACK_LEFT_OUT = frozenset({"transport-cc", "goog-remb", "nack"})


class Participant:
    """`run()` until cancelled; every failure is in the tally, none is raised."""

    def __init__(self, scenario: Scenario, place: Place, certificate: RTCCertificate, tally: Tally) -> None:
        self._scenario = scenario
        self._place = place
        self._certificate = certificate
        self._tally = tally
        self._session = Session()
        self._connections: list[Connection] = []
        self._started = 0.0

    async def run(self) -> None:
        self._started = asyncio.get_running_loop().time()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._take_part(tasks))
        except* RefusedError as group:
            refused = group.exceptions[0]
            self._tally.failed[refused.code if isinstance(refused, RefusedError) else "connection"] += 1
        finally:
            await self._leave()

    async def _join(self) -> dict[str, Any]:
        await self._session.connect(self._scenario.url, self._place.token)
        joined = await self._session.ask("room:join", meeting_id=self._place.meeting_id)
        self._tally.joined += 1
        self._tally.joining.add(self._elapsed_micros())
        return joined

    async def _take_part(self, tasks: asyncio.TaskGroup) -> None:
        """Whatever runs meanwhile is the group's, and ends with it."""
        joined = await self._join()
        if self._place.publishes:
            tasks.create_task((await self._publisher()).run())
        if self._place.watches:
            await self._watch(joined, tasks)
        await self._session.ended.wait()
        self._tally.lost_connections += 1
        raise RefusedError("connection")

    async def _watch(self, joined: dict[str, Any], tasks: asyncio.TaskGroup) -> None:
        connection, transport_id = await self._connect("recv")
        subscriber = Subscriber(connection, self._tally, self._first_media)
        tasks.create_task(subscriber.run())
        capabilities = _capabilities(joined["routerRtpCapabilities"])
        for producer in joined["producers"]:
            await self._consume(subscriber, transport_id, producer, capabilities)
        tasks.create_task(self._follow(subscriber, transport_id, capabilities))

    async def _publisher(self) -> Publisher:
        connection, transport_id = await self._connect("send")
        sources: list[Source] = []
        for source, name, kind in self._sources():
            await self._session.ask(
                "produce", transport_id=transport_id, kind=kind, source=name, rtpParameters=source.rtp_parameters()
            )
            sources.append(source)
        return Publisher(connection, sources, self._tally)

    def _sources(self) -> list[tuple[Source, str, str]]:
        found: list[tuple[Source, str, str]] = []
        if self._scenario.audio:
            found.append((AudioSource(), "microphone", "audio"))
        if self._scenario.video_kbps:
            video = VideoSource(self._scenario.video_kbps, self._scenario.frames_per_s)
            found.append((video, "camera", "video"))
        return found

    async def _connect(self, direction: str) -> tuple[Connection, str]:
        transport = await self._session.ask("transport:create", direction=direction)
        connection = Connection(self._certificate)
        self._connections.append(connection)
        await self._session.ask(
            "transport:connect", transport_id=transport["id"], dtlsParameters=connection.dtls_parameters()
        )
        await connection.open(transport)
        return connection, transport["id"]

    async def _follow(self, subscriber: Subscriber, transport_id: str, capabilities: dict[str, Any]) -> None:
        while True:
            producer = await self._session.added.get()
            await self._consume(subscriber, transport_id, producer, capabilities)

    async def _consume(
        self, subscriber: Subscriber, transport_id: str, producer: dict[str, Any], capabilities: dict[str, Any]
    ) -> None:
        with contextlib.suppress(_ProducerGoneError):
            consumer = await self._ask_unless_gone(
                "consume",
                transport_id=transport_id,
                producer_id=producer["producer_id"],
                rtpCapabilities=capabilities,
            )
            subscriber.expect(consumer["rtpParameters"]["encodings"][0]["ssrc"])
            await self._ask_unless_gone("consumer:resume", consumer_id=consumer["id"])

    async def _ask_unless_gone(self, event: str, **payload: Any) -> dict[str, Any]:
        """Between being told of a producer and consuming it, it may have ended: nobody's failure."""
        try:
            return await self._session.ask(event, **payload)
        except RefusedError as error:
            if error.code == "NOT_FOUND":
                raise _ProducerGoneError from None
            raise

    async def _leave(self) -> None:
        for connection in self._connections:
            self._tally.refused += connection.refused
            await connection.close()
        await self._session.close()

    def _first_media(self) -> None:
        self._tally.first_media.add(self._elapsed_micros())

    def _elapsed_micros(self) -> int:
        return int((asyncio.get_running_loop().time() - self._started) * 1_000_000)


class _ProducerGoneError(Exception):
    pass


def _capabilities(router: dict[str, Any]) -> dict[str, Any]:
    """What a receiver that measures wants of what the room can send."""
    codecs = [
        codec
        | {
            "rtcpFeedback": [
                feedback
                for feedback in codec.get("rtcpFeedback", [])
                if feedback["type"] not in _FEEDBACK_LEFT_OUT or feedback.get("parameter") == "pli"
            ]
        }
        for codec in router["codecs"]
        if codec["mimeType"].lower() in {"video/vp8", "audio/opus"}
    ]
    return {"codecs": codecs, "headerExtensions": []}
