"""The journal's files. Each is named by the position of its first byte, so that the listing is the index.

All calls block; the journal makes them from its own thread, or from one that reads.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog
import uuid_utils

from persistence.errors import StartRefusedError

from .record import HEADER_BYTES, MAX_BODY_BYTES, Record, decode, whole_bytes

_SUFFIX: Final = ".journal"
_DIGITS: Final = 20  # positions of 64 bits sort as text

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Disk:
    """The two calls that can fail in interesting ways, so that a test can make them fail."""

    write: Callable[[int, bytes], int] = os.write
    sync: Callable[[int], None] = os.fdatasync


class Segments:
    """Append-only files in one directory, held by one process.

    `end` is the position after the last byte that was written and synced. Only the thread that appends may call
    `append`, `discard_before` and `close`; `read` opens files of its own and goes no further than the `limit` it is
    given.
    """

    def __init__(self, directory: Path, *, segment_bytes: int, disk: Disk) -> None:
        self._directory = directory
        self._segment_bytes = segment_bytes
        self._disk = disk
        directory.mkdir(parents=True, exist_ok=True)
        self._lock = _hold(directory)
        self.journal_id = _identify(directory)
        self._bases = sorted(int(path.stem) for path in directory.glob(f"*{_SUFFIX}"))
        self._fd = -1
        self.end = 0

    @property
    def first(self) -> int:
        """The oldest position still on disk."""
        return self._bases[0] if self._bases else self.end

    @property
    def newest(self) -> int:
        """Where the newest file that has anything in it begins."""
        return next((base for base in reversed(self._bases) if base < self.end), self.end)

    @property
    def abandoned(self) -> bool:
        """No append can succeed any more."""
        return self._fd < 0

    def recover(self, applied: int) -> int:
        """Check every file, cut the torn tail of the last, go on from there. Returns the position to apply from.

        Raises `StartRefusedError` when a record is damaged that a later file shows to have been acknowledged.
        """
        for base, following in zip(self._bases, self._bases[1:], strict=False):
            data = self._path(base).read_bytes()
            if base + whole_bytes(data) != following:
                raise StartRefusedError(f"the journal is damaged before position {following}")
        self.end = self._cut_tail(self._bases[-1]) if self._bases else 0
        if applied > self.end:
            log.warning("journal is older than the database", applied=applied, end=self.end)
            self.end = applied
            self._begin(applied)
            self.discard_before(applied)
        elif self._bases:
            self._fd = os.open(self._path(self._bases[-1]), os.O_WRONLY | os.O_APPEND)
        else:
            self._begin(self.end)
        if applied < self.first:
            log.warning("database is older than the journal", applied=applied, first=self.first)
        return max(applied, self.first)

    def append(self, data: bytes) -> None:
        """Write and sync.

        Raises `OSError` with nothing added; when even that cannot be assured, `append` fails for good.
        """
        if self._fd < 0:
            raise OSError("the journal is closed after a failed sync")
        if self.end - self._bases[-1] >= self._segment_bytes:
            self._begin(self.end)
        try:
            _write_all(self._disk.write, self._fd, data)
        except OSError:
            self._undo()
            raise
        try:
            self._disk.sync(self._fd)
        except OSError:
            # After a failed sync the kernel may call lost pages clean, so neither this file nor a retry can be
            # believed.
            self._abandon()
            raise
        self.end += len(data)

    def read(self, position: int, *, limit: int, count: int) -> list[Record]:
        """Up to `count` records from `position`, none beyond `limit`.

        Raises `StartRefusedError` when the bytes are damaged.
        """
        bases = [base for base in self._bases if base <= position]
        if not bases or position >= limit:
            return []
        base = bases[-1]
        records: list[Record] = []
        with self._path(base).open("rb") as file:
            file.seek(position - base)
            # The longest record fits, so one is always whole; a backlog is read a piece at a time.
            data = file.read(min(limit - position, HEADER_BYTES + MAX_BODY_BYTES))
        offset = 0
        while len(records) < count and (body := decode(data, offset)) is not None:
            start = position + offset
            offset += HEADER_BYTES + len(body)
            records.append(Record(start, position + offset, body))
        if not records:
            raise StartRefusedError(f"the journal is damaged at position {position}")
        return records

    def begin_anew(self) -> None:
        """What is appended from now on goes into a new file, so that the one before can be removed once applied."""
        if self._fd >= 0 and self.end > self._bases[-1]:
            self._begin(self.end)

    def discard_before(self, position: int) -> None:
        """Remove files that end at or before `position`. The last one stays, unless it is done with and grown."""
        if position >= self.end and self.end - self._bases[-1] >= self._segment_bytes and self._fd >= 0:
            self._begin(self.end)
        keep = self._bases
        while len(keep) > 1 and keep[1] <= position:
            self._path(keep[0]).unlink(missing_ok=True)
            keep = keep[1:]
        self._bases = keep

    def close(self) -> None:
        self._abandon()
        if self._lock >= 0:
            os.close(self._lock)
        self._lock = -1

    def _begin(self, base: int) -> None:
        fd = os.open(self._path(base), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        _sync_directory(self._directory)  # without it a power cut may forget the name of a file whose bytes are safe
        self._abandon()
        self._fd = fd
        self._bases = [*(kept for kept in self._bases if kept != base), base]

    def _cut_tail(self, base: int) -> int:
        path = self._path(base)
        data = path.read_bytes()
        whole = whole_bytes(data)
        if whole < len(data):
            log.warning("cut the torn tail of the journal", position=base + whole, bytes=len(data) - whole)
            os.truncate(path, whole)
        with path.open("rb") as file:
            os.fsync(file.fileno())
        return base + whole

    def _undo(self) -> None:
        try:
            os.ftruncate(self._fd, self.end - self._bases[-1])
        except OSError:
            self._abandon()

    def _abandon(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1

    def _path(self, base: int) -> Path:
        return self._directory / f"{base:0{_DIGITS}}{_SUFFIX}"


def _hold(directory: Path) -> int:
    fd = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(fd)
        raise StartRefusedError("the data directory is in use by another server") from error
    return fd


def _identify(directory: Path) -> str:
    path = directory / "id"
    if path.exists():
        return path.read_text(encoding="ascii").strip()
    journal_id = str(uuid_utils.uuid7())
    draft = directory / "id.new"
    with draft.open("w", encoding="ascii") as file:
        file.write(journal_id)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    _sync_directory(directory)
    return journal_id


def _write_all(write: Callable[[int, bytes], int], fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[write(fd, view) :]  # type: ignore[arg-type] # os.write takes any buffer


def _sync_directory(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
