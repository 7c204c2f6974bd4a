"""Real messages through a real worker process, over SCTP on both sides, and how data ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from config.rtc import RtcSettings
from sfu.commands import (
    CloseDataConsumer,
    CloseDataProducer,
    CloseTransport,
    ConsumeData,
    CreateTransport,
    MediaError,
    ProduceData,
)
from sfu.fleet import Fleet
from tests.sfu.data_room import ROOM, DataRoom
from tests.support.eventually import eventually


@pytest.fixture
async def room() -> AsyncIterator[DataRoom]:
    fleet = Fleet(RtcSettings(listen_ip="127.0.0.1", udp_port=0, workers=1))
    await fleet.start()
    await fleet.open_room(ROOM)
    room = DataRoom(fleet)
    yield room
    await room.close()
    await fleet.stop()


async def test_a_transport_offers_sctp_only_when_asked(room: DataRoom) -> None:
    without = await room.fleet.ask(CreateTransport(ROOM, "plain", "send"))
    offered = await room.fleet.ask(CreateTransport(ROOM, "data", "send", sctp=True))
    assert without.sctp_parameters is None
    assert offered.sctp_parameters == {"port": 5000, "OS": 1024, "MIS": 1024, "maxMessageSize": 262144}


@pytest.mark.parametrize("role", ["client", "server"])
async def test_text_and_bytes_arrive_as_what_they_were_sent_as(room: DataRoom, role: str) -> None:
    ada, ben = await room.join("up", "send", role=role), await room.join("down", "recv", role=role)
    up = await room.produce(ada, "up")
    down = await room.consume(ben, "down")
    sent: list[str | bytes] = ["hello", b"\x00\xff", "", b"", "Grüße", bytes(200 * 1024), "x" * 262_144]
    await up.send(*sent)
    assert [await down.next() for _ in sent] == sent


async def test_a_message_goes_to_every_consumer_and_to_nobody_else(room: DataRoom) -> None:
    ada = await room.join("up", "send")
    first, second = await room.produce(ada, "up", "d1"), await room.produce(ada, "up", "d2", streamId=1)
    ben, cleo = await room.join("ben", "recv"), await room.join("cleo", "recv")
    bens = await room.consume(ben, "ben", "d1", "c1")
    cleos = await room.consume(cleo, "cleo", "d1", "c2")
    other = await room.consume(cleo, "cleo", "d2", "c3")
    await first.send("for both")
    await second.send("for one")
    assert [await bens.next(), await cleos.next(), await other.next()] == ["for both", "for both", "for one"]
    assert bens.heard.empty()


async def test_label_protocol_and_reliability_reach_the_consumer(room: DataRoom) -> None:
    ada, ben = await room.join("up", "send"), await room.join("down", "recv")
    await room.produce(ada, "up", streamId=7, ordered=False, maxRetransmits=2)
    await room.fleet.ask(ConsumeData(ROOM, "down", "first", "d"))
    made = await room.fleet.ask(ConsumeData(ROOM, "down", "second", "d"))
    assert made.sctp_stream_parameters == {"streamId": 1, "ordered": False, "maxRetransmits": 2}
    assert (made.label, made.protocol) == ("chat", "json")
    assert ben.sctp.state == "new"


async def test_unordered_messages_arrive(room: DataRoom) -> None:
    ada, ben = await room.join("up", "send"), await room.join("down", "recv")
    up = await room.produce(ada, "up", ordered=False, maxPacketLifeTime=5000)
    down = await room.consume(ben, "down")
    await up.send(*(str(number) for number in range(50)))
    assert {await down.next() for _ in range(50)} == {str(number) for number in range(50)}


async def test_what_is_lost_on_the_way_is_sent_again(room: DataRoom) -> None:
    ada, ben = await room.join("up", "send"), await room.join("down", "recv")
    up = await room.produce(ada, "up")
    down = await room.consume(ben, "down")
    ben.loses(b"2")
    sent = [str(number) for number in range(8)]
    await up.send(*sent)
    assert [await down.next() for _ in sent] == sent


@pytest.mark.parametrize("ordered", [False, None])
async def test_what_is_lost_is_given_up_where_the_channel_says_so(room: DataRoom, ordered: bool | None) -> None:
    ada, ben = await room.join("up", "send"), await room.join("down", "recv")
    reliability = {"maxRetransmits": 0} | ({} if ordered is None else {"ordered": ordered})
    up = await room.produce(ada, "up", **reliability)
    down = await room.consume(ben, "down")
    ben.loses(b"2")
    sent = [str(number) for number in range(8)]
    await up.send(*sent)
    assert [await down.next() for _ in sent[:-1]] == [number for number in sent if number != "2"]


async def test_what_is_sent_before_the_receiver_is_there_waits_for_it(room: DataRoom) -> None:
    ada, ben = await room.join("up", "send"), await room.join("down", "recv")
    up = await room.produce(ada, "up")
    made = await room.fleet.ask(ConsumeData(ROOM, "down", "c", "d"))
    await up.send("early", b"bird")
    down = ben.channel(made.sctp_stream_parameters)
    await ben.connect_sctp()
    assert [await down.next(), await down.next()] == ["early", b"bird"]


async def test_closing_a_consumer_closes_its_channel_and_no_other(room: DataRoom) -> None:
    ada, ben = await room.join("up", "send"), await room.join("down", "recv")
    up = await room.produce(ada, "up")
    first = await room.consume(ben, "down", consumer_id="c1")
    second = await room.consume(ben, "down", consumer_id="c2")
    await room.fleet.ask(CloseDataConsumer(ROOM, "c1"))
    await asyncio.wait_for(first.closed.wait(), 10)
    await up.send("still here")
    assert await second.next() == "still here"
    assert first.heard.empty()


async def test_closing_a_producer_closes_its_consumers(room: DataRoom) -> None:
    ada, ben = await room.join("up", "send"), await room.join("down", "recv")
    await room.produce(ada, "up")
    down = await room.consume(ben, "down")
    await room.fleet.ask(CloseDataProducer(ROOM, "d"))
    await asyncio.wait_for(down.closed.wait(), 10)
    with pytest.raises(MediaError) as refusal:
        await room.fleet.ask(CloseDataConsumer(ROOM, "c"))
    assert refusal.value.code == "NOT_FOUND"


async def test_everything_closes_with_its_transport(room: DataRoom) -> None:
    ada, ben = await room.join("up", "send"), await room.join("down", "recv")
    await room.produce(ada, "up")
    down = await room.consume(ben, "down")
    await room.fleet.ask(CloseTransport(ROOM, "up"))
    await asyncio.wait_for(down.closed.wait(), 10)
    statistics = await room.fleet.statistics(ROOM)
    assert (statistics["data_producers"], statistics["data_consumers"]) == ([], [])
    with pytest.raises(MediaError) as refusal:
        await room.fleet.ask(ConsumeData(ROOM, "down", "c2", "d"))
    assert refusal.value.code == "NOT_FOUND"


async def test_a_channel_closed_by_its_page_gets_nothing_more(room: DataRoom) -> None:
    ada, ben = await room.join("up", "send"), await room.join("down", "recv")
    up = await room.produce(ada, "up")
    down = await room.consume(ben, "down")
    down.rtc.close()
    await asyncio.wait_for(down.closed.wait(), 10)
    await up.send("to nobody")

    async def dropped() -> bool:
        return (await room.drops()).get("data_channel_closed", 0) > 0

    await eventually(dropped, "the message is dropped")


async def test_messages_are_counted(room: DataRoom) -> None:
    ada, ben = await room.join("up", "send"), await room.join("down", "recv")
    up = await room.produce(ada, "up")
    down = await room.consume(ben, "down")
    await up.send("four", b"bytes")
    assert [await down.next(), await down.next()] == ["four", b"bytes"]
    statistics = await room.fleet.statistics(ROOM)
    producer, consumer = statistics["data_producers"][0], statistics["data_consumers"][0]
    assert (producer["messages"], producer["bytes"], producer["consumers"]) == (2, 9, 1)
    assert (consumer["messages"], consumer["bytes"], consumer["data_producer_id"]) == (2, 9, "d")


async def test_a_message_too_large_closes_its_producer_and_its_consumers(room: DataRoom) -> None:
    ada, ben = await room.join("up", "send"), await room.join("down", "recv")
    up = await room.produce(ada, "up")
    down = await room.consume(ben, "down")
    ada.sctp._remote_max_message_size = 0
    await up.send(bytes(262_145))
    assert await asyncio.wait_for(room.ended.get(), 10) == ("d", "too_large")
    await asyncio.wait_for(down.closed.wait(), 10)


async def test_a_receiver_that_never_acknowledges_is_closed_and_the_others_go_on(room: DataRoom) -> None:
    ada, ben, cleo = await room.join("up", "send"), await room.join("ben", "recv"), await room.join("cleo", "recv")
    up = await room.produce(ada, "up")
    await room.consume(ben, "ben", consumer_id="bens")
    cleos = await room.consume(cleo, "cleo", consumer_id="cleos")
    ben.never_acknowledges()
    for _ in range(8):
        await up.send(bytes(200 * 1024))
    async with asyncio.timeout(30):
        assert await room.ended.get() == ("bens", "slow")
        for _ in range(8):
            assert await cleos.heard.get() == bytes(200 * 1024)


async def test_three_megabytes_arrive_whole(room: DataRoom) -> None:
    """Far more than may wait: whoever sends is held back until there is room."""
    ada, ben = await room.join("up", "send"), await room.join("down", "recv")
    up = await room.produce(ada, "up")
    down = await room.consume(ben, "down")
    for number in range(12):
        await up.send(bytes([number]) * 262_144)
    async with asyncio.timeout(60):
        got = [await down.heard.get() for _ in range(12)]
    assert got == [bytes([number]) * 262_144 for number in range(12)]
    assert room.ended.empty()


async def test_a_peer_that_ends_its_association_loses_its_data_alone(room: DataRoom) -> None:
    ada, ben = await room.join("up", "send"), await room.join("down", "recv")
    up = await room.produce(ada, "up")
    await room.consume(ben, "down")
    await up.opened.wait()
    await ada.sctp.stop()
    assert await asyncio.wait_for(room.ended.get(), 10) == ("d", "association")
    assert ada.dtls.state == "connected"
    with pytest.raises(MediaError) as refusal:
        await room.fleet.ask(ProduceData(ROOM, "up", "e", {"streamId": 1}))
    assert refusal.value.code == "WEBRTC_TRANSPORT_ERROR"


@pytest.mark.parametrize(
    ("stream", "label"),
    [
        ({}, "chat"),
        ({"streamId": 1024}, "chat"),
        ({"streamId": -1}, "chat"),
        ({"streamId": 0, "maxRetransmits": 1, "maxPacketLifeTime": 1}, "chat"),
        ({"streamId": 0, "ordered": True, "maxRetransmits": 1}, "chat"),
        ({"streamId": 0}, "x" * 256),
        ({"streamId": 0}, "ü" * 128),
        ({"streamId": 0, "maxRetransmits": 65_536}, "chat"),
        ({"streamId": 0, "ordered": "yes"}, "chat"),
    ],
)
async def test_a_producer_that_makes_no_sense_is_refused(room: DataRoom, stream: Any, label: str) -> None:
    await room.fleet.ask(CreateTransport(ROOM, "up", "send", sctp=True))
    with pytest.raises(MediaError) as refusal:
        await room.fleet.ask(ProduceData(ROOM, "up", "d", stream, label))
    assert refusal.value.code == "VALIDATION"


async def test_data_needs_a_transport_made_for_it_and_the_right_way_round(room: DataRoom) -> None:
    await room.fleet.ask(CreateTransport(ROOM, "plain", "send"))
    await room.fleet.ask(CreateTransport(ROOM, "up", "send", sctp=True))
    await room.fleet.ask(CreateTransport(ROOM, "down", "recv", sctp=True))
    await room.fleet.ask(ProduceData(ROOM, "up", "d", {"streamId": 0}))
    for refused in (
        ProduceData(ROOM, "plain", "e", {"streamId": 0}),
        ProduceData(ROOM, "down", "e", {"streamId": 0}),
        ConsumeData(ROOM, "up", "c", "d"),
    ):
        with pytest.raises(MediaError) as refusal:
            await room.fleet.ask(refused)
        assert refusal.value.code == "VALIDATION"


async def test_a_stream_is_produced_on_once(room: DataRoom) -> None:
    await room.fleet.ask(CreateTransport(ROOM, "up", "send", sctp=True))
    await room.fleet.ask(ProduceData(ROOM, "up", "d", {"streamId": 0}))
    with pytest.raises(MediaError) as refusal:
        await room.fleet.ask(ProduceData(ROOM, "up", "e", {"streamId": 0}))
    assert refusal.value.code == "CONFLICT"
    await room.fleet.ask(CloseDataProducer(ROOM, "d"))
    await room.fleet.ask(ProduceData(ROOM, "up", "e", {"streamId": 0}))
