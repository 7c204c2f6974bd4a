"""One file of old events: compressed NDJSON, an event a line. Blocks."""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from .errors import ArchiveDamagedError

_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Sealed:
    """A file that was read back and found to hold what was written. `sha256` is of its bytes on disk."""

    events: int
    bytes: int
    sha256: str


class Draft:
    """A file being written beside where it will be. Nothing has its name before it is whole, synced and verified."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._draft = path.with_name(f"{path.name}.new")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = os.fdopen(os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
        # Without a name and time inside, the same events make the same file.
        self._gzip = gzip.GzipFile(filename="", mode="wb", fileobj=self._file, mtime=0)
        self._digest = hashlib.sha256()
        self._events = 0

    def add(self, events: Iterable[dict[str, Any]]) -> None:
        for event in events:
            line = orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z)
            self._digest.update(line)
            self._gzip.write(line)
            self._events += 1

    def seal(self) -> Sealed:
        """Raises `ArchiveDamagedError` when the disk gives back anything else than it was given, `OSError`."""
        self._gzip.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        digest, events = hashlib.sha256(), 0
        for line in read_lines(self._draft):
            digest.update(line)
            events += 1
        if events != self._events or digest.digest() != self._digest.digest():
            raise ArchiveDamagedError("an archive file is not what was written")
        self._draft.replace(self._path)
        _sync_directory(self._path.parent)
        return Sealed(events, self._path.stat().st_size, checksum(self._path))

    def discard(self) -> None:
        self._gzip.close()
        self._file.close()
        self._draft.unlink(missing_ok=True)


def read_lines(path: Path) -> Iterator[bytes]:
    """Raises `ArchiveDamagedError` for what is no whole archive, `OSError`."""
    try:
        with gzip.open(path, "rb") as file:
            yield from file
    except (EOFError, gzip.BadGzipFile) as error:
        raise ArchiveDamagedError("an archive file is damaged") from error


def read_events(path: Path) -> Iterator[dict[str, Any]]:
    for line in read_lines(path):
        yield orjson.loads(line)


def checksum(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
