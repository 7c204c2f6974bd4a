"""The pipes between the workers of this node: one for each pair that rooms are spread over, made when first needed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from secrets import token_bytes

import structlog

from sfu.commands import AddPipe, MediaError, RemovePipe
from sfu.slot import Slot
from sfu.worker_process import WorkerProcess

KEY_BYTES = 28
"""AEAD_AES_128_GCM: a key of 16 bytes and a salt of 12 (RFC 7714 section 12)."""

log = structlog.get_logger()


@dataclass(eq=False)
class Pipe:
    """Between two processes, not two slots: a worker that takes a dead one's place knows nothing of it."""

    id: str
    slots: tuple[Slot, Slot]
    ends: tuple[WorkerProcess, WorkerProcess]
    users: int = 0
    unused_since: float | None = None
    lost: bool = False


@dataclass(eq=False)
class Pair:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    pipe: Pipe | None = None


class Pipes:
    """`new_key` gives as many bytes as it is asked for, which nobody can guess."""

    def __init__(self, new_key: Callable[[int], bytes] = token_bytes) -> None:
        self._new_key = new_key
        self._numbers = count(1)
        self._pairs: dict[frozenset[Slot], Pair] = {}

    def __len__(self) -> int:
        return sum(pair.pipe is not None for pair in self._pairs.values())

    async def take(self, one: Slot, other: Slot) -> Pipe:
        """The pipe between the two, with one user more. Raises MediaError UNAVAILABLE when it cannot be made."""
        pair = self._pairs.setdefault(frozenset((one, other)), Pair())
        async with pair.lock:
            if pair.pipe is not None and pair.pipe.lost:
                await self._remove(pair)
            pipe = pair.pipe or await self._make(one, other)
            pair.pipe = pipe
            pipe.users += 1
            pipe.unused_since = None
            return pipe

    def release(self, pipe: Pipe, now: float) -> None:
        """One user fewer; without any it goes with the next `sweep` after `hold_s`."""
        pipe.users -= 1
        if pipe.users == 0:
            pipe.unused_since = now

    def lose(self, slot: Slot) -> None:
        """The slot's worker died. The other ends are taken down before the pair is joined again, or by `sweep`."""
        for pair in self._pairs.values():
            if pair.pipe is not None and slot in pair.pipe.slots:
                pair.pipe.lost = True

    async def sweep(self, now: float, hold_s: float) -> None:
        """Remove the pipes that are lost, and those that nobody has used for `hold_s`."""
        for pair in list(self._pairs.values()):
            if _is_over(pair.pipe, now, hold_s):
                async with pair.lock:
                    if _is_over(pair.pipe, now, hold_s):
                        await self._remove(pair)

    async def _make(self, one: Slot, other: Slot) -> Pipe:
        if one.process is None or other.process is None:
            raise MediaError("UNAVAILABLE", "A media worker is gone.")
        ends = (one.process, other.process)
        pipe = Pipe(f"pipe-{one.index}-{other.index}-{next(self._numbers)}", (one, other), ends)
        there, back = self._new_key(KEY_BYTES), self._new_key(KEY_BYTES)
        try:
            await ends[0].ask(AddPipe("", pipe.id, ends[1].udp_port, rx=back, tx=there))
            await ends[1].ask(AddPipe("", pipe.id, ends[0].udp_port, rx=there, tx=back))
        except BaseException as error:
            await self._take_down(pipe)
            if isinstance(error, MediaError):
                log.warning("pipe_not_made", pipe_id=pipe.id, code=error.code, problem=error.message)
                raise MediaError("UNAVAILABLE", "The media workers cannot reach each other.") from error
            raise
        log.info("pipe_made", pipe_id=pipe.id)
        return pipe

    async def _remove(self, pair: Pair) -> None:
        if pair.pipe is not None:
            pipe, pair.pipe = pair.pipe, None
            await self._take_down(pipe)
            log.info("pipe_removed", pipe_id=pipe.id, lost=pipe.lost)

    async def _take_down(self, pipe: Pipe) -> None:
        for end in pipe.ends:
            try:
                await end.ask(RemovePipe("", pipe.id))
            except MediaError as error:
                log.info("pipe_end_gone", pipe_id=pipe.id, worker=end.index, code=error.code)


def _is_over(pipe: Pipe | None, now: float, hold_s: float) -> bool:
    if pipe is None:
        return False
    unused = pipe.unused_since is not None and now - pipe.unused_since >= hold_s
    return pipe.lost or unused
