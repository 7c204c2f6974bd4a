"""Data of a room that is spread over workers: messages on their way to the others, and those that came from them.

They go by way of the server, which knows who wants them where. No more than `FLIGHT_BYTES` are on their way at a time;
what waits beyond that holds its sender back, as a slow receiver does.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable

from sfu.events import DataLagging, DataPassedOn, WorkerEvent
from sfu.ortc.sctp import SctpStreamParameters
from sfu.worker.data import DataConsumer, DataProducer, Ended
from sfu.worker.outbox import OutStream, Parcel
from sfu.worker.outlet import Outlet

FLIGHT_BYTES = 512 * 1024
FORWARD = "forward"

Tell = Callable[[WorkerEvent], None]


class Forwarding(Outlet):
    """`tell` is the way to the server, which answers each message with `settle`. `ended`: a sender that was not to be
    held back, whose messages nobody took.
    """

    def __init__(self, tell: Tell, ended: Ended, drops: Counter[str]) -> None:
        super().__init__(drops)
        self.tell = tell
        self._ended = ended
        self._flying: deque[Parcel] = deque()
        self._flight = 0
        self._producers: dict[OutStream, DataProducer] = {}

    def open(self, producer: DataProducer) -> None:
        """From here on each of its messages goes to the server too. Once is enough."""
        if producer.forward is None:
            out = self._outbox.open(SctpStreamParameters(0))
            forward = DataConsumer(producer.handle, FORWARD, producer.room_id, producer, self, out)
            out.caught_up = lambda: self._caught_up(forward)
            producer.forward = forward
            self._producers[out] = producer

    def close(self, producer: DataProducer) -> None:
        if producer.forward is not None:
            forward, producer.forward = producer.forward, None
            del self._producers[forward.out]
            self.remove_consumer(forward)

    def settle(self) -> None:
        """The oldest message on its way has been taken, or nobody wants it any more."""
        if self._flying:
            parcel = self._flying.popleft()
            self._flight -= parcel.message.cost
            self._outbox.settled(parcel)
            self._go_on()

    def _go_on(self) -> None:
        while self._flight < FLIGHT_BYTES and (parcel := self._outbox.next(0.0)) is not None:
            self._flying.append(parcel)
            self._flight += parcel.message.cost
            producer = self._producers[parcel.stream]
            self.tell(DataPassedOn(producer.room_id, producer.id, parcel.message.ppid, parcel.message.data))

    def _slow(self, consumer: DataConsumer) -> None:
        self._ended(consumer.producer, "slow")


class Mirror:
    """Stands for the transport of a data producer that is on another worker."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._lagging = False
        self.producer: DataProducer | None = None

    def note_lag(self) -> None:
        producer = self.producer
        if producer is not None and self._lagging is not bool(producer.lagging):
            self._lagging = not self._lagging
            self._tell(DataLagging(producer.room_id, producer.id, self._lagging))

    def remove_producer(self, producer: DataProducer) -> None:
        """Nothing is kept here."""
