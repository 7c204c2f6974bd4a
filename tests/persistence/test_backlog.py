"""What waits in the journal is read ahead in order, never passed over and never all at once."""

from __future__ import annotations

import asyncio
from functools import partial
from json import loads
from pathlib import Path

import pytest

from persistence.backlog import AHEAD_FROM, Backlog
from persistence.events import AudioMuted, ChatMessageSent
from persistence.journal import JournalLimits
from persistence.journal_entry import encode_events
from persistence.underway import Underway

from .story import HAPPENINGS, event
from .test_journal import opened

LIMITS = JournalLimits(max_bytes=4 << 20, segment_bytes=64 << 10)
BATCH = 10
SAID = ChatMessageSent(message_id="c", revision=1, message_type="Text", text="x" * 4000)


@pytest.mark.parametrize("size", [1, 3, 10, 25])
async def test_parts_follow_one_another_whatever_their_size(tmp_path: Path, size: int) -> None:
    async with opened(tmp_path, limits=LIMITS) as journal:
        for call in range(40):
            await journal.append(encode_events([event(2 * call + at, SAID, actor="p") for at in (0, 1)]))
        backlog = Backlog(journal, 0, batch=BATCH)
        numbers: list[int] = []
        position = 0
        while position < journal.durable:
            part = await backlog.first(size)
            tried_again = await backlog.first(size)
            assert (tried_again.entries, tried_again.end) == (part.entries, part.end)
            assert len(backlog) <= 2 * max(BATCH, size) + 2
            numbers += [int(entry.event.event_id[-12:], 16) for entry in part.entries if entry.event]
            position = part.end
            backlog.drop(position)
        assert numbers == list(range(80))
        assert len(backlog) == 0
        await backlog.close()


async def test_the_next_batch_is_read_while_the_database_has_the_one_before(tmp_path: Path) -> None:
    async with opened(tmp_path, limits=LIMITS) as journal:
        for number in range(3 * BATCH):
            await journal.append(encode_events([event(number, SAID, actor="p")]))
        assert journal.durable > 2 * AHEAD_FROM
        backlog = Backlog(journal, 0, batch=BATCH)
        part = await backlog.first(BATCH)
        (reading,) = [task for task in asyncio.all_tasks() if task.get_name() == "journal reader"]
        await reading
        backlog.drop(part.end)
        again = await backlog.first(BATCH)
        assert [len(part.entries), len(again.entries)] == [BATCH, BATCH]
        await backlog.close()
        assert not [task for task in asyncio.all_tasks() if task.get_name() == "journal reader"]


async def test_what_cannot_be_read_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path, limits=LIMITS) as journal:
        await journal.append(encode_events([event(1, AudioMuted(), actor="p")]))
        backlog = Backlog(journal, 0, batch=BATCH)
        with monkeypatch.context() as broken:
            broken.setattr(journal, "read", lambda *_args, **_options: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                await backlog.first(1)
        assert len((await backlog.first(1)).entries) == 1
        await backlog.close()


async def test_what_was_kept_is_not_read_back_and_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = [[event(2 * call + at, payload, actor="p") for at in (0, 1)] for call, payload in enumerate(HAPPENINGS)]
    async with opened(tmp_path, limits=LIMITS) as journal:
        underway = Underway(0, applied=lambda: 0)
        for events in calls:
            await journal.append(encode_events(events), kept=partial(underway.keep, events))
        read_back = await Backlog(journal, 0, batch=BATCH).first(1000)
        monkeypatch.setattr(journal, "read", lambda *_args, **_options: 1 / 0)
        backlog = Backlog(journal, 0, batch=BATCH, kept=underway.at)
        kept = await backlog.first(1000)
        assert kept.end == read_back.end == journal.durable
        assert [entry.event for entry in kept.entries] == [entry.event for entry in read_back.entries]
        assert [entry.id for entry in kept.entries] == [entry.id for entry in read_back.entries]
        assert [loads(entry.body) for entry in kept.entries] == [loads(entry.body) for entry in read_back.entries]
        assert [dict(entry.facts) for entry in kept.entries] == [dict(entry.facts) for entry in read_back.entries]


async def test_what_was_not_kept_in_between_is_read_in_its_place(tmp_path: Path) -> None:
    async with opened(tmp_path, limits=LIMITS) as journal:
        underway = Underway(0, applied=lambda: 0)
        for number in range(8):
            events = [event(number, SAID, actor="p")]
            kept = partial(underway.keep, events) if number % 3 else None
            await journal.append(encode_events(events), kept=kept)
        backlog = Backlog(journal, 0, batch=2, kept=underway.at)
        numbers, position = [], 0
        while position < journal.durable:
            part = await backlog.first(2)
            assert len(backlog) <= 5
            numbers += [int(entry.event.event_id[-12:], 16) for entry in part.entries if entry.event]
            position = part.end
            backlog.drop(position)
        assert numbers == list(range(8))
        await backlog.close()
