"""An event the database will never take delays nobody but its own meeting, and is kept whole (EVT-4)."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from persistence.database import writing
from persistence.events import SERVER_LOG, AudioMuted, AudioUnmuted, Event, MeetingStarted, ParticipantJoined
from persistence.failed_events import Retried
from persistence.projections import Scope
from persistence.projections.state import STATES
from persistence.store import Store

from .checker import check_record
from .conftest import Ask
from .story import event

POISON = event(13, AudioMuted(), meeting="sick", actor="p1")


def muted(number: int, meeting: str = "m") -> Event:
    return event(number, AudioMuted(), meeting=meeting, actor="p1")


async def refuse(store: Store, poison: Event) -> None:
    """From here on the database has a rule against this event, as after a bad migration."""
    rule = f"ALTER TABLE meeting_logs ADD CONSTRAINT poison CHECK (event_id <> '{poison.event_id}')"
    async with writing(store._engine).begin() as connection:
        if connection.dialect.name == "sqlite":
            rule = (
                "CREATE TRIGGER poison BEFORE INSERT ON meeting_logs"
                f" WHEN NEW.event_id = '{poison.event_id}' BEGIN SELECT RAISE(ABORT, 'never'); END"
            )
        await connection.execute(text(rule))


async def allow(store: Store) -> None:
    async with writing(store._engine).begin() as connection:
        sqlite = connection.dialect.name == "sqlite"
        await connection.execute(
            text("DROP TRIGGER poison" if sqlite else "ALTER TABLE meeting_logs DROP CONSTRAINT poison")
        )


async def test_the_others_of_its_batch_are_stored_with_it_set_aside_in_one_transaction(store: Store, ask: Ask) -> None:
    await refuse(store, POISON)
    joined = ParticipantJoined(user_id="ann", display_name="Ann", role="host")
    sick = [event(12, joined, meeting="sick", actor="p1"), POISON, muted(14, "sick")]
    await store.emitter.deliver([muted(1), *sick, muted(2), event(3, MeetingStarted(title="t"), meeting="n")])
    assert await ask("SELECT meeting_id, sequence, event_id FROM meeting_logs ORDER BY meeting_id, sequence") == [
        ("m", 1, muted(1).event_id),
        ("m", 2, muted(2).event_id),
        ("n", 1, event(3, AudioMuted(), actor="p").event_id),
        ("sick", 1, sick[0].event_id),
        ("sick", 2, sick[2].event_id),
    ]
    assert [person.user_id for person in await store.queries.participants("sick")] == ["ann"]
    sent = {POISON.event_id, *(one.event_id for one in sick), *(muted(number).event_id for number in (1, 2, 3))}
    assert await check_record(store, acknowledged=sent, intended=sent, set_aside=[POISON.event_id]) == 5
    ((event_id, meeting, body, error),) = await ask("SELECT event_id, meeting_id, body, error FROM failed_events")
    assert (event_id, meeting) == (POISON.event_id, "sick")
    assert Event.model_validate_json(str(body)) == POISON
    assert "IntegrityError" in str(error)
    measures = store.measures()
    assert measures.histograms["writer_batch_seconds"].total == 1
    plain = measures.plain
    assert (plain["events_stored_total"], plain["events_failed_total"], plain["database_retries_total"]) == (5, 1, 0)
    assert measures.labelled["database_errors_total"].counts["constraint"] > 0
    assert await store.ready() is None


async def test_an_event_that_a_projection_stumbles_over_is_set_aside_alone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of ours, and no longer there once it is mended."""

    def stumble(scope: Scope, event: Event) -> None:
        if event == POISON:
            raise KeyError("a bug of ours")
        switched(scope, event)

    switched = STATES._of_each
    assert switched is not None
    monkeypatch.setattr(STATES, "_of_each", stumble)
    told = [muted(1), muted(12, "sick"), POISON, muted(14, "sick"), muted(2)]
    await store.emitter.deliver(told)
    sent = {one.event_id for one in told}
    assert await check_record(store, acknowledged=sent, intended=sent, set_aside=[POISON.event_id]) == 4
    assert "a bug of ours" in (await store.failed_events.page())[0].error
    plain = store.metrics()
    assert (plain["writer_stumbles_total"], plain["database_retries_total"]) == (0, 0)
    monkeypatch.undo()
    assert await store.failed_events.retry(by="operator") == Retried(stored=1, left=0)
    (retried,) = (await store.queries.events(SERVER_LOG)).items
    assert await check_record(store, acknowledged=sent, intended={*sent, retried.event_id}) == 6


async def test_what_was_set_aside_finds_its_place_once_the_cause_is_mended(store: Store, ask: Ask) -> None:
    await refuse(store, POISON)
    await store.emitter.deliver([muted(12, "sick"), POISON, muted(14, "sick")])
    await store._journal.append(b"[7]")
    await store.flush()
    assert await store.failed_events.retry(by="operator") == Retried(stored=0, left=2)
    await allow(store)
    assert await store.failed_events.retry(by="operator") == Retried(stored=1, left=1)
    assert await ask("SELECT event_id FROM meeting_logs WHERE meeting_id = 'sick' ORDER BY sequence") == [
        (muted(number).event_id,) for number in (12, 14, 13)
    ]
    (left,) = await store.failed_events.page()
    assert (left.event_id, left.error) == (None, "Input should be a valid dictionary or instance of Event")
    assert await store.failed_events.page(after=left.id) == []
    assert await store.failed_events.retry(by="operator") == Retried(stored=0, left=1)


async def test_a_conflict_is_set_aside_without_a_second_try(store: Store, ask: Ask) -> None:
    await store.emitter.deliver([muted(1)])
    await store.flush()
    poison = event(1, AudioUnmuted(), actor="p1")
    await store.emitter.deliver([muted(2), poison, muted(3), muted(4, "n")])
    assert await ask("SELECT event_id FROM meeting_logs ORDER BY event_id") == [
        (muted(number).event_id,) for number in (1, 2, 3, 4)
    ]
    ((event_id, meeting, kind, body, error),) = await ask(
        "SELECT event_id, meeting_id, type, body, error FROM failed_events"
    )
    assert (event_id, meeting, kind) == (poison.event_id, "m", "audio.unmuted")
    assert Event.model_validate_json(str(body)) == poison
    assert "another body" in str(error)
    assert not store.measures().labelled["database_errors_total"].counts


@pytest.mark.parametrize(
    "body", [b"{", b"7", b'[{"type": "teapot.boiled", "event_id": "x"}]', b'[{"payload": "\\u0000"}, 5, null]']
)
async def test_what_this_version_cannot_read_is_set_aside(store: Store, ask: Ask, body: bytes) -> None:
    await store._journal.append(body)
    await store.emitter.deliver([muted(1)])
    assert len(await ask("SELECT * FROM meeting_logs")) == 1
    assert len(await ask("SELECT * FROM failed_events")) == (3 if body.endswith(b"null]") else 1)
