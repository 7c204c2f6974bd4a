"""What a receiver may ask about layers, and who hears and remembers what is sent of a video."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from persistence.events import LayerAdjusted
from sfu import commands
from sfu.events import ConsumerLayersChanged, ProducerLayersWanted
from tests.signaling.conftest import Client, Node


async def alone(node: Node) -> Client:
    await node.meeting()
    ada = await node.connect("ada")
    await ada.join("daily")
    return ada


async def test_a_receiver_says_how_large_it_shows_a_picture_and_how_much_it_matters(node: Node) -> None:
    ada = await alone(node)
    consumer = await ada.consume(await ada.produce("camera"))
    size = {"consumer_id": consumer, "width": 640, "height": 360}
    assert await ada.ask("consumer:size", **size) == size
    priority = {"consumer_id": consumer, "priority": 200}
    assert await ada.ask("consumer:priority", **priority) == priority
    assert node.media.asked[-2:] == [
        commands.SetConsumerSize("daily", consumer, 640, 360),
        commands.SetConsumerPriority("daily", consumer, 200),
    ]


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("consumer:size", {"width": 0, "height": 360}),
        ("consumer:size", {"width": 640, "height": 16385}),
        ("consumer:size", {"width": 640.5, "height": 360}),
        ("consumer:size", {"width": 640}),
        ("consumer:priority", {"priority": 0}),
        ("consumer:priority", {"priority": 256}),
        ("consumer:priority", {"priority": "high"}),
    ],
    ids=str,
)
async def test_sizes_and_priorities_that_make_no_sense_are_refused(
    node: Node, event: str, payload: dict[str, Any]
) -> None:
    ada = await alone(node)
    consumer = await ada.consume(await ada.produce("camera"))
    assert await ada.refused(event, consumer_id=consumer, **payload) == "VALIDATION"


async def test_a_consumer_of_somebody_else_is_as_unknown_as_one_that_never_was(node: Node) -> None:
    ada, bob = await alone(node), await node.connect("bob")
    await bob.join("daily")
    consumer = await ada.consume(await ada.produce("camera"))
    for consumer_id in (consumer, "never-was"):
        assert await bob.refused("consumer:size", consumer_id=consumer_id, width=1, height=1) == "NOT_FOUND"
        assert await bob.refused("consumer:priority", consumer_id=consumer_id, priority=1) == "NOT_FOUND"


async def test_the_owner_of_a_consumer_hears_of_its_layers(node: Node) -> None:
    ada = await alone(node)
    consumer = await ada.consume(await ada.produce("camera"))
    node.media.happen(ConsumerLayersChanged("daily", consumer, 2, 1, "requested"))
    node.media.happen(ConsumerLayersChanged("daily", "unknown", 2, 1, "requested"))
    told = await ada.told("consumer:layers_changed")
    assert told == {"consumer_id": consumer, "spatial_layer": 2, "temporal_layer": 1, "reason": "requested"}


async def test_every_switch_of_a_video_is_recorded_and_logged_with_where_from_and_why(node: Node) -> None:
    await node.meeting()
    ada, bob = await node.connect("ada"), await node.connect("bob")
    await ada.join("daily")
    joined = await bob.join("daily")
    producer = await ada.produce("camera")
    consumer = await bob.consume(producer)
    with capture_logs() as logs:
        node.media.happen(ConsumerLayersChanged("daily", consumer, 2, 2, "available", None))
        node.media.happen(ConsumerLayersChanged("daily", consumer, 2, 2, "available", None))
        node.media.happen(ConsumerLayersChanged("daily", consumer, 0, 1, "bandwidth", 310_000))
    first = LayerAdjusted(
        consumer_id=consumer,
        producer_id=producer,
        from_spatial_layer=-1,
        from_temporal_layer=-1,
        to_spatial_layer=2,
        to_temporal_layer=2,
        reason="available",
    )
    change = {"from_spatial_layer": 2, "from_temporal_layer": 2, "to_spatial_layer": 0, "to_temporal_layer": 1}
    second = first.model_copy(update={**change, "reason": "bandwidth", "estimate": 310_000})
    await node.until(lambda: node.record.types("daily").count("layer.adjusted") == 2)
    facts = [(actor, payload) for _, kind, actor, payload in node.record.facts if kind == "layer.adjusted"]
    assert facts == [(joined["participant_id"], first), (joined["participant_id"], second)]
    lines = [line for line in logs if line["event"] == "layer_adjusted"]
    assert [(line["participant_id"], line["to_spatial_layer"], line["estimate"]) for line in lines] == [
        (joined["participant_id"], 2, None),
        (joined["participant_id"], 0, 310_000),
    ]


async def test_sound_has_no_layers_to_record(node: Node) -> None:
    ada = await alone(node)
    consumer = await ada.consume(await ada.produce("microphone"))
    node.media.happen(ConsumerLayersChanged("daily", consumer, 0, 0, "available"))
    await ada.told("consumer:layers_changed")
    await ada.ask("room:leave")
    assert "layer.adjusted" not in node.record.types("daily")


async def test_the_sender_alone_hears_which_layers_anybody_wants(node: Node) -> None:
    ada, bob = await alone(node), await node.connect("bob")
    await bob.join("daily")
    producer = await ada.produce("camera")
    node.media.happen(ProducerLayersWanted("daily", "unknown", [True]))
    node.media.happen(ProducerLayersWanted("daily", producer, [True, False, False]))
    told = await ada.told("producer:layers_wanted")
    assert told == {"producer_id": producer, "spatial_layers": [True, False, False]}
    await bob.settle()
    assert "producer:layers_wanted" not in bob.names()


async def test_a_screen_is_told_to_the_sfu_as_a_screen(node: Node) -> None:
    ada = await alone(node)
    await ada.ask("screen:start")
    for source in ("camera", "screen"):
        await ada.produce(source)
    asked = [command.content for command in node.media.asked if isinstance(command, commands.Produce)]
    assert asked == ["camera", "screen"]
