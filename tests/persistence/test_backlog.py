"""What waits in the journal is read ahead in order, never passed over and never all at once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from persistence.backlog import AHEAD_FROM, Backlog
from persistence.events import AudioMuted, ChatMessageSent
from persistence.journal import JournalLimits
from persistence.journal_entry import encode_events

from .story import event
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
