"""What workers measure reaches the record, whoever asks, and one number for each person's connection."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistence.events import ConnectionStats, TransportStats
from persistence.events.statistics import ROWS_LIMIT
from sfu.events import TransportReported
from sfu.figures import ConsumerFigures, Inbound, Outbound, ProducerFigures, StreamFigures, TransportFigures
from signaling.quality import BEST, WORST, opinion_score
from signaling.statistics import recorded
from tests.signaling.conftest import Node
from tests.signaling.world import nothing_measured

STREAM = StreamFigures(
    rid="r0",
    active=True,
    packets=0,
    bytes=0,
    recovered=0,
    lost=0,
    nacked=0,
    keyframe_requests=0,
    keyframes=0,
    jitter_ms=3.0,
    bitrate=100_000,
)
CONSUMER = ConsumerFigures(
    consumer_id="c",
    producer_id="p",
    kind="video",
    paused=False,
    spatial_layer=2,
    temporal_layer=2,
    packets=0,
    bytes=0,
    resent=0,
    lost=0,
    nacked=0,
    unanswered=0,
    keyframe_requests=0,
    jitter_ms=5.0,
    bitrate=900_000,
    rtt_ms=40.0,
)


def change(figures: Any, **fields: Any) -> Any:
    return msgspec.structs.replace(figures, **fields)


def sent(transport_id: str, *, packets: int, lost: int) -> TransportFigures:
    """Of a transport a participant sends on."""
    stream = change(STREAM, packets=packets, lost=lost)
    producer = ProducerFigures("p", "video", "video/VP8", paused=False, consumers=1, streams=[stream])
    return figures(transport_id, "send", producers=[producer], inbound=Inbound(packets, 0, 0, lost, 0, 0, 3.0, 100_000))


def received(transport_id: str, *consumers: ConsumerFigures) -> TransportFigures:
    """Of a transport a participant receives on."""
    outbound = Outbound(0, 0, 0, 0, 0, 0, 0, 5.0, sum(c.bitrate for c in consumers), 40.0)
    return figures(transport_id, "recv", consumers=list(consumers), outbound=outbound, estimate=2_000_000)


def figures(transport_id: str, direction: Any, **fields: Any) -> TransportFigures:
    counted = {"packets_in": 10, "bytes_in": 1000, "packets_out": 20, "bytes_out": 2000, "drops": {"replayed": 1}}
    made: TransportFigures = change(nothing_measured(transport_id, direction), **counted, **fields)
    return made


def facts(node: Node, kind: type[Any]) -> list[tuple[str | None, Any]]:
    return [(actor, payload) for _, _, actor, payload in node.record.facts if isinstance(payload, kind)]


async def test_each_report_is_recorded_with_its_sums_and_rows(node: Node) -> None:
    await node.meeting()
    ada = await node.connect("ada")
    me = (await ada.join("daily"))["participant_id"]
    send = await ada.transport("send")
    node.media.happen(TransportReported("daily", sent(send, packets=100, lost=2)))
    await node.until(lambda: bool(facts(node, TransportStats)))
    ((actor, stats),) = facts(node, TransportStats)
    assert actor == me
    assert (stats.transport_id, stats.direction, stats.state) == (send, "send", "connected")
    assert (stats.packets_in, stats.bytes_in, stats.packets_out, stats.bytes_out) == (10, 1000, 20, 2000)
    assert (stats.inbound.packets, stats.inbound.lost, stats.drops) == (100, 2, {"replayed": 1})
    assert stats.producers[0].streams[0].packets == 100


async def test_a_participants_connection_is_summed_up_once_a_round(node: Node) -> None:
    await node.meeting()
    ada = await node.connect("ada")
    await ada.join("daily")
    send, recv = await ada.transport("send"), await ada.transport("recv")
    for turn in (1, 2):
        # 100 packets more in each round; of the second one's, 25 were lost on the way in and 10 on the way out.
        consumer = change(CONSUMER, packets=90 * turn, lost=10 * (turn - 1))
        node.media.happen(TransportReported("daily", received(recv, consumer)))
        node.media.happen(TransportReported("daily", sent(send, packets=75 * turn, lost=25 * (turn - 1))))
    await node.until(lambda: len(facts(node, ConnectionStats)) == 2)
    first, second = (payload for _, payload in facts(node, ConnectionStats))
    assert (first.loss_in, first.loss_out) == (0.0, 0.0)
    assert (second.loss_in, second.loss_out) == (0.25, 0.1)
    assert (second.rtt_ms, second.jitter_in_ms, second.jitter_out_ms) == (40.0, 3.0, 5.0)
    assert (second.bitrate_in, second.bitrate_out, second.estimate) == (100_000, 900_000, 2_000_000)
    assert first.quality > 4.0 > second.quality
    room = node.registry.snapshot_of("daily")
    assert room is not None
    assert room["participants"][0]["connection"] == second.model_dump(), "operators see the last one"


async def test_a_report_of_a_transport_that_is_gone_is_nobodys(node: Node) -> None:
    await node.meeting()
    ada = await node.connect("ada")
    await ada.join("daily")
    node.media.happen(TransportReported("daily", sent("gone", packets=1, lost=0)))
    node.media.happen(TransportReported("elsewhere", sent("gone", packets=1, lost=0)))
    await ada.settle()
    assert "transport.stats" not in node.record.types("daily")


async def test_statistics_come_on_request_to_the_owner_alone(node: Node) -> None:
    await node.meeting()
    ada, bob = await node.connect("ada"), await node.connect("bob")
    await ada.join("daily")
    await bob.join("daily")
    send = await ada.transport("send")
    node.media.figures[send] = sent(send, packets=7, lost=0)
    reported = await ada.ask("transport:stats", transport_id=send)
    assert (reported["transport_id"], reported["inbound"]["packets"]) == (send, 7)
    assert reported["producers"][0]["streams"][0]["rid"] == "r0"
    assert "estimate" not in reported
    assert await bob.refused("transport:stats", transport_id=send) == "NOT_FOUND"


def test_the_record_keeps_the_rows_that_say_most() -> None:
    consumers = [change(CONSUMER, consumer_id=f"c{n}", lost=n, bitrate=1000) for n in range(ROWS_LIMIT + 5)]
    kept = recorded(received("t", *consumers))
    assert [row.lost for row in kept.consumers] == list(range(ROWS_LIMIT + 4, 4, -1))
    assert kept.left_out == 5
    assert kept.outbound.bitrate == 1000 * (ROWS_LIMIT + 5), "the sums hold all"


SHARES = st.floats(0, 1)
DELAYS = st.floats(0, 5_000)


@given(rtt_ms=DELAYS, jitter_ms=DELAYS, loss=SHARES, worse=st.floats(0, 500))
def test_no_connection_scores_better_for_being_worse(
    rtt_ms: float, jitter_ms: float, loss: float, worse: float
) -> None:
    score = opinion_score(rtt_ms=rtt_ms, jitter_ms=jitter_ms, loss=loss)
    assert WORST <= score <= BEST
    assert opinion_score(rtt_ms=rtt_ms + worse, jitter_ms=jitter_ms, loss=loss) <= score
    assert opinion_score(rtt_ms=rtt_ms, jitter_ms=jitter_ms + worse, loss=loss) <= score
    assert opinion_score(rtt_ms=rtt_ms, jitter_ms=jitter_ms, loss=min(1.0, loss + worse / 500)) <= score


@pytest.mark.parametrize(
    ("rtt_ms", "loss", "between"),
    [(20.0, 0.0, (4.3, 4.5)), (150.0, 0.02, (4.0, 4.4)), (300.0, 0.1, (2.5, 3.7)), (800.0, 0.3, (1.0, 1.5))],
)
def test_scores_are_what_people_would_say(rtt_ms: float, loss: float, between: tuple[float, float]) -> None:
    assert between[0] <= opinion_score(rtt_ms=rtt_ms, jitter_ms=5.0, loss=loss) <= between[1]
