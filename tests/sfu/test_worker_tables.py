"""The small parts of a worker: handles, numbers, addresses, load, the command table."""

from __future__ import annotations

import asyncio
import math
import typing
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.commands import MediaError
from sfu.events import WorkerLoad
from sfu.wire import AnyCommand
from sfu.worker import data_commands, data_forward_commands, media_commands, pipe_commands, room_commands
from sfu.worker.addresses import listening_addresses, reachable_addresses
from sfu.worker.candidates import candidates, tcp_priority, udp_priority
from sfu.worker.handles import Handles, HandleTable
from sfu.worker.load import SMOOTHED_S, LoadMeter, Usage, report_load, share
from sfu.worker.numbering import Numbering


def test_every_command_is_carried_out_by_exactly_one_function() -> None:
    commands = set(typing.get_args(AnyCommand))
    modules = (room_commands, media_commands, data_commands, data_forward_commands, pipe_commands)
    tables = [module.carries_out for module in modules]
    carried_out = [command for table in tables for command in table]
    assert set(carried_out) == commands
    assert len(carried_out) == len(commands)


def test_handles_are_positive_and_never_used_again() -> None:
    handles = Handles()
    table: HandleTable[int] = HandleTable(handles, "things", 10)
    first = table.add(lambda handle: handle)
    table.remove(first)
    assert (first, table.add(lambda handle: handle)) == (1, 2)


def test_a_full_table_refuses_before_anything_is_made() -> None:
    table: HandleTable[int] = HandleTable(Handles(), "things", 2)
    made = [table.add(lambda handle: handle) for _ in range(2)]
    with pytest.raises(MediaError) as refusal:
        table.add(made.append)  # type: ignore[arg-type]
    assert (refusal.value.code, made, len(table)) == ("CAPACITY_EXCEEDED", [1, 2], 2)


def test_what_cannot_be_made_leaves_no_row() -> None:
    table: HandleTable[int] = HandleTable(Handles(), "things", 2)
    with pytest.raises(ZeroDivisionError):
        table.add(lambda handle: handle // 0)
    assert len(table) == 0


@given(st.lists(st.integers(0, 3), min_size=60, max_size=60))
def test_ssrcs_of_one_transport_are_never_zero_and_never_the_same(draws: list[int]) -> None:
    stream = iter([*draws, *range(4, 100)])
    numbering = Numbering(lambda _bits: next(stream))
    taken: list[int] = []
    for _ in range(3):
        with numbering.lease("c") as identity:
            taken += [identity.ssrc, identity.rtx_ssrc]
    assert 0 not in taken
    assert len(set(taken)) == 6


def test_mids_count_up_even_past_a_refused_consumer() -> None:
    numbering = Numbering()
    mids: list[str] = []

    def lease(*, fail: bool) -> None:
        with numbering.lease("c") as identity:
            mids.append(identity.mid)
            if fail:
                raise MediaError("CONFLICT", "refused")

    with pytest.raises(MediaError):
        lease(fail=True)
    lease(fail=False)
    assert mids == ["0", "1"]
    assert len(numbering._ssrcs) == 2


def test_producers_of_a_transport_share_the_first_cname() -> None:
    numbering = Numbering()
    assert [numbering.cname("mic"), numbering.cname(None), numbering.cname("cam")] == ["mic", "mic", "cam"]
    assert len(Numbering().cname(None)) == 16


EVERYWHERE = "0.0.0.0"  # noqa: S104 - nothing is bound here
HOST = ["127.0.0.1", "10.0.0.5", "192.168.1.2", "fe80::1", "2001:db8::1", "::1", "169.254.0.9"]


@pytest.mark.parametrize(
    ("listen", "announced", "told"),
    [
        (EVERYWHERE, "203.0.113.7", ["203.0.113.7"]),
        ("::", "203.0.113.7, 2001:DB8::7", ["203.0.113.7", "2001:db8::7"]),
        (EVERYWHERE, "::ffff:203.0.113.7", ["203.0.113.7"]),
        ("10.0.0.5,2001:db8::1", None, ["10.0.0.5", "2001:db8::1"]),
        ("10.0.0.5", None, ["10.0.0.5"]),
        (EVERYWHERE, None, ["10.0.0.5", "192.168.1.2", "127.0.0.1"]),
        ("::", None, ["10.0.0.5", "192.168.1.2", "2001:db8::1", "127.0.0.1", "::1"]),
    ],
)
def test_browsers_are_told_what_reaches_the_socket(listen: str, announced: str | None, told: list[str]) -> None:
    listening = listening_addresses(listen, lambda: True)
    assert reachable_addresses(listening, announced, lambda: HOST) == told


@pytest.mark.parametrize(
    ("listen", "has_ipv6", "bound"),
    [
        ("::", True, [EVERYWHERE, "::"]),
        ("::", False, [EVERYWHERE]),
        ("0.0.0.0,::", True, [EVERYWHERE, "::"]),
        ("10.0.0.5, 2001:db8::1", True, ["10.0.0.5", "2001:db8::1"]),
        ("::ffff:10.0.0.5,10.0.0.5", True, ["10.0.0.5"]),
    ],
)
def test_each_address_gets_a_socket_of_its_own_family(listen: str, has_ipv6: bool, bound: list[str]) -> None:
    assert listening_addresses(listen, lambda: has_ipv6) == bound


@pytest.mark.parametrize("listen", ["", "meet.example", "10.0.0.5,", "10.0.0.5 10.0.0.6"])
def test_what_is_no_address_is_not_listened_on(listen: str) -> None:
    with pytest.raises(ValueError, match="address"):
        listening_addresses(listen, lambda: True)


def test_this_host_has_addresses_and_loopback_is_the_last() -> None:
    assert reachable_addresses([EVERYWHERE], None)[-1] == "127.0.0.1"


def test_candidates_are_ordered_by_priority() -> None:
    made = candidates(["10.0.0.5", "127.0.0.1"], 7882)
    assert [c["priority"] for c in made] == sorted((c["priority"] for c in made), reverse=True)
    assert made[0]["priority"] == udp_priority(0) == 2130706431
    assert len({c["foundation"] for c in made}) == 2
    assert (made[0]["ip"], made[0]["address"], made[0]["port"], made[0]["type"]) == (
        "10.0.0.5",
        "10.0.0.5",
        7882,
        "host",
    )


def test_tcp_comes_after_udp_and_says_that_it_is_passive() -> None:
    made = candidates(["10.0.0.5", "2001:db8::1"], 7882, 7881)
    assert [(c["protocol"], c["ip"], c["port"], c.get("tcpType")) for c in made] == [
        ("udp", "10.0.0.5", 7882, None),
        ("udp", "2001:db8::1", 7882, None),
        ("tcp", "10.0.0.5", 7881, "passive"),
        ("tcp", "2001:db8::1", 7881, "passive"),
    ]
    assert len({c["foundation"] for c in made}) == 4
    assert tcp_priority(0) == 1520435199
    assert min(udp_priority(rank) for rank in range(64)) > tcp_priority(0)


@pytest.mark.parametrize(
    ("process", "plane", "expected"),
    [(0.5, 0.4, 0.4), (0.9, 0.1, 0.8), (2.5, 1.2, 1.0), (0.0, 0.0, 0.0)],
)
def test_load_is_that_of_the_busier_thread(process: float, plane: float, expected: float) -> None:
    assert share(Usage(1.0, 5.0, 3.0), Usage(2.0, 5.0 + process, 3.0 + plane)) == pytest.approx(expected)


def test_load_counts_what_was_measured_and_what_python_dropped() -> None:
    clock = iter([(0.0, 0.0), (2.0, 1.0), (2.0 + SMOOTHED_S, 1.0)])
    meter = LoadMeter(Counter(dtls_queue_full=2), lambda: next(clock))
    before = {"packets_in": 1, "packets_out": 1, "cpu_s": 0.0}
    totals = {
        "transports": 1,
        "producers": 0,
        "consumers": 2,
        "drops": {"replayed": 3},
        "packets_in": 7,
        "packets_out": 9,
        "bytes_in": 700,
        "bytes_out": 900,
        "nacks_sent": 4,
        "nacks_received": 5,
        "keyframe_requests_sent": 6,
        "keyframe_requests_received": 8,
        "cpu_s": 0.0,
    }
    assert meter.measure(before, 1).cpu == 0.0
    assert meter.measure(totals, 1) == WorkerLoad(
        cpu=0.5,
        packet_rate=7.0,
        rooms=1,
        transports=1,
        producers=0,
        consumers=2,
        packets_in=7,
        packets_out=9,
        bytes_in=700,
        bytes_out=900,
        nacks_sent=4,
        nacks_received=5,
        keyframe_requests_sent=6,
        keyframe_requests_received=8,
        drops={"replayed": 3, "dtls_queue_full": 2},
    )
    assert meter.measure(totals, 1).cpu == pytest.approx(0.5 / math.e, abs=1e-3)


async def test_load_is_told_at_once_and_until_cancelled() -> None:
    told: asyncio.Queue[WorkerLoad] = asyncio.Queue()
    load = LoadMeter(Counter()).measure({}, 0)
    reporting = asyncio.create_task(report_load(lambda: load, told.put_nowait))
    assert await told.get() == load
    reporting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reporting
