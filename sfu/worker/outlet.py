"""Where messages go out to data consumers: a queue for each, and the end of those that do not keep up."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import Counter
from typing import TYPE_CHECKING

from sfu.worker.outbox import Message, Outbox

if TYPE_CHECKING:
    from sfu.worker.data import DataConsumer

LAG_S = 5.0
"""A receiver that lags for so long is closed: its sender, and all who listen to that one, have waited for it. Who takes
600 kbit/s, as little as a path is ever taken to carry, catches up in time."""


class Outlet(ABC):
    """How messages leave the outbox is said by whoever carries them on."""

    def __init__(self, drops: Counter[str]) -> None:
        self._drops = drops
        self._outbox = Outbox(drops)

    def send(self, consumer: DataConsumer, message: Message) -> None:
        """A consumer whose receiver does not keep up is closed: what it was promised cannot be kept."""
        if consumer.out.closed or self._closed_there(consumer):
            self._drops["data_channel_closed"] += 1
            return
        if not self._outbox.put(consumer.out, message, asyncio.get_running_loop().time()):
            self._too_slow(consumer)
            return
        if consumer.out.lagging and consumer.overdue is None:
            consumer.overdue = asyncio.get_running_loop().call_later(LAG_S, self._too_slow, consumer)
            consumer.producer.lagging.add(consumer)
            consumer.producer.streams.note_lag()
        consumer.messages += 1
        consumer.bytes += len(message.data)
        self._go_on()

    def remove_consumer(self, consumer: DataConsumer) -> None:
        self._outbox.close(consumer.out)

    def _too_slow(self, consumer: DataConsumer) -> None:
        self._drops["data_receiver_slow"] += 1
        self._slow(consumer)

    def _caught_up(self, consumer: DataConsumer) -> None:
        if consumer.overdue is not None:
            consumer.overdue.cancel()
            consumer.overdue = None
        consumer.producer.lagging.discard(consumer)
        consumer.producer.streams.note_lag()

    def _closed_there(self, _consumer: DataConsumer) -> bool:
        """Whether the receiver wants no more of it."""
        return False

    @abstractmethod
    def _slow(self, consumer: DataConsumer) -> None:
        """It does not keep up, and has been counted: end it."""

    @abstractmethod
    def _go_on(self) -> None:
        """Something waits in the outbox."""
