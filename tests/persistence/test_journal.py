"""The journal keeps what it acknowledged, through torn writes, full disks and restarts."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
from collections.abc import AsyncIterator
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from persistence.errors import JournalFailedError, JournalFullError, StartRefusedError, StoreClosedError
from persistence.journal import Disk, Journal, JournalLimits
from persistence.journal.record import MAX_BODY_BYTES, decode, encode, whole_bytes
from persistence.journal.segments import Segments
from tests.support.eventually import eventually

LIMITS = JournalLimits(max_bytes=4096, segment_bytes=256)


@contextlib.asynccontextmanager
async def opened(
    directory: Path, *, applied: int = 0, limits: JournalLimits = LIMITS, disk: Disk | None = None
) -> AsyncIterator[Journal]:
    loop = asyncio.get_running_loop()
    journal = await asyncio.to_thread(Journal.open, directory, limits=limits, loop=loop, disk=disk or Disk())
    try:
        journal.recover(applied)
        yield journal
    finally:
        await journal.close()


def bodies(journal: Journal, position: int = 0) -> list[bytes]:
    found: list[bytes] = []
    while position < journal.durable:
        for record in journal.read(position, count=3):
            found.append(record.body)
            position = record.end
    return found


def files(directory: Path) -> list[Path]:
    return sorted(directory.glob("*.journal"))


def tear(directory: Path, left_over: bytes) -> None:
    with files(directory)[-1].open("ab") as file:
        file.write(left_over)


def damage(path: Path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.write_bytes(data)


async def fill(journal: Journal) -> None:
    for _ in range(1000):
        await journal.append(bytes(100))


async def bytes_fall_to(journal: Journal, wanted: int) -> None:
    async def fell() -> bool:
        return journal.bytes_on_disk <= wanted

    await eventually(fell, "applied files are removed")


@given(st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=6), st.data())
def test_a_torn_tail_costs_only_the_record_it_tore(written: list[bytes], data: st.DataObject) -> None:
    log = b"".join(encode(body) for body in written)
    cut = data.draw(st.integers(0, len(log)))
    ends = accumulate((len(encode(body)) for body in written), initial=0)
    assert whole_bytes(log[:cut]) == max(end for end in ends if end <= cut)


@given(st.binary(min_size=1, max_size=60), st.data())
def test_a_flipped_bit_is_noticed(body: bytes, data: st.DataObject) -> None:
    record = bytearray(encode(body))
    record[data.draw(st.integers(0, len(record) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert decode(bytes(record), 0) is None


def test_zeros_are_no_record() -> None:
    assert decode(bytes(64), 0) is None


@pytest.mark.parametrize("size", [0, MAX_BODY_BYTES + 1])
def test_a_body_no_record_holds_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="record holds"):
        encode(bytes(size))


async def test_what_was_acknowledged_is_there_after_a_restart_in_order(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        for number in range(50):
            await journal.append(b"event %d" % number)
        assert len(files(tmp_path)) > 1
    async with opened(tmp_path) as journal:
        assert bodies(journal) == [b"event %d" % number for number in range(50)]


async def test_a_torn_tail_is_cut_at_start_and_writing_goes_on(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        await journal.append(b"kept")
    tear(tmp_path, encode(b"torn")[:-1])
    async with opened(tmp_path) as journal:
        await journal.append(b"after")
        assert bodies(journal) == [b"kept", b"after"]
    async with opened(tmp_path) as journal:
        assert bodies(journal) == [b"kept", b"after"]


async def test_damage_before_a_later_file_refuses_to_start(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        for number in range(50):
            await journal.append(b"event %d" % number)
    damage(files(tmp_path)[0], 20)
    with pytest.raises(StartRefusedError, match="damaged"):
        async with opened(tmp_path):
            pass


async def test_a_second_process_is_kept_out(tmp_path: Path) -> None:
    async with opened(tmp_path):
        with pytest.raises(StartRefusedError, match="in use"):
            Segments(tmp_path, segment_bytes=256, disk=Disk())


async def test_files_go_once_they_are_applied(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        for number in range(50):
            await journal.append(b"event %d" % number)
        journal.applied(journal.durable)
        await journal.append(b"last")
    assert len(files(tmp_path)) <= 2


async def test_a_full_journal_refuses_and_takes_again_once_applied(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        with pytest.raises(JournalFullError) as refusal:
            await fill(journal)
        assert refusal.value.code == "UNAVAILABLE"
        assert sum(path.stat().st_size for path in files(tmp_path)) <= LIMITS.max_bytes
        assert journal.refused == 1
        journal.applied(journal.durable)
        await bytes_fall_to(journal, LIMITS.segment_bytes)
        await journal.append(b"again")


async def test_one_burst_that_fills_the_journal_can_be_worked_off(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        burst = [journal.append(bytes(100)) for _ in range(100)]
        answers = await asyncio.gather(*burst, return_exceptions=True)
        assert any(isinstance(answer, JournalFullError) for answer in answers)
        journal.applied(journal.durable)
        await bytes_fall_to(journal, 0)
        await journal.append(bytes(100))


async def test_appends_that_wait_together_share_a_sync(tmp_path: Path) -> None:
    syncs = 0

    def count(fd: int) -> None:
        nonlocal syncs
        syncs += 1
        os.fdatasync(fd)

    limits = JournalLimits(max_bytes=1 << 20, segment_bytes=1 << 18)
    async with opened(tmp_path, limits=limits, disk=Disk(sync=count)) as journal:
        ends = await asyncio.gather(*(journal.append(b"%d" % number) for number in range(500)))
        assert syncs <= 250
        assert list(ends) == sorted(ends)
        assert bodies(journal) == [b"%d" % number for number in range(500)]


async def test_a_full_disk_acknowledges_nothing_and_passes(tmp_path: Path) -> None:
    full = True

    def write(fd: int, data: bytes) -> int:
        if full and len(data) > 4:
            return os.write(fd, data[:4])  # half a record reaches the disk
        if full:
            raise OSError(errno.ENOSPC, "no space")
        return os.write(fd, data)

    async with opened(tmp_path, disk=Disk(write=write)) as journal:
        with pytest.raises(JournalFailedError):
            await journal.append(b"1234" * 4)
        assert journal.problem() is not None
        full = False
        await journal.append(b"after")
        assert journal.problem() is None
        assert bodies(journal) == [b"after"]


async def test_after_a_failed_sync_nothing_is_believed_until_a_restart(tmp_path: Path) -> None:
    broken = False

    def sync(fd: int) -> None:
        if broken:
            raise OSError(errno.EIO, "lost")
        os.fdatasync(fd)

    async with opened(tmp_path, disk=Disk(sync=sync)) as journal:
        await journal.append(b"kept")
        broken = True
        with pytest.raises(JournalFailedError):
            await journal.append(b"lost")
        broken = False
        with pytest.raises(JournalFailedError):
            await journal.append(b"refused")
        assert bodies(journal) == [b"kept"]
    async with opened(tmp_path) as journal:
        assert bodies(journal)[0] == b"kept"
        await journal.append(b"after")


async def test_a_closing_journal_answers_what_it_took_and_refuses_the_rest(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        taken = asyncio.create_task(journal.append(b"taken"))
        await asyncio.sleep(0)
        await journal.seal()
        assert taken.done()
        with pytest.raises(StoreClosedError):
            await journal.append(b"late")


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(1, 200), min_size=1, max_size=20), st.data())
async def test_applied_records_are_never_read_again_and_others_always(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], data: st.DataObject
) -> None:
    directory = tmp_path_factory.mktemp("journal")
    async with opened(directory) as journal:
        ends = [await journal.append(bytes([1]) * size) for size in sizes]
        applied = data.draw(st.sampled_from([0, *ends]))
        journal.applied(applied)
    async with opened(directory, applied=applied) as journal:
        assert [len(body) for body in bodies(journal, applied)] == [
            size for size, end in zip(sizes, ends, strict=True) if end > applied
        ]


async def test_a_journal_that_lost_its_files_goes_on_where_the_database_is(tmp_path: Path) -> None:
    async with opened(tmp_path, applied=5000) as journal:
        assert journal.durable == 5000
        await journal.append(b"new")
        assert bodies(journal, 5000) == [b"new"]
    async with opened(tmp_path, applied=5000) as journal:
        assert bodies(journal, 5000) == [b"new"]
