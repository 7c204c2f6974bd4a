"""Once somebody's data was erased, nothing the server keeps holds it, and nothing brings it back."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, text

from persistence.database import writing
from persistence.erasure import Erasure
from persistence.errors import UnavailableError
from persistence.events import (
    CATALOGUE,
    SERVER_LOG,
    ChatMessageEdited,
    ChatMessageSent,
    ConferenceJoined,
    Event,
    FileReference,
    LobbyAsked,
    LobbyMessaged,
    MeetingCreated,
    ParticipantBlocked,
    ParticipantJoined,
    ParticipantRenamed,
    Payload,
    PollCreated,
    PollVoted,
    TranscriptChunk,
)
from persistence.journal import JournalLimits
from persistence.person_rows import PLACES
from persistence.personal import ERASED, PSEUDONYM, fields_of
from persistence.projections import Scope, project, refresh_totals
from persistence.retention import Archive
from persistence.store import Store, StoreOptions, new_event_id
from persistence.tables import Base, FailedEventRow, MeetingLogRow, MeetingRow, UserRow

from .conftest import Opener

ANN, BOB = "user:ann-7f3a", "user:bob-19c2"
NOW = datetime.now(UTC)
TRACES = ("Annabel", ANN, "ann@example.org", "my secret plan", "Firefox/Annabel", "diary.pdf")
"""What of hers is in the record before."""


def said(who: str, number: int, words: str, **more: Any) -> ChatMessageSent:
    name = "Annabel" if who == ANN else "Bob"
    return ChatMessageSent(
        message_id=str(number),
        revision=number,
        message_type="Text",
        user_id=who,
        display_name=name,
        text=words,
        **more,
    )


def renamed(who: str, stay: str, before: str, after: str) -> ParticipantRenamed:
    return ParticipantRenamed(target=stay, user_id=who, from_name=before, display_name=after)


def note(number: int, words: str) -> ChatMessageSent:
    return ChatMessageSent(message_id=str(number), revision=number, message_type="System", text=words)


def history(days_ago: float = 0.0) -> list[Event]:
    """A meeting of Annabel and Bob, and a lobby where she waited in vain."""
    diary = FileReference(name="diary.pdf", url="https://files.example/diary.pdf", size=7)
    joined_by_ann = ParticipantJoined(user_id=ANN, display_name="Annabel", role="host")
    told: list[tuple[str, Payload, str | None]] = [
        ("m", MeetingCreated(title="Weekly", creator_id=ANN), None),
        ("m", ConferenceJoined(user_id=ANN, display_name="Annabel", client="Firefox/Annabel"), "p-ann"),
        ("m", joined_by_ann, "p-ann"),
        ("m", ParticipantJoined(user_id=BOB, display_name="Bob", role="participant"), "p-bob"),
        ("m", said(ANN, 1, "my secret plan", file=diary), "p-ann"),
        ("m", said(BOB, 2, "hello", to_user_id=ANN, to_participant_id="p-ann", to_name="Annabel"), "p-bob"),
        ("m", ChatMessageEdited(message_id="1", revision=3, text="my secret plan, again"), "p-ann"),
        ("m", LobbyMessaged(text="my secret plan for you all", waiting=1), "p-ann"),
        (
            "m",
            PollCreated(
                poll_id="1",
                poll_type="SingleChoice",
                question="my secret plan?",
                options=["my", "secret"],
                user_id=ANN,
                display_name="Annabel",
            ),
            "p-ann",
        ),
        (
            "m",
            PollVoted(poll_id="1", revision=1, ballot=ANN, user_id=ANN, display_name="Annabel", choices=[0]),
            "p-ann",
        ),
        ("m", PollVoted(poll_id="1", revision=2, ballot=BOB, user_id=BOB, display_name="Bob", choices=[1]), "p-bob"),
        ("m", renamed(ANN, "p-ann", "Annabel", "Annabel B."), "p-bob"),
        ("m", note(4, "Annabel is now called Annabel B."), "p-bob"),
        ("m", note(5, "Bob is now called Robert"), "p-bob"),
        ("m", TranscriptChunk(transcription_id="t", chunk=1, text="my secret plan aloud"), "p-ann"),
        ("m", TranscriptChunk(transcription_id="t", chunk=2, text="hello Ann"), "p-bob"),
        ("n", LobbyAsked(waiting_id="w", user_id=ANN, display_name="Annabel"), None),
        ("n", ParticipantBlocked(user_id=ANN, display_name="Annabel"), "p-bob"),
    ]
    return [
        Event.of(
            payload,
            event_id=new_event_id(),
            meeting_id=meeting,
            participant_id=actor,
            timestamp=NOW - timedelta(days=days_ago),
        )
        for meeting, payload, actor in told
    ]


async def deliver(store: Store, events: list[Event]) -> None:
    await store.emitter.deliver(events)
    await store.flush()


async def dump(store: Store) -> str:
    """Everything the database holds, as text."""
    await store.flush()
    rows: list[str] = []
    async with store._engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            rows += [str(tuple(row)) for row in await connection.execute(select(table))]
    return "\n".join(rows)


def traces(held: str) -> list[str]:
    return [trace for trace in TRACES if trace in held]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "archive"


async def test_nothing_of_hers_is_left_and_everything_of_others_is(store: Store, archive: Path) -> None:
    account = {"id": ANN, "email": "ann@example.org", "display_name": "Annabel", "password_hash": "x"}
    async with store._engine.begin() as connection:
        await connection.execute(insert(UserRow).values(**account, created_at=NOW, password_changed_at=NOW))
    await deliver(store, history())
    assert traces(await dump(store)) == list(TRACES)
    done = await store.erasure(archive).erase(ANN, by="operator")
    held = await dump(store)
    assert traces(held) == []
    assert (done.events, done.account) == (14, True)
    assert done.pseudonym.startswith(PSEUDONYM)
    for kept in ("Bob", BOB, "hello", "Weekly", "Bob is now called Robert"):
        assert kept in held
    people = {person.user_id: person for person in await store.queries.participants("m")}
    assert people.keys() == {done.pseudonym, BOB}
    assert people[done.pseudonym].display_name == ERASED
    assert len(people[done.pseudonym].stays) == 1


async def test_the_log_keeps_its_order_and_reads_as_before(store: Store, archive: Path) -> None:
    events = history()
    await deliver(store, events)
    await store.erasure(archive).erase(ANN, by="operator")
    for meeting in ("m", "n"):
        kept = (await store.queries.events(meeting)).items
        assert [event.event_id for event in kept] == [event.event_id for event in events if event.meeting_id == meeting]
    async with store._engine.connect() as connection:
        columns = [getattr(MeetingLogRow, name) for name in Event.model_fields]
        for row in (await connection.execute(select(*columns))).mappings():
            Event.parse(dict(row))


async def test_the_record_says_that_somebody_was_erased_and_not_who(store: Store, archive: Path) -> None:
    await deliver(store, history())
    done = await store.erasure(archive).erase(ANN, by=ANN)
    (event,) = (await store.queries.events(SERVER_LOG)).items
    assert event.type == "person.erased"
    assert event.payload["pseudonym"] == event.payload["by"] == done.pseudonym
    assert ANN not in str(event)


async def test_archives_lose_it_too_and_are_whole(store: Store, archive: Path) -> None:
    await deliver(store, history(days_ago=100))
    keeper = store.retention(archive)
    before, _ = await keeper.run(timedelta(days=90), within_s=60)
    assert any(traces(_unpacked(archive, one)) for one in before)
    done = await store.erasure(archive).erase(ANN, by="operator")
    assert done.archived_events == 14
    after = await keeper.archives()
    held = "".join(_unpacked(archive, one) for one in after)
    assert traces(held) == []
    assert "hello" in held
    assert sum(one.events for one in after) == sum(one.events for one in before)
    assert _files(archive) == {one.file for one in after}
    assert traces(await dump(store)) == []


def _files(archive: Path) -> set[str]:
    return {str(path.relative_to(archive)) for path in archive.rglob("*.gz*")}


def _unpacked(archive: Path, one: Archive) -> str:
    return gzip.decompress((archive / one.file).read_bytes()).decode()


async def test_what_was_set_aside_loses_its_body(store: Store, archive: Path) -> None:
    await deliver(store, history())
    bodies = {"1": f'{{"user_id":"{ANN}","display_name":"Annabel"}}', "2": '{"participant_id":"p-ann"}', "3": '{"x":1}'}
    async with store._engine.begin() as connection:
        for number, body in bodies.items():
            await connection.execute(insert(FailedEventRow).values(id=number, body=body, error="odd", failed_at=NOW))
    await store.erasure(archive).erase(ANN, by="operator")
    async with store._engine.connect() as connection:
        rows = await connection.execute(select(FailedEventRow.id, FailedEventRow.body).order_by(FailedEventRow.id))
        assert [tuple(row) for row in rows] == [("1", ""), ("2", ""), ("3", '{"x":1}')]


async def test_the_journals_files_hold_nothing_of_it(
    open_store: Opener, quick: Callable[..., StoreOptions], archive: Path, tmp_path: Path
) -> None:
    """Also where they have not grown enough to be removed by themselves."""
    store = await open_store(quick(journal=JournalLimits()))
    await deliver(store, history())

    def journaled() -> str:
        return "".join(path.read_bytes().decode(errors="replace") for path in tmp_path.rglob("*.journal"))

    assert "Annabel" in journaled()
    await store.erasure(archive).erase(ANN, by="operator")
    assert traces(journaled()) == []


async def test_a_restart_brings_nothing_back(open_store: Opener, archive: Path) -> None:
    store = await open_store()
    await deliver(store, history())
    await store.erasure(archive).erase(ANN, by="operator")
    await store.close()
    again = await open_store()
    assert traces(await dump(again)) == []


async def test_events_from_before_that_come_late_lose_it_on_the_way_in(open_store: Opener, archive: Path) -> None:
    """From another node's journal, say: those stored already are known again, those that are new lose it."""
    here, there = await open_store(node="here"), await open_store(node="there")
    # What a note by somebody else calls her is known only while the tables say what she was called.
    events = [event for event in history() if event.payload != note(4, "Annabel is now called Annabel B.")]
    await deliver(here, events[:4])
    await here.erasure(archive).erase(ANN, by="operator")
    await deliver(there, events)
    held = await dump(there)
    assert traces(held) == []
    assert (await here.queries.counts("m"))["chat.message_sent"] == 3
    async with here._engine.connect() as connection:
        assert (await connection.execute(select(FailedEventRow.id))).all() == []


async def test_what_she_does_afterwards_is_new_and_stays(store: Store, archive: Path) -> None:
    await store.erasure(archive).erase(ANN, by="operator")
    await store.emitter.emit(
        "m", ParticipantJoined(user_id=ANN, display_name="Annabel", role="host"), participant_id="p-new"
    )
    assert [person.display_name for person in await store.queries.participants("m")] == ["Annabel"]


async def test_an_erasure_that_was_broken_off_is_finished_by_the_next_under_the_same_pseudonym(
    store: Store, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await deliver(store, history())

    async def fail(*_arguments: object) -> int:
        raise UnavailableError("gone")

    monkeypatch.setattr(Erasure, "_erase_archives", fail)
    with pytest.raises(UnavailableError):
        await store.erasure(archive).erase(ANN, by="operator")
    async with store._engine.connect() as connection:
        (begun,) = (await connection.execute(text("SELECT pseudonym FROM erasures WHERE done_at IS NULL"))).scalars()
    monkeypatch.undo()
    done = await store.erasure(archive).erase(ANN, by="operator")
    assert done.pseudonym == begun
    assert traces(await dump(store)) == []


async def test_the_tables_are_what_the_log_says_after_as_before(store: Store, archive: Path) -> None:
    """Making every projection anew from the log gives the rows that erasing left."""
    await deliver(store, history())
    await store.erasure(archive).erase(ANN, by="operator")
    tables = [place.user.class_.__table__ for place in PLACES if place.user.class_ is not MeetingRow]
    tables += [Base.metadata.tables["participants"]]

    async def rows() -> list[list[tuple[Any, ...]]]:
        async with store._engine.connect() as connection:
            return [
                sorted((tuple(row) for row in await connection.execute(select(table))), key=str) for table in tables
            ]

    before = await rows()
    await store.flush()
    async with writing(store._engine).begin() as connection:
        columns = [getattr(MeetingLogRow, name) for name in Event.model_fields]
        log = (await connection.execute(select(*columns).order_by(MeetingLogRow.position))).mappings().all()
        for table in tables:
            await connection.execute(table.delete())
        scope = Scope(connection)
        for row in log:
            await project(scope, Event.parse(dict(row)))
        await refresh_totals(scope)
    assert await rows() == before


def test_every_table_that_names_people_is_known_to_erasure() -> None:
    """A new table that a projection fills with people has to say here what of it is theirs."""
    known = {(place.user.class_.__tablename__, column.key) for place in PLACES for column in _columns(place)}
    known |= {("participants", "user_id"), ("participants", "display_name")}
    known |= {("users", "display_name"), ("users", "email"), ("refresh_tokens", "user_id")}  # gone with the account
    people = {"user_id", "creator_id", "host_id", "display_name", "email", "to_user_id", "to_name", "text", "author_id"}
    found = {
        (table.name, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.name in people or column.name.endswith("_user_id")
    }
    assert found <= known


def _columns(place: Any) -> list[Any]:
    return [place.user, *place.texts, *place.lists, *place.emptied]


def test_free_text_of_every_event_says_whose_it_is() -> None:
    """Whatever may be longer than a word is either marked as somebody's or an id."""
    silent = [
        f"{type_}.{name}"
        for type_, payload in CATALOGUE.items()
        for name, schema in payload.model_json_schema()["properties"].items()
        if _longest(schema) > 255 and name not in fields_of(payload).texts
    ]
    assert silent == []


def _longest(schema: dict[str, Any]) -> int:
    return max([schema.get("maxLength", 0), *(part.get("maxLength", 0) for part in schema.get("anyOf", []))])
