"""pymediasoup and Chromium in one room exchange messages over data channels, both directions."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from playwright.async_api import Browser
from pymediasoup.sctp_parameters import SctpStreamParameters

from tests.e2e.browser import BrowserPerson
from tests.e2e.test_data_channels import LISTEN, OPEN, SEND_BYTES, SEND_TEXT, all_but_hello
from tests.interop.test_pymediasoup import Bot
from tests.support.eventually import eventually
from tests.support.server import RunningServer

pytestmark = pytest.mark.browser
SIZE = 200 * 1024


class DataBot(Bot):
    """A bot that speaks and listens on data channels."""

    def __init__(self, url: str, token: str) -> None:
        super().__init__(url, token)
        self.heard: asyncio.Queue[str | bytes] = asyncio.Queue()
        self.channels: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._socket.on("data_producer:added", self._channel_added, namespace="/meeting")

    async def _channel_added(self, channel: dict[str, Any]) -> None:
        self.channels.put_nowait(channel)

    async def speak(self, label: str) -> Any:
        """A data producer whose channel is open."""
        transport = await self.transport("send", sctp=True)

        @transport.on("producedata")
        async def produce(
            sctpStreamParameters: SctpStreamParameters,  # noqa: N803 - its names
            label: str,
            protocol: str | None,
            appData: dict[str, Any],  # noqa: ARG001, N803 - its names
        ) -> str:
            stream = sctpStreamParameters.model_dump(exclude_none=True)
            wish = {"transport_id": transport.id, "sctpStreamParameters": stream, "label": label}
            return str((await self.ask("produce_data", **wish, protocol=protocol or ""))["id"])

        producer = await transport.produceData(label=label)

        async def is_open() -> bool:
            return bool(producer.readyState == "open")

        await eventually(is_open, "the bot's channel is open")
        return producer

    async def listen(self) -> None:
        """To the next channel that is told."""
        channel = await asyncio.wait_for(self.channels.get(), 20)
        transport = await self.transport("recv", sctp=True)
        made = await self.ask("consume_data", transport_id=transport.id, data_producer_id=channel["data_producer_id"])
        consumer = await transport.consumeData(
            id=made["id"],
            dataProducerId=made["data_producer_id"],
            sctpStreamParameters=SctpStreamParameters.model_validate(made["sctpStreamParameters"]),
            label=made["label"],
            protocol=made["protocol"],
        )
        consumer.on("message", self.heard.put_nowait)

        async def is_open() -> bool:
            return bool(consumer.readyState == "open")

        await eventually(is_open, "the channel to the bot is open")


async def test_a_bot_and_a_browser_exchange_messages(browser: Browser, server: RunningServer) -> None:
    ada = await BrowserPerson.arrive(browser, "Ada", server.url)
    meeting_id = await ada.create_meeting()
    await ada.join()
    bot = DataBot(server.url, server.token("bot", meeting=meeting_id))
    await bot.join(meeting_id)
    try:
        await ada.page.evaluate(OPEN, ["notes", {}])
        await bot.listen()
        await ada.page.evaluate(SEND_TEXT, "for the bot")
        await ada.page.evaluate(SEND_BYTES, SIZE)
        assert await asyncio.wait_for(bot.heard.get(), 20) == "for the bot"
        assert await asyncio.wait_for(bot.heard.get(), 20) == bytes(number % 251 for number in range(SIZE))

        await ada.page.evaluate(LISTEN, "answers")
        producer = await bot.speak("answers")

        async def hello() -> bool:
            producer.send("hello")
            return bool(await ada.page.evaluate("() => window.heard.length > 0"))

        await eventually(hello, "Ada hears the bot", within_s=20)
        producer.send("for Ada")
        producer.send(bytes(SIZE))
        messages = await all_but_hello(ada)
        assert [message["whole"] for message in messages] == ["for Ada", [0] * SIZE]
    finally:
        await bot.leave()
        await ada.close()
