"""Rows that come into the log by COPY are those that INSERT would have made, and one that fails is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection

from persistence import log_rows
from persistence.events import AudioMuted, ChatMessageSent, Event, ParticipantJoined
from persistence.store import Store, StoreOptions

from .checker import check_record
from .conftest import Ask, Opener
from .story import event
from .test_poison import POISON, refuse

pytestmark = pytest.mark.parametrize("url", ["postgresql"], indirect=True)

ROWS = (
    "SELECT sequence, type, participant_id, payload::text, timestamp - min(timestamp) OVER (), position - min(position)"
    " OVER () FROM meeting_logs WHERE meeting_id = '{}' ORDER BY sequence"
)


def told(first: int, count: int, meeting: str) -> list[Event]:
    odd = 'tab\there, "quotes", \\N, \\., newline\n, \U0001f44b and nothing else'
    facts = (
        ParticipantJoined(user_id="ann", display_name=odd, role="host"),
        AudioMuted(),
        ChatMessageSent(message_id="c", revision=1, message_type="Text", text=odd),
    )
    return [event(first + at, facts[at % 3], meeting=meeting, actor="p1") for at in range(count)]


@pytest_asyncio.fixture
async def store(open_store: Opener, quick: Callable[..., StoreOptions]) -> Store:
    """One whose questions wait for a database that is cut off again and again, on a busy machine."""
    return await open_store(quick(read_wait_s=60))


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each COPY succeeded, from here on."""
    outcomes: list[bool] = []
    copy = log_rows._copy

    async def watched(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> bool:
        outcomes.append(await copy(connection, rows))
        return outcomes[-1]

    monkeypatch.setattr(log_rows, "_copy", watched)
    return outcomes


async def test_a_large_batch_is_copied_and_is_what_it_would_have_been(
    store: Store, ask: Ask, copied: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    many = log_rows.ROWS_AT_ONCE + log_rows.COPY_FROM
    await store.emitter.deliver(told(0, many, "copied"))
    await store.flush()
    monkeypatch.setattr(log_rows, "COPY_FROM", many + 1)
    await store.emitter.deliver(told(many, many, "inserted"))
    one, other = [await ask(ROWS.format(meeting)) for meeting in ("copied", "inserted")]
    assert copied == [True]
    assert len(one) == many
    assert one == other


async def test_one_that_cannot_be_copied_is_set_aside_with_what_the_database_said(
    store: Store, ask: Ask, copied: list[bool]
) -> None:
    await refuse(store, POISON)
    await store.emitter.deliver([*told(100, 60, "m"), *told(200, 60, "sick"), POISON])
    ((error,),) = await ask("SELECT error FROM failed_events")
    assert "IntegrityError" in str(error)
    assert store.measures().labelled["database_errors_total"].counts["constraint"] > 0
    # Together, then each meeting for itself.
    assert copied == [False, True, False]
    assert await ask("SELECT count(*), max(sequence) FROM meeting_logs") == [(120, 60)]


async def test_connections_cut_while_copying_lose_and_double_nothing(
    url: str, store: Store, postgres_socket: Path, copied: list[bool]
) -> None:
    surgeon = await asyncpg.connect(host=str(postgres_socket), user="folkmoot", database="postgres")
    sent: set[str] = set()
    for cut in range(12):
        events = told(1000 * cut, 300, f"m{cut}")
        await store.emitter.deliver(events)
        sent.update(one.event_id for one in events)
        await surgeon.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", make_url(url).database
        )
        await store.flush()
    await surgeon.close()
    assert await check_record(store, acknowledged=sent, intended=sent) == len(sent)
    assert True in copied
    assert store.metrics()["events_failed_total"] == 0
