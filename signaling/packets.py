"""Messages as they cross the line: packets of Socket.IO in packets of Engine.IO, written once for all who are told."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

import orjson
from engineio.packet import MESSAGE, Packet
from socketio.packet import ACK, EVENT

from signaling.messages.catalogue import NAMESPACE
from signaling.messages.model import Told
from signaling.superseding import state_of

_ACK: Final = f"{ACK}{NAMESPACE},"
_EVENT: Final = f"{EVENT}{NAMESPACE},"


def event_packet(event: str, told: Told) -> Packet:
    return Packet(MESSAGE, f"{_EVENT}[{orjson.dumps(event).decode()},{written(told)}]")


def reply_packet(ack_id: int, told: Told) -> Packet:
    return Packet(MESSAGE, f'{_ACK}{ack_id}[{{"ok":true,"data":{written(told)}}}]')


def refusal_packet(ack_id: int, told: Told) -> Packet:
    return Packet(MESSAGE, f'{_ACK}{ack_id}[{{"ok":false,"error":{written(told)}}}]')


def written(told: Told) -> str:
    """As JSON, without what is None."""
    return told.model_dump_json(exclude_none=True)


class Notices:
    """What is told to many, one after the other, is written for the first of them and the same for the rest."""

    def __init__(self) -> None:
        self._event: str | None = None
        self._told: Told | None = None
        self._packet: Packet | None = None
        self._state: Hashable | None = None

    def of(self, event: str, told: Told) -> tuple[Packet, Hashable | None]:
        """The packet, and what it says the state of. Messages never change, so being the same one is enough."""
        if told is not self._told or event != self._event or self._packet is None:
            self._event, self._told = event, told
            self._packet, self._state = event_packet(event, told), state_of(event, told)
        return self._packet, self._state
