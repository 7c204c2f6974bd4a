"""pymediasoup (aiortc underneath) and Chromium in one room, both directions."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import numpy as np
import pytest
import socketio
from aiortc import AudioStreamTrack, VideoStreamTrack
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import VideoFrame
from playwright.async_api import Browser
from pymediasoup import AiortcHandler, Device
from pymediasoup.models.transport import DtlsParameters, IceCandidate, IceParameters
from pymediasoup.rtp_parameters import RtpCapabilities, RtpParameters
from pymediasoup.sctp_parameters import SctpParameters

from tests.e2e.browser import BrowserPerson
from tests.e2e.test_a_meeting import sees
from tests.support.eventually import eventually
from tests.support.server import RunningServer

pytestmark = pytest.mark.browser
FRAMES = 20


class Picture(VideoStreamTrack):
    """Moving colours, 640 x 360."""

    async def recv(self) -> VideoFrame:
        pts, time_base = await self.next_timestamp()
        pixels = np.full((360, 640, 3), (pts // 3000) % 255, dtype=np.uint8)
        frame = VideoFrame.from_ndarray(pixels, format="rgb24")
        frame.pts, frame.time_base = pts, time_base
        return frame


class Bot:
    """A participant that is a program: signaling by python-socketio, media by pymediasoup."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token
        self._socket = socketio.AsyncClient(reconnection=False)
        self._transports: list[Any] = []
        self._socket.on("producer:added", self._producer_added, namespace="/meeting")
        self.producers: dict[str, str] = {}  # id by source

    async def _producer_added(self, producer: dict[str, Any]) -> None:
        self.producers[producer["source"]] = producer["producer_id"]

    async def ask(self, event: str, **payload: Any) -> dict[str, Any]:
        reply = await self._socket.call(event, payload, namespace="/meeting", timeout=10)
        assert reply["ok"], reply
        data: dict[str, Any] = reply["data"]
        return data

    async def join(self, meeting_id: str) -> None:
        await self._socket.connect(
            self._url, namespaces=["/meeting"], auth={"token": self._token}, transports=["websocket"]
        )
        joined = await self.ask("room:join", meeting_id=meeting_id, display_name="Bot")
        for producer in joined["producers"]:
            await self._producer_added(producer)
        self._tracks: list[MediaStreamTrack] = [AudioStreamTrack(), Picture()]
        self._device = Device(handlerFactory=AiortcHandler.createFactory(tracks=self._tracks))
        await self._device.load(RtpCapabilities.model_validate(joined["routerRtpCapabilities"]))

    async def transport(self, direction: str, *, sctp: bool = False) -> Any:
        created = await self.ask("transport:create", direction=direction, sctp=sctp)
        make = self._device.createSendTransport if direction == "send" else self._device.createRecvTransport
        transport = make(
            id=created["id"],
            iceParameters=IceParameters.model_validate(created["iceParameters"]),
            iceCandidates=[IceCandidate.model_validate(candidate) for candidate in created["iceCandidates"]],
            dtlsParameters=DtlsParameters.model_validate(created["dtlsParameters"]),
            sctpParameters=SctpParameters.model_validate(created["sctpParameters"]) if sctp else None,
        )

        @transport.on("connect")
        async def connect(dtls: DtlsParameters) -> None:
            parameters = dtls.model_dump(exclude_none=True)
            await self.ask("transport:connect", transport_id=transport.id, dtlsParameters=parameters)

        self._transports.append(transport)
        return transport

    async def produce(self) -> None:
        transport = await self.transport("send")

        @transport.on("produce")
        async def produce(kind: str, rtpParameters: RtpParameters, appData: dict[str, Any]) -> str:  # noqa: N803 - its names
            made = await self.ask(
                "produce",
                transport_id=transport.id,
                kind=kind,
                source=appData["source"],
                rtpParameters=rtpParameters.model_dump(exclude_none=True),
            )
            return str(made["id"])

        for track, source in zip(self._tracks, ("microphone", "camera"), strict=True):
            await transport.produce(track=track, stopTracks=False, appData={"source": source})

    async def consume(self, source: str) -> MediaStreamTrack:
        async def producer() -> str | None:
            return self.producers.get(source)

        producer_id = await eventually(producer, f"a {source} to consume")
        transport = await self.transport("recv")
        capabilities = self._device.rtpCapabilities.model_dump(exclude_none=True)
        made = await self.ask(
            "consume", transport_id=transport.id, producer_id=producer_id, rtpCapabilities=capabilities
        )
        consumer = await transport.consume(
            id=made["id"],
            producerId=producer_id,
            kind=made["kind"],
            rtpParameters=RtpParameters.model_validate(made["rtpParameters"]),
        )
        await self.ask("consumer:resume", consumer_id=made["id"])
        track: MediaStreamTrack = consumer.track
        return track

    async def leave(self) -> None:
        for transport in self._transports:
            await transport.close()
        await self._socket.disconnect()


async def frames(track: MediaStreamTrack, wanted: int) -> list[Any]:
    """The next frames of a track, decoded by aiortc."""
    received: list[Any] = []
    deadline = time.monotonic() + 20
    while len(received) < wanted and time.monotonic() < deadline:
        try:
            received.append(await asyncio.wait_for(track.recv(), 10))
        except MediaStreamError:
            break
    return received


async def test_a_bot_and_a_browser_see_and_hear_each_other(browser: Browser, server: RunningServer) -> None:
    ada = await BrowserPerson.arrive(browser, "Ada", server.url)
    meeting_id = await ada.create_meeting()
    await ada.join()
    bot_view = BrowserPerson("Bot", ada.context, ada.page)
    bot = Bot(server.url, server.token("bot", meeting=meeting_id))
    await bot.join(meeting_id)
    try:
        await bot.produce()
        await sees(ada, bot_view)

        pictures = await frames(await bot.consume("camera"), FRAMES)
        assert len(pictures) == FRAMES
        assert pictures[-1].width in (320, 640, 1280)
        sound = await frames(await bot.consume("microphone"), FRAMES)
        assert any(np.abs(frame.to_ndarray()).max() > 100 for frame in sound), "the fake microphone beeps"
    finally:
        await bot.leave()
        await ada.close()
