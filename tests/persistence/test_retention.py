"""Old events leave the log for files that are proved whole first, and nothing else changes."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from persistence import archive_file, retention
from persistence.archive_file import read_events
from persistence.errors import ArchiveDamagedError, UnavailableError
from persistence.events import (
    SERVER_LOG,
    ChatMessageSent,
    Event,
    HandRaised,
    MeetingEnded,
    MeetingStarted,
    ParticipantJoined,
    Payload,
    WebhookChanged,
)
from persistence.repositories.webhooks import NewEndpoint
from persistence.retention import Archive, Retention
from persistence.store import Store, StoreOptions, new_event_id
from persistence.tables import MeetingRow, ParticipantRow, ParticipantSessionRow

from .conftest import Opener

NOW = datetime.now(UTC)
KEEP = timedelta(days=90)


def aged(days: float, payload: Payload, *, meeting: str = "m", actor: str | None = "p") -> Event:
    return Event.of(
        payload,
        event_id=new_event_id(),
        meeting_id=meeting,
        participant_id=actor,
        timestamp=NOW - timedelta(days=days),
    )


async def deliver(store: Store, *events: Event) -> list[str]:
    await store.emitter.deliver(events)
    await store.flush()
    return [event.event_id for event in events]


@pytest.fixture
def keeper(store: Store, tmp_path: Path) -> Retention:
    return store.retention(tmp_path / "archive")


async def run(keeper: Retention) -> list[Archive]:
    made, finished = await keeper.run(KEEP, within_s=60)
    assert finished
    return made


async def left(store: Store, meeting: str = "m") -> list[int]:
    return [event.sequence for event in (await store.queries.events(meeting)).items]


async def test_old_events_go_into_a_file_and_young_ones_stay(store: Store, keeper: Retention, tmp_path: Path) -> None:
    ids = await deliver(store, *(aged(99.5 - number, HandRaised()) for number in range(20)))
    (archive,) = await run(keeper)
    path = tmp_path / "archive" / archive.file
    assert [event["event_id"] for event in read_events(path)] == ids[:10]
    assert (archive.first_sequence, archive.last_sequence, archive.events) == (1, 10, 10)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == archive.sha256
    assert path.stat().st_mode & 0o077 == 0
    assert await left(store) == list(range(11, 21))
    assert await run(keeper) == []


async def test_a_line_is_the_whole_event_also_what_its_type_withholds(
    store: Store, keeper: Retention, tmp_path: Path
) -> None:
    said = ChatMessageSent(message_id="1", revision=1, message_type="Text", user_id="ann", text="grüß dich")
    event = aged(91, said)
    await deliver(store, event)
    (archive,) = await run(keeper)
    with gzip.open(tmp_path / "archive" / archive.file, "rt", encoding="utf-8") as file:
        (line,) = map(json.loads, file)
    assert (line["sequence"], line["payload"]["text"]) == (1, "grüß dich")
    kept: dict[str, Any] = {name: line[name] for name in Event.model_fields}
    assert Event.parse(kept) == event


async def test_the_record_says_what_left_it(store: Store, keeper: Retention) -> None:
    await deliver(store, aged(100, HandRaised()))
    (archive,) = await run(keeper)
    (event,) = (await store.queries.events(SERVER_LOG)).items
    assert event.type == "retention.archived"
    assert (event.payload["file"], event.payload["sha256"]) == (archive.file, archive.sha256)


async def test_the_tables_stay_as_they_are(store: Store, keeper: Retention) -> None:
    joined = ParticipantJoined(user_id="ann", display_name="Ann", role="host")
    await deliver(
        store,
        aged(100, MeetingStarted(title="Old"), actor=None),
        aged(99, joined),
        aged(98, MeetingEnded(reason="empty"), actor=None),
    )

    async def tables() -> list[Any]:
        async with store._engine.connect() as connection:
            return [
                (await connection.execute(select(*row.__table__.columns))).all()
                for row in (ParticipantRow, ParticipantSessionRow)
            ]

    before = await tables()
    await run(keeper)
    assert await tables() == before
    meeting = await store.meetings.get("m")
    assert meeting is not None
    assert meeting.title == "Old"
    async with store._engine.connect() as connection:
        assert await connection.scalar(select(MeetingRow.archived_through).where(MeetingRow.id == "m")) == 3


async def test_a_run_of_a_room_that_is_live_stays_whole(store: Store, keeper: Retention) -> None:
    """From it the room comes back after a restart."""
    begun = aged(99, MeetingStarted(title="Long"), actor=None)
    await deliver(store, aged(100, HandRaised()), begun, aged(98, HandRaised()))
    (archive,) = await run(keeper)
    assert archive.last_sequence == 1
    await deliver(store, aged(97, MeetingEnded(reason="empty"), actor=None))
    (archive,) = await run(keeper)
    assert (archive.first_sequence, archive.last_sequence) == (2, 4)


async def test_only_the_beginning_of_a_log_is_taken_so_what_stays_is_dense(store: Store, keeper: Retention) -> None:
    """An old event that came late lies among young ones, and waits for them."""
    await deliver(store, aged(100, HandRaised()), aged(1, HandRaised()), aged(99, HandRaised()), aged(2, HandRaised()))
    (archive,) = await run(keeper)
    assert (archive.first_sequence, archive.last_sequence) == (1, 1)
    assert await left(store) == [2, 3, 4]


async def test_a_long_log_takes_several_files(store: Store, keeper: Retention, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "FILE_EVENTS", 7)
    monkeypatch.setattr(retention, "PAGE", 3)
    monkeypatch.setattr(retention, "MEETINGS", 2)
    for meeting in "abcde":
        await deliver(store, *(aged(100, HandRaised(), meeting=meeting) for _ in range(20)))
    made = await run(keeper)
    assert [(one.meeting_id, one.first_sequence, one.last_sequence) for one in made] == [
        (meeting, first, last) for meeting in "abcde" for first, last in ((1, 7), (8, 14), (15, 20))
    ]
    assert await keeper.totals() == (15, 100, sum(one.bytes for one in made))
    assert await keeper.archives(meeting_id="c") == made[6:9]


async def test_a_meeting_goes_on_counting_where_its_log_was_cut(store: Store, keeper: Retention) -> None:
    await deliver(store, *(aged(100, HandRaised()) for _ in range(3)))
    await run(keeper)
    await deliver(store, aged(1, HandRaised()))
    assert await left(store) == [4]


async def test_what_is_delivered_again_after_it_was_archived_is_known(store: Store, keeper: Retention) -> None:
    """By its id alone, also among events that are new."""
    archived = [aged(100, HandRaised()) for _ in range(3)]
    await deliver(store, *archived)
    await run(keeper)
    late = aged(99, HandRaised())
    await deliver(store, archived[1], late, archived[0])
    assert await left(store) == [4]
    assert await store.queries.counts("m") == {"hand.raised": 4}
    taken = await store.ingest.take(
        [one.model_dump(mode="json") for one in (*archived, late)], refuse=lambda _event: None
    )
    assert (taken.accepted, taken.duplicates, taken.rejected) == (0, 4, [])


async def test_what_an_endpoint_has_still_to_be_told_waits_for_it(store: Store, keeper: Retention) -> None:
    await deliver(store, *(aged(100, HandRaised()) for _ in range(5)))
    told = await store.feed.place_of("m", 2)
    assert told is not None
    endpoint = NewEndpoint(
        id="e",
        url="https://a.example",
        description="",
        event_types=[],
        meeting_id=None,
        secret="s",
        cursor=told,
    )
    fact = WebhookChanged(endpoint_id="e", changed=["enabled"], by="operator")
    await store.webhooks.create(endpoint, fact=fact, most=1)
    (archive,) = await run(keeper)
    assert archive.last_sequence == 2
    assert await left(store) == [3, 4, 5]
    await store.webhooks.change("e", {"enabled": False}, fact=fact)
    (archive,) = await run(keeper)
    assert (archive.first_sequence, archive.last_sequence) == (3, 5)


async def test_a_run_ends_in_time_and_the_next_goes_on(
    store: Store, keeper: Retention, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "FILE_EVENTS", 1)
    await deliver(store, *(aged(100, HandRaised()) for _ in range(3)))
    made, finished = await keeper.run(KEEP, within_s=0)
    assert (len(made), finished) == (1, False)
    assert len(await run(keeper)) == 2


@pytest.mark.parametrize("damage", ["lost", "changed"])
async def test_nothing_is_dropped_when_the_disk_gives_back_something_else(
    store: Store, keeper: Retention, monkeypatch: pytest.MonkeyPatch, damage: str, tmp_path: Path
) -> None:
    await deliver(store, *(aged(100, HandRaised()) for _ in range(3)))
    truth = archive_file.read_lines

    def lie(path: Path) -> Any:
        lines = list(truth(path))
        return lines[:-1] if damage == "lost" else [*lines[:-1], lines[-1].replace(b"hand", b"band")]

    monkeypatch.setattr(archive_file, "read_lines", lie)
    with pytest.raises(ArchiveDamagedError):
        await keeper.run(KEEP, within_s=60)
    assert await left(store) == [1, 2, 3]
    assert list((tmp_path / "archive").rglob("*.gz*")) == []
    monkeypatch.undo()
    assert len(await run(keeper)) == 1


async def test_a_crash_between_writing_and_dropping_leaves_everything_and_no_litter(
    store: Store, keeper: Retention, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await deliver(store, *(aged(100, HandRaised()) for _ in range(3)))

    async def crash(_self: Retention, _archive: Archive, _ids: Any) -> None:
        raise UnavailableError("the database is gone")

    monkeypatch.setattr(Retention, "_drop", crash)
    with pytest.raises(UnavailableError):
        await keeper.run(KEEP, within_s=60)
    monkeypatch.undo()
    assert await left(store) == [1, 2, 3]
    (archive,) = await run(keeper)
    assert [str(path.relative_to(tmp_path / "archive")) for path in (tmp_path / "archive").rglob("*.gz*")] == [
        archive.file
    ]


async def test_what_comes_in_meanwhile_is_neither_lost_nor_taken(
    open_store: Opener, quick: Callable[..., StoreOptions], tmp_path: Path
) -> None:
    store = await open_store(quick(busy_timeout_ms=5000))
    keeper = store.retention(tmp_path / "archive")
    await deliver(store, *(aged(100, HandRaised()) for _ in range(200)))

    async def go_on() -> None:
        for _ in range(20):
            await deliver(store, aged(0, HandRaised()))

    made, _ = await asyncio.gather(run(keeper), go_on())
    assert sum(one.events for one in made) == 200
    assert await left(store) == list(range(201, 221))


def test_the_same_events_make_the_same_file(tmp_path: Path) -> None:
    sealed = []
    for name in ("a", "b"):
        draft = archive_file.Draft(tmp_path / f"{name}.ndjson.gz")
        draft.add([{"sequence": 1, "timestamp": NOW}])
        sealed.append(draft.seal())
    assert sealed[0] == sealed[1]


def test_a_damaged_file_is_said_to_be(tmp_path: Path) -> None:
    path = tmp_path / "x.ndjson.gz"
    draft = archive_file.Draft(path)
    draft.add([{"sequence": number} for number in range(1000)])
    draft.seal()
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ArchiveDamagedError):
        list(archive_file.read_lines(path))
