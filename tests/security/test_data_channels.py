"""Cases 40 to 42: participants who break SCTP, send too much, never read, or open channels nobody agreed to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from struct import pack

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfu.commands import MediaError
from sfu.ortc.sctp import MAX_MESSAGE_BYTES, STREAM_LIMIT
from sfu.worker.outbox import LAG_BYTES, STREAM_BYTES, Message
from sfu.worker.outlet import LAG_S
from sfu.worker.sctp import FLIGHT_CHUNKS, HELD_CHUNKS, INIT_LIMIT, TSN_WINDOW, WINDOW_BYTES
from tests.security.sctp_stranger import (
    ABORT,
    BEGIN,
    COOKIE_ACK,
    DATA,
    FORWARD_TSN,
    HEARTBEAT,
    INIT,
    INIT_ACK,
    MIDDLE,
    RECONFIG,
    SACK,
    SHUTDOWN,
    TAG,
    SctpStranger,
    chunk,
    data,
    init,
    parameter,
)

PACKET = 1_100


@pytest.fixture
async def stranger() -> AsyncIterator[SctpStranger]:
    made = SctpStranger()
    yield made
    await made.close()


@pytest.fixture
async def peer(stranger: SctpStranger) -> SctpStranger:
    """One that began as it should."""
    await stranger.shake_hands()
    return stranger


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def is_heard(peer: SctpStranger) -> bool:
    """Whether what it says next still arrives."""
    producer = peer.streams.producers.get(0) or peer.produce()
    before = producer.messages
    stream = peer.streams
    await peer.say(b"still here", sequence=before)
    return stream.producers[0].messages == before + 1


MALFORMED = {
    "length 0": chunk(DATA, bytes(16), length=0),
    "length 1": chunk(DATA, bytes(16), length=1),
    "length 3": chunk(SACK, bytes(12), length=3),
    "length 65535": chunk(DATA, bytes(16), length=65_535),
    "DATA without data": chunk(DATA, bytes(12)),
    "parameter of length 0": chunk(HEARTBEAT, parameter(1, b"", length=0)),
    "parameter of length 3": chunk(ABORT, parameter(1, b"", length=3)),
    "parameter beyond the chunk": chunk(HEARTBEAT, parameter(1, b"", length=65_535)),
    "RE-CONFIG parameter of length 0": chunk(RECONFIG, parameter(13, b"", length=0)),
    "reset of half a stream": chunk(RECONFIG, parameter(13, bytes(13))),
    "half a FORWARD TSN": chunk(FORWARD_TSN, bytes(6)),
    "gap blocks that are not there": chunk(SACK, pack("!LLHH", 0, 0, 9999, 0)),
    "gap blocks as wide as can be": chunk(SACK, pack("!LLHH", 0, 0, 300, 0) + pack("!HH", 1, 65_535) * 300),
    "duplicates that are not there": chunk(SACK, pack("!LLHH", 0, 0, 0, 9999)),
    "INIT with company": init() + chunk(ABORT, b""),
    "INIT too short": chunk(INIT, bytes(8)),
    "more chunks than a packet holds": chunk(0xC1, b"") * 200,
    "nothing": b"",
}


@pytest.mark.parametrize("packet", MALFORMED.values(), ids=MALFORMED)
async def test_case_40_a_packet_that_does_not_hold_together_is_dropped(peer: SctpStranger, packet: bytes) -> None:
    began = time.perf_counter()
    await peer.send(packet)
    assert time.perf_counter() - began < 0.05
    assert peer.drops["sctp_malformed"] == 1
    assert await is_heard(peer)


async def test_case_40_a_flood_of_inits_is_answered_a_few_times(stranger: SctpStranger) -> None:
    for number in range(10_000):
        await stranger.send(init(tag=number + 1), tag=0)
    assert len(stranger.answers(INIT_ACK)) == INIT_LIMIT
    assert stranger.drops["sctp_init"] == 10_000 - INIT_LIMIT


async def test_case_40_an_init_amid_an_association_changes_nothing(peer: SctpStranger) -> None:
    """Taken, it would make us forget what has come."""
    assert await is_heard(peer)
    await peer.send(init(tag=TAG + 1, tsn=5), tag=0)
    assert peer.drops["sctp_init"] == 1
    assert len(peer.answers(INIT_ACK)) == 1
    assert await is_heard(peer)


async def test_case_40_an_init_after_a_shutdown_begins_nothing_anew(peer: SctpStranger) -> None:
    await peer.send(chunk(SHUTDOWN, bytes(4)))
    await peer.send(init(tag=TAG + 1, tsn=5), tag=0)
    assert peer.drops["sctp_init"] == 1
    assert len(peer.answers(INIT_ACK)) == 1


async def test_case_40_a_number_far_ahead_is_not_taken(peer: SctpStranger) -> None:
    for ahead in (TSN_WINDOW - 1, TSN_WINDOW, 2**31 - 2):
        await peer.send(data(peer.next_tsn + ahead, b"x"))
    assert peer.drops["sctp_window"] == 2
    assert await is_heard(peer)


async def test_case_40_all_streams_of_a_transport_may_be_in_use_and_none_beyond(peer: SctpStranger) -> None:
    producer = peer.produce()
    for number in range(STREAM_LIMIT):
        peer.consume(producer, f"c{number}")
    with pytest.raises(MediaError) as refusal:
        peer.consume(producer, "one more")
    assert refusal.value.code == "CAPACITY_EXCEEDED"


async def test_case_40_who_claims_every_stream_is_given_a_thousand(peer: SctpStranger) -> None:
    assert int.from_bytes(peer.answers(INIT_ACK)[0][8:10], "big") == 1024
    assert int.from_bytes(peer.answers(INIT_ACK)[0][10:12], "big") == 1024


@pytest.mark.parametrize(
    "packet",
    [
        data(1000, b"x", stream=1024),
        data(1000, b"x", stream=65_535),
        chunk(FORWARD_TSN, pack("!LHH", 1000, 65_535, 0)),
    ],
    ids=["the first beyond", "the last", "skipped"],
)
async def test_case_40_a_stream_beyond_those_agreed_ends_the_association(peer: SctpStranger, packet: bytes) -> None:
    peer.produce()
    await peer.send(packet)
    assert peer.drops["sctp_violation"] == 1
    assert peer.answers(ABORT)
    assert peer.ended == [("d", "association")]
    await peer.send(data(1000, b"more"))
    assert peer.drops["sctp_closed"] == 1


async def test_case_40_a_jump_of_forward_tsn_skips_and_costs_nothing(peer: SctpStranger) -> None:
    began = time.perf_counter()
    peer.next_tsn = 1000 + 2**31 - 2
    await peer.send(chunk(FORWARD_TSN, pack("!L", peer.next_tsn - 1)))
    assert time.perf_counter() - began < 0.05
    assert await is_heard(peer)


async def test_case_40_address_changes_are_not_understood_and_ignored(peer: SctpStranger) -> None:
    await peer.send(chunk(0xC1, bytes(40)), chunk(0x80, bytes(12)))
    assert await is_heard(peer)


async def test_case_40_more_streams_are_not_given(peer: SctpStranger) -> None:
    await peer.send(chunk(RECONFIG, parameter(17, pack("!LHH", 1, 60_000, 0))))
    assert peer.drops["sctp_more_streams"] == 1
    assert await is_heard(peer)


async def test_case_40_what_was_never_sent_cannot_have_come(peer: SctpStranger) -> None:
    await peer.send(chunk(SACK, pack("!LLHH", (peer.their_tsn + 100) % 2**32, 1 << 20, 0, 0)))
    assert peer.drops["sctp_violation"] == 1


async def test_case_40_data_before_the_handshake_goes_nowhere(stranger: SctpStranger) -> None:
    stranger.produce()
    await stranger.send(init(), tag=0)
    stranger.their_tag = int.from_bytes(stranger.answers(INIT_ACK)[0][:4], "big")
    await stranger.send(data(1000, b"early"), chunk(SACK, pack("!LLHH", 0, 0, 0, 0)))
    assert stranger.drops["sctp_out_of_state"] == 2
    assert stranger.streams.producers[0].messages == 0


async def test_case_40_a_message_that_never_ends_ends_the_association(peer: SctpStranger) -> None:
    peer.produce()
    began = time.perf_counter()
    await peer.say(b"x", flags=BEGIN)
    for _ in range(20_000):
        await peer.say(b"x", flags=MIDDLE)
        if peer.ended:
            break
    assert peer.ended == [("d", "association")]
    assert peer.next_tsn - 1000 < 3 * HELD_CHUNKS
    assert time.perf_counter() - began < 5


async def test_case_40_every_other_chunk_missing_fills_no_table(peer: SctpStranger) -> None:
    for step in range(3_000):
        await peer.send(data(peer.next_tsn + 1 + 2 * step, b"x" * PACKET, sequence=1 + 2 * step))
    assert peer.drops["sctp_window"] > 1_000
    held = sum(len(stream.reassembly) for stream in peer.association._sctp._inbound_streams.values())
    assert held <= HELD_CHUNKS + 1
    assert max(len(packet) for packet in peer.carrier.sent) <= 1_200, "a SACK fits a packet"
    assert not peer.ended


KINDS = st.sampled_from([*range(16), RECONFIG, FORWARD_TSN, 0xC1, 0x80, 255])
BODIES = st.binary(max_size=64) | st.builds(
    lambda tsn, rest: (tsn % 2**32).to_bytes(4, "big") + rest,
    st.integers(990, 1100),
    st.binary(min_size=8, max_size=40),
)
CHUNKS = st.builds(lambda kind, body, flags: chunk(kind, body, flags=flags), KINDS, BODIES, st.integers(0, 7))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(packets=st.lists(st.lists(CHUNKS, max_size=4), max_size=12))
async def test_case_40_whatever_chunks_come_nothing_of_ours_breaks(packets: list[list[bytes]]) -> None:
    stranger = SctpStranger()
    broken: list[str] = []
    stranger.association._ended = broken.append
    try:
        await stranger.shake_hands()
        stranger.consume(stranger.produce())
        for chunks in packets:
            await asyncio.wait_for(stranger.send(*chunks), 1)
    finally:
        await stranger.close()
    assert "failed" not in broken


async def test_case_41_a_message_a_byte_too_long_closes_its_producer_and_no_other(peer: SctpStranger) -> None:
    peer.produce("d", 0)
    other = peer.produce("e", 1)
    fits = bytes(MAX_MESSAGE_BYTES)
    for sequence, message in enumerate((fits, fits + b"x")):
        parts = [message[start : start + PACKET] for start in range(0, len(message), PACKET)]
        for index, part in enumerate(parts):
            flags = (BEGIN if index == 0 else 0) | (1 if index == len(parts) - 1 else 0)
            await peer.say(part, flags=flags, ppid=53, sequence=sequence)
    assert peer.ended == [("d", "too_large")]
    assert peer.drops["data_too_large"] == 1
    await peer.say(b"fine", stream=1)
    assert other.messages == 1


async def test_case_41_who_never_acknowledges_is_closed_before_a_mebibyte_waits(peer: SctpStranger) -> None:
    """Also when the sender does not pause when told to."""
    sender = SctpStranger()
    await sender.shake_hands()
    producer = sender.produce()
    slow = peer.consume(producer)
    message = b"y" * PACKET
    most = 0
    for sequence in range(2_000):
        await sender.say(message, sequence=sequence)
        await turns()
        most = max(most, slow.out.buffered)
    assert LAG_BYTES < most <= LAG_BYTES + WINDOW_BYTES + PACKET < STREAM_BYTES
    assert sender.drops["sctp_window"] > 0
    assert sender.window() == 0
    overdue = slow.overdue
    assert overdue is not None
    assert 0 < overdue.when() - asyncio.get_running_loop().time() <= LAG_S
    overdue._run()
    assert peer.ended == [("c", "slow")]
    assert peer.drops["data_receiver_slow"] == 1
    assert slow.out.queued == 0
    await turns()
    assert sender.window() > 0
    assert not sender.ended, "who sends does not suffer for who does not read"
    await sender.close()


async def test_case_41_few_messages_are_on_their_way_at_a_time_however_small(peer: SctpStranger) -> None:
    """Each costs what looks at all of them."""
    consumer = peer.consume(peer.produce())
    for _ in range(2 * FLIGHT_CHUNKS):
        peer.streams.send(consumer, Message(51, b"x"))
    await turns()
    assert len(peer.answers(DATA)) == FLIGHT_CHUNKS
    await peer.acknowledge()
    await turns()
    assert len(peer.answers(DATA)) == 2 * FLIGHT_CHUNKS


async def test_case_41_who_catches_up_is_kept_and_its_sender_goes_on(peer: SctpStranger) -> None:
    sender = SctpStranger()
    await sender.shake_hands()
    consumer = peer.consume(sender.produce())
    sequence = 0
    while not consumer.out.lagging:
        await sender.say(b"y" * PACKET, sequence=sequence)
        await turns()
        sequence += 1
    assert sender.window() == 0
    while consumer.out.lagging:
        await peer.acknowledge()
        await turns()
    assert sender.window() == WINDOW_BYTES
    assert consumer.overdue is None
    assert not peer.ended
    await sender.close()


DCEP_OPEN = 3


def opening(label: bytes, protocol: bytes = b"") -> bytes:
    return pack("!BBHLHH", DCEP_OPEN, 0, 0, 0, len(label), len(protocol)) + label + protocol


@pytest.mark.parametrize(
    "message",
    [
        opening(b"fine"),
        opening(b"x" * 65_535),
        opening(b"\xff\xfe\xfd"),
        opening(b"x")[:7],
        pack("!BBHLHH", DCEP_OPEN, 0, 0, 0, 65_535, 65_535),
        b"\x02",
    ],
    ids=["well made", "64 KiB of label", "not UTF-8", "cut short", "a label that is not there", "an ACK of nothing"],
)
async def test_case_42_a_channel_opened_in_band_is_never_acknowledged(peer: SctpStranger, message: bytes) -> None:
    parts = [message[start : start + PACKET] for start in range(0, len(message), PACKET)]
    for index, part in enumerate(parts):
        flags = (BEGIN if index == 0 else 0) | (1 if index == len(parts) - 1 else 0)
        await peer.say(part, flags=flags, ppid=50, stream=9)
    await turns()
    assert peer.drops["data_opened_in_band"] == 1
    assert peer.answers(DATA) == []
    assert len(peer.answers(COOKIE_ACK)) == 1
    assert await is_heard(peer)


@pytest.mark.parametrize(("ppid", "reason"), [(51, "data_not_text"), (52, "data_of_no_kind"), (0, "data_of_no_kind")])
async def test_case_42_messages_that_are_not_what_they_say_are_dropped(
    peer: SctpStranger, ppid: int, reason: str
) -> None:
    peer.produce()
    await peer.say(b"\xff\xfe", ppid=ppid)
    assert peer.drops[reason] == 1
    assert peer.streams.producers[0].messages == 0
