"""Data channels as participants agree on them: who is told what, what is recorded, and when they end."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from config.settings import LimitSettings
from persistence.events import DataChannelClosed, DataChannelOpened
from sfu.commands import ConsumeData, ProduceData
from sfu.events import DataConsumerClosed, DataProducerClosed, TransportStateChanged
from sfu.ortc import OrtcError
from sfu.ortc.sctp import check_name
from signaling.messages.data import ProduceData as ProduceDataRequest
from signaling.roles import Role
from tests.signaling.conftest import Client, Node

STREAM = {"streamId": 0, "ordered": True}


@pytest.fixture
def limits() -> LimitSettings:
    return LimitSettings(max_data_producers_per_participant=2, max_data_consumers_per_participant=2)


async def transport(client: Client, direction: str) -> str:
    return await client.transport(direction, sctp=True)


async def produce(client: Client, on: str = "", label: str = "chat") -> str:
    wish = {"sctpStreamParameters": STREAM, "label": label, "protocol": "json"}
    made = await client.ask("produce_data", transport_id=on or await transport(client, "send"), **wish)
    return str(made["id"])


async def consume(client: Client, data_producer_id: str, on: str = "") -> dict[str, Any]:
    on = on or await transport(client, "recv")
    return await client.ask("consume_data", transport_id=on, data_producer_id=data_producer_id)


def data_facts(node: Node, meeting_id: str) -> list[DataChannelOpened | DataChannelClosed]:
    facts = (fact for meeting, _, _, fact in node.record.facts if meeting == meeting_id)
    return [fact for fact in facts if isinstance(fact, DataChannelOpened | DataChannelClosed)]


async def two(node: Node) -> tuple[Client, Client, str]:
    meeting_id = await node.meeting()
    ada, ben = await node.connect("ada"), await node.connect("ben")
    await ada.join(meeting_id)
    await ben.join(meeting_id)
    return ada, ben, meeting_id


async def test_a_data_producer_is_recorded_and_told_to_the_others(node: Node) -> None:
    ada, ben, meeting_id = await two(node)
    producer = await produce(ada)
    added = await ben.told("data_producer:added")
    assert (added["data_producer_id"], added["label"], added["protocol"]) == (producer, "chat", "json")
    assert data_facts(node, meeting_id) == [
        DataChannelOpened(data_producer_id=producer, label="chat", protocol="json"),
    ]
    await ada.settle()
    assert "data_producer:added" not in ada.names()


async def test_whoever_joins_learns_of_the_open_ones(node: Node) -> None:
    ada, _, meeting_id = await two(node)
    producer = await produce(ada)
    cleo = await node.connect("cleo")
    joined = await cleo.join(meeting_id)
    assert [data["data_producer_id"] for data in joined["data_producers"]] == [producer]


async def test_a_consumer_is_given_its_stream_and_who_speaks(node: Node) -> None:
    ada, ben, _ = await two(node)
    producer = await produce(ada)
    added = await ben.told("data_producer:added")
    made = await consume(ben, producer)
    assert made["sctpStreamParameters"] == {"streamId": 3, "ordered": True}
    assert (made["data_producer_id"], made["participant_id"]) == (producer, added["participant_id"])
    assert (made["label"], made["protocol"]) == ("chat", "json")


async def test_closing_a_producer_closes_its_consumers(node: Node) -> None:
    ada, ben, meeting_id = await two(node)
    producer = await produce(ada)
    consumer = (await consume(ben, producer))["id"]
    assert await ada.ask("data_producer:close", data_producer_id=producer) == {"data_producer_id": producer}
    assert await ben.told("data_consumer:closed") == {"data_consumer_id": consumer}
    assert await ben.told("data_producer:removed") == {"data_producer_id": producer}
    assert data_facts(node, meeting_id)[-1] == DataChannelClosed(
        data_producer_id=producer, label="chat", reason="closed"
    )
    assert await ada.refused("data_producer:close", data_producer_id=producer) == "NOT_FOUND"
    assert await ben.refused("data_consumer:close", data_consumer_id=consumer) == "NOT_FOUND"


async def test_closing_a_consumer_leaves_the_producer_open(node: Node) -> None:
    ada, ben, meeting_id = await two(node)
    producer = await produce(ada)
    consumer = (await consume(ben, producer))["id"]
    assert await ben.ask("data_consumer:close", data_consumer_id=consumer) == {"data_consumer_id": consumer}
    room = node.media.rooms[meeting_id]
    assert (set(room.data_producers), room.data_consumers) == ({producer}, {})
    assert "data_producer:removed" not in ben.names()


async def test_everything_closes_with_whoever_leaves(node: Node) -> None:
    ada, ben, meeting_id = await two(node)
    producer = await produce(ada)
    consumer = (await consume(ben, producer))["id"]
    await ada.ask("room:leave")
    assert await ben.told("data_consumer:closed") == {"data_consumer_id": consumer}
    assert await ben.told("data_producer:removed") == {"data_producer_id": producer}
    assert data_facts(node, meeting_id)[-1] == DataChannelClosed(data_producer_id=producer, label="chat", reason="left")


async def test_everything_closes_with_the_room(node: Node) -> None:
    meeting_id = await node.meeting()
    ada = await node.connect("ada", role=Role.HOST)
    await ada.join(meeting_id)
    producer = await produce(ada)
    await ada.ask("room:close")
    assert data_facts(node, meeting_id)[-1] == DataChannelClosed(
        data_producer_id=producer, label="chat", reason="room_closed"
    )


async def test_everything_closes_with_its_transport(node: Node) -> None:
    ada, ben, meeting_id = await two(node)
    up, down = await transport(ada, "send"), await transport(ben, "recv")
    producer = await produce(ada, up)
    await consume(ben, producer, down)
    node.media.happen(TransportStateChanged(meeting_id, up, "closed", "peer_closed"))
    await ada.told("transport:closed")
    assert await ben.told("data_producer:removed") == {"data_producer_id": producer}
    assert data_facts(node, meeting_id)[-1] == DataChannelClosed(
        data_producer_id=producer, label="chat", reason="transport_peer_closed"
    )
    assert await ben.refused("consume_data", transport_id=down, data_producer_id=producer) == "NOT_FOUND"


async def test_data_is_gone_after_a_media_reset(node: Node) -> None:
    ada, ben, meeting_id = await two(node)
    producer = await produce(ada)
    node.media.die(meeting_id)
    await ada.told("media:reset")
    down = await transport(ben, "recv")
    assert await ben.refused("consume_data", transport_id=down, data_producer_id=producer) == "NOT_FOUND"
    assert data_facts(node, meeting_id)[-1] == DataChannelClosed(
        data_producer_id=producer, label="chat", reason="worker_died"
    )
    assert await produce(ada)


async def test_a_producer_that_closes_by_itself_is_told_to_its_owner_and_the_others(node: Node) -> None:
    ada, ben, meeting_id = await two(node)
    producer = await produce(ada)
    await consume(ben, producer)
    node.media.happen(DataProducerClosed(meeting_id, producer, "too_large"))
    assert await ada.told("data_producer:closed") == {"data_producer_id": producer, "reason": "too_large"}
    await ben.told("data_consumer:closed")
    await ben.told("data_producer:removed")
    assert data_facts(node, meeting_id)[-1] == DataChannelClosed(
        data_producer_id=producer, label="chat", reason="too_large"
    )


async def test_a_consumer_that_closes_by_itself_is_told_to_its_owner_alone(node: Node) -> None:
    ada, ben, meeting_id = await two(node)
    producer = await produce(ada)
    consumer = (await consume(ben, producer))["id"]
    node.media.happen(DataConsumerClosed(meeting_id, consumer, "slow"))
    assert await ben.told("data_consumer:closed") == {"data_consumer_id": consumer, "reason": "slow"}
    await ada.settle()
    assert not [name for name in ada.names() if name.startswith("data_")]
    assert await ben.refused("data_consumer:close", data_consumer_id=consumer) == "NOT_FOUND"


async def test_nobody_has_more_than_they_may(node: Node) -> None:
    ada, ben, _ = await two(node)
    up, down = await transport(ada, "send"), await transport(ben, "recv")
    producers = [await produce(ada, up) for _ in range(2)]
    wish = {"transport_id": up, "sctpStreamParameters": STREAM}
    assert await ada.refused("produce_data", **wish) == "CAPACITY_EXCEEDED"
    for producer in producers:
        await consume(ben, producer, down)
    assert await ben.refused("consume_data", transport_id=down, data_producer_id=producers[0]) == "CAPACITY_EXCEEDED"


@pytest.mark.parametrize(
    "change",
    [
        {"label": "x" * 256},
        {"label": "ü" * 128},
        {"protocol": "x" * 256},
        {"label": 7},
        {"sctpStreamParameters": None},
        {"sctpStreamParameters": {"garbage": True}},
    ],
)
async def test_what_makes_no_sense_is_refused(node: Node, change: dict[str, Any]) -> None:
    ada, _, meeting_id = await two(node)
    up = await transport(ada, "send")
    wish = {"transport_id": up, "sctpStreamParameters": STREAM} | change
    assert await ada.refused("produce_data", **wish) == "VALIDATION"
    assert data_facts(node, meeting_id) == []


@pytest.mark.parametrize("name", ["\ud800", "half of a sign: \udc00", "x" * 256, "ü" * 128])
def test_a_name_is_unicode_of_at_most_255_bytes_here_and_in_the_sfu(name: str) -> None:
    wish = {"transport_id": "t", "sctpStreamParameters": STREAM, "label": name}
    with pytest.raises(ValidationError):
        ProduceDataRequest.model_validate(wish)
    with pytest.raises(OrtcError):
        check_name(name, "label")


async def test_data_needs_a_transport_of_ones_own_made_for_it_and_for_that_way(node: Node) -> None:
    ada, ben, _ = await two(node)
    producer = await produce(ada)
    plain, up, down = await ada.transport("send"), await transport(ada, "send"), await transport(ada, "recv")
    assert await ada.refused("produce_data", transport_id=plain, sctpStreamParameters=STREAM) == "VALIDATION"
    assert await ada.refused("produce_data", transport_id=down, sctpStreamParameters=STREAM) == "VALIDATION"
    assert await ada.refused("consume_data", transport_id=up, data_producer_id=producer) == "VALIDATION"
    assert await ben.refused("produce_data", transport_id=up, sctpStreamParameters=STREAM) == "NOT_FOUND"
    assert await ben.refused("data_producer:close", data_producer_id=producer) == "NOT_FOUND"


async def test_who_may_not_send_or_receive_media_has_no_data_either(node: Node) -> None:
    meeting_id = await node.meeting()
    ada = await node.connect("ada")
    await ada.join(meeting_id)
    producer = await produce(ada)
    eve = await node.connect("eve", grants={"can_publish": False, "can_subscribe": False})
    await eve.join(meeting_id)
    up, down = await transport(eve, "send"), await transport(eve, "recv")
    assert await eve.refused("produce_data", transport_id=up, sctpStreamParameters=STREAM) == "ACCESS_DENIED"
    assert await eve.refused("consume_data", transport_id=down, data_producer_id=producer) == "ACCESS_DENIED"


async def test_what_closes_before_it_is_agreed_on_is_refused(node: Node) -> None:
    """Its worker tells the end while the beginning is still being answered."""
    ada, ben, meeting_id = await two(node)
    up, down = await transport(ada, "send"), await transport(ben, "recv")
    producer = await produce(ada, up)

    async def ends_at_once(command: object) -> None:
        if isinstance(command, ProduceData):
            node.media.happen(DataProducerClosed(meeting_id, command.data_producer_id, "association"))
        if isinstance(command, ConsumeData):
            node.media.happen(DataConsumerClosed(meeting_id, command.data_consumer_id, "association"))

    node.media.after = ends_at_once
    wish = {"transport_id": up, "sctpStreamParameters": STREAM}
    assert await ada.refused("produce_data", **wish) == "WEBRTC_TRANSPORT_ERROR"
    refused = await ben.refused("consume_data", transport_id=down, data_producer_id=producer)
    assert refused == "WEBRTC_TRANSPORT_ERROR"
    assert [type(fact) for fact in data_facts(node, meeting_id)[1:]] == [DataChannelOpened, DataChannelClosed]
    room = node.registry.get(meeting_id)
    assert room is not None
    assert (set(room.data.producers), room.data.consumers) == ({producer}, {})


async def test_what_the_record_refuses_does_not_open(node: Node) -> None:
    ada, ben, meeting_id = await two(node)
    up = await transport(ada, "send")
    node.record.failing = lambda fact: isinstance(fact, DataChannelOpened)
    assert await ada.refused("produce_data", transport_id=up, sctpStreamParameters=STREAM) == "UNAVAILABLE"
    assert node.media.rooms[meeting_id].data_producers == {}
    await ben.settle()
    assert "data_producer:added" not in ben.names()
