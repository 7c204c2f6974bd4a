"""Messages on their way to one receiver: a queue for each stream, served in turn, none longer than its cap. Pure."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from sfu.ortc.sctp import SctpStreamParameters

STREAM_BYTES = 1024 * 1024
"""Waiting or unacknowledged for one data consumer; who lets it grow beyond that has stopped reading."""
LAG_BYTES = 192 * 1024
"""With more than this waiting for a data consumer its sender is asked to pause, until half of it has gone. Together
with a message and what is on its way then (`sctp.WINDOW_BYTES`) it stays below the cap."""
RECEIVER_BYTES = 8 * 1024 * 1024
"""For all data consumers of one transport together."""
RECEIVER_LAG_BYTES = 2 * 1024 * 1024
"""As `LAG_BYTES`, for all of them."""
MESSAGE_COST = 128
"""Bytes that a message counts as at least: about what it takes to keep the smallest in a queue."""


class Message(NamedTuple):
    """`ppid` says what it is: text or bytes, empty or not (RFC 8831 section 8)."""

    ppid: int
    data: bytes

    @property
    def cost(self) -> int:
        return max(len(self.data), MESSAGE_COST)


def _nothing() -> None:
    """For streams whose sender nobody holds back."""


@dataclass(eq=False)
class OutStream:
    """`unacknowledged` counts what has left the queue and is not yet known to have arrived, or given up.

    `lagging` while so much waits that its sender should pause; `caught_up` is called when that is over.
    """

    parameters: SctpStreamParameters
    queue: deque[tuple[Message, float | None]] = field(default_factory=deque)
    queued: int = 0
    unacknowledged: int = 0
    closed: bool = False
    lagging: bool = False
    caught_up: Callable[[], None] = _nothing

    @property
    def buffered(self) -> int:
        return self.queued + self.unacknowledged


class Parcel(NamedTuple):
    """A message whose turn it is; `expires` is on the clock of `put`."""

    stream: OutStream
    message: Message
    expires: float | None


class Outbox:
    """Times are seconds on any clock that does not go back. `drops` counts what expired while it waited."""

    def __init__(self, drops: Counter[str]) -> None:
        self._drops = drops
        self._turns: deque[OutStream] = deque()
        self._lagging: set[OutStream] = set()
        self.buffered = 0

    def open(self, parameters: SctpStreamParameters) -> OutStream:
        return OutStream(parameters)

    def close(self, stream: OutStream) -> None:
        """What waits is forgotten."""
        stream.closed = True
        stream.queue.clear()
        self.buffered -= stream.queued
        stream.queued = 0
        self._note_progress()

    def put(self, stream: OutStream, message: Message, now: float) -> bool:
        """False when the receiver does not keep up: the message does not fit, and the stream is to be closed."""
        if stream.buffered + message.cost > STREAM_BYTES or self.buffered + message.cost > RECEIVER_BYTES:
            return False
        life_ms = stream.parameters.max_packet_life_time
        if not stream.queue:
            self._turns.append(stream)
        stream.queue.append((message, None if life_ms is None else now + life_ms / 1000))
        stream.queued += message.cost
        self.buffered += message.cost
        if stream.buffered > LAG_BYTES or self.buffered > RECEIVER_LAG_BYTES:
            stream.lagging = True
            self._lagging.add(stream)
        return True

    def next(self, now: float) -> Parcel | None:
        """The stream that waited longest for its turn gives its oldest message that is not too old."""
        while self._turns:
            stream = self._turns.popleft()
            while stream.queue:
                message, expires = stream.queue.popleft()
                stream.queued -= message.cost
                if expires is not None and expires < now:
                    self.buffered -= message.cost
                    self._drops["data_expired"] += 1
                    self._note_progress()
                    continue
                stream.unacknowledged += message.cost
                if stream.queue:
                    self._turns.append(stream)
                return Parcel(stream, message, expires)
        return None

    def settled(self, parcel: Parcel) -> None:
        """It has arrived, or was given up."""
        parcel.stream.unacknowledged -= parcel.message.cost
        self.buffered -= parcel.message.cost
        self._note_progress()

    def _note_progress(self) -> None:
        """Less is buffered than before."""
        for stream in list(self._lagging):
            caught_up = stream.buffered <= LAG_BYTES // 2 and self.buffered <= RECEIVER_LAG_BYTES // 2
            if stream.closed or caught_up:
                self._lagging.discard(stream)
                stream.lagging = False
                stream.caught_up()
