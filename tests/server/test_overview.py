"""What the overview tells of a node: rates, what waits for somebody, and points with the database away too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from sqlalchemy import insert

from persistence.errors import UnavailableError
from persistence.events import SERVER_LOG, AlertFired, HandRaised, WebhookCreated
from persistence.repositories.webhooks import NewEndpoint
from persistence.store import Store, utc_now
from persistence.tables import FailedEventRow
from server.overview import KEPT, Overview, busiest
from sfu.fleet import Fleet
from signaling.rooms import Registry
from tests.persistence.conftest import open_store, postgres_socket, store, url

__all__ = ["open_store", "postgres_socket", "store", "url"]

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def room(meeting_id: str, people: int) -> dict[str, Any]:
    return {"meeting_id": meeting_id, "counts": {"participants": people, "producers": 2 * people, "consumers": 0}}


class Node:
    """Rooms and workers as they are told to be, and a clock that is moved by hand."""

    def __init__(self, store: Store) -> None:
        self.now = 1000.0
        self.rooms: list[dict[str, int]] = []
        self.loads: list[dict[str, float] | None] = [None]
        self.overview = Overview(
            store,
            cast("Fleet", self),
            cast("Registry", self),
            clock=lambda: NOON + timedelta(seconds=self.now),
            monotonic=lambda: self.now,
        )

    def counts(self) -> list[dict[str, int]]:
        return self.rooms

    def workers(self) -> list[dict[str, Any]]:
        return [{"index": index, "load": load} for index, load in enumerate(self.loads)]

    def pass_by(self, seconds: float, *counted: float, cpu: float = 0.0) -> None:
        """So many bytes and packets each way, of each worker since it began."""
        self.now += seconds
        names = ("bytes_in", "bytes_out", "packets_in", "packets_out")
        self.loads = [{**dict.fromkeys(names, count), "cpu": cpu + index / 10} for index, count in enumerate(counted)]
        self.overview.sample()


@pytest.fixture
def node(store: Store) -> Node:
    return Node(store)


async def test_a_point_tells_rooms_people_and_how_much_passed_a_second(node: Node) -> None:
    node.rooms = [room("a", 2)["counts"], room("b", 3)["counts"]]
    node.pass_by(2, 100, 100)
    node.pass_by(2, 500, 300, cpu=0.3)
    first, second = node.overview.points
    assert (first.bits_in_rate, first.packets_out_rate) == (0, 0)
    assert (second.rooms, second.people, second.producers) == (2, 5, 10)
    assert (second.bits_in_rate, second.packets_out_rate, second.load) == (2400, 300, 0.4)
    assert second.at == NOON + timedelta(seconds=1004)


async def test_a_worker_that_began_anew_counts_from_nothing_and_never_backwards(node: Node) -> None:
    node.pass_by(2, 1000)
    node.pass_by(2, 80)
    assert node.overview.points[-1].packets_in_rate == 40
    node.loads = [None]
    node.now += 2
    node.overview.sample()
    assert node.overview.points[-1].packets_in_rate == 0


async def test_what_is_recorded_is_told_a_second_too(node: Node, store: Store) -> None:
    node.pass_by(1)
    await store.emitter.emit("m", *([(HandRaised(), "p")] * 6))
    await store.flush()
    node.pass_by(3)
    assert node.overview.points[-1].event_rate == 2


async def test_points_of_five_minutes_are_kept_and_no_more(node: Node) -> None:
    for _ in range(KEPT + 1):
        node.pass_by(2)
    assert len(node.overview.points) == KEPT
    assert node.overview.points[0].at == NOON + timedelta(seconds=1004)


async def test_what_waits_for_somebody_is_counted(node: Node, store: Store) -> None:
    async with store._engine.begin() as connection:
        await connection.execute(insert(FailedEventRow).values(id="1", body="{}", error="odd", failed_at=utc_now()))
    made = WebhookCreated(endpoint_id="we_1", event_types=["*"], by="operator")
    new = NewEndpoint(
        id="we_1", url="http://h/", description="", event_types=["*"], meeting_id=None, secret="s", cursor=0
    )
    await store.webhooks.create(new, fact=made, most=9)
    fired = [
        AlertFired(
            alert_id=f"a{number}",
            rule_id="r",
            name="Odd",
            endpoint_ids=[],
            cause_id="c",
            cause_type="hand.raised",
            count=1,
        )
        for number in range(25)
    ]
    await store.emitter.emit(SERVER_LOG, *fired)
    await store.flush()
    store.feed.head = await store.feed.find_head()
    await node.overview.look()
    found = node.overview.attention
    assert found is not None
    assert (found.failed_events, found.endpoints, found.endpoints_disabled, found.endpoints_failing) == (1, 1, 0, 0)
    assert (len(found.alerts), found.alerts_left_out, found.webhook_backlog) == (20, 5, 26)


async def test_points_go_on_with_the_database_away_and_what_was_known_stays(
    node: Node, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await node.overview.look()
    known = node.overview.attention

    async def away() -> list[Any]:
        raise UnavailableError("gone")

    monkeypatch.setattr(store.webhooks, "all", away)
    with pytest.raises(UnavailableError):
        await node.overview.look()
    node.pass_by(2)
    assert node.overview.attention is known
    assert len(node.overview.points) == 1


def test_the_fullest_rooms_come_first() -> None:
    made: Callable[[str], int] = {"a": 1, "b": 9, "c": 1}.__getitem__
    rooms = [room(name, made(name)) for name in "cab"]
    assert [one["meeting_id"] for one in busiest(rooms, 2)] == ["b", "a"]
