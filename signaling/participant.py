"""A person in a room."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from persistence.events import ConnectionStats
from signaling.display_name import clean_display_name
from signaling.messages.model import Kind, Told
from signaling.messages.participant import ParticipantView, Presence
from signaling.permissions import Permissions
from signaling.roles import Role

if TYPE_CHECKING:
    from signaling.media import Consumer, Producer, Transport
    from signaling.rates.bucket import Bucket
    from signaling.rooms import Room
    from signaling.session import Job, Session

__all__ = ["Participant", "clean_display_name"]


@dataclass(slots=True, eq=False)
class Participant:
    """One stay of one person: coming back after leaving makes another, with another id.

    `enabled` says whether microphone (audio) and camera (video) are on; a kind that is missing was never spoken of.
    Everything in here is changed by the owning session's task alone, except that a consumer goes with its producer,
    everything goes with the room, and hosts change `role`, `permissions` and, holding `switching`, what is switched on.

    `own_role` is what the token and the meeting make them, `withheld` the permissions their token denies them.
    `asked_to_unmute` are the kinds a host has asked them to switch on, which lets them do so once. `resume_token` is
    what their next connection may come with, empty when this server never gave them one; `resume_key` is what it is
    known by.
    """

    id: str
    room: Room
    session: Session
    display_name: str
    role: Role
    resume_token: str = ""
    resume_key: str | None = None
    own_role: Role = Role.PARTICIPANT
    permissions: Permissions = field(default_factory=Permissions)
    withheld: frozenset[str] = frozenset()
    asked_to_unmute: set[Kind] = field(default_factory=set)
    switching: asyncio.Lock = field(default_factory=asyncio.Lock)
    enabled: dict[Kind, bool] = field(default_factory=dict)
    screen: bool = False
    presence: Presence = "active"
    transports: dict[str, Transport] = field(default_factory=dict)
    used_key: str | None = None
    """Of the token they last came back with: whoever shows it while that connection stands came second."""
    successor: Session | None = None
    """The session that last came back for them; theirs in a moment if it is not yet."""
    away_since: float | None = None
    """When their connection was lost, if it was."""
    connection: ConnectionStats | None = None
    """How their connection did when it was last summed up."""
    denials: Bucket | None = None
    """How many more of the requests they are denied are recorded; from the first one on."""

    def give_token(self, token: str) -> None:
        self.resume_token, self.resume_key = token, key_of(token)

    @property
    def user_id(self) -> str:
        return self.session.identity.user_id

    @property
    def hand_raised(self) -> bool:
        return self.id in self.room.hands

    @property
    def gone(self) -> bool:
        """Whether they are out of the room, which may happen while one of their requests is being served."""
        return self.room.participants.get(self.id) is not self

    def producers(self) -> Iterator[Producer]:
        for transport in self.transports.values():
            yield from transport.producers.values()

    def consumers(self) -> Iterator[Consumer]:
        for transport in self.transports.values():
            yield from transport.consumers.values()

    def tell(self, event: str, told: Told) -> None:
        self.session.tell(event, told)

    def post(self, job: Job) -> None:
        """Have our own work done in turn with their requests: with those of the new session while they come back."""
        (self.successor or self.session).post(job)

    def view(self) -> ParticipantView:
        return ParticipantView(
            participant_id=self.id,
            user_id=self.user_id,
            display_name=self.display_name,
            role=self.role,
            audio=self.enabled.get("audio", False),
            video=self.enabled.get("video", False),
            screen=self.screen,
            connected=self.away_since is None,
            presence=self.presence,
            hand_raised=self.hand_raised,
            hand_position=self.room.hands.position(self.id),
            hand_raised_at=self.room.hands.raised_at(self.id),
            can_share_screen=self.permissions.can_share_screen,
            can_use_chat=self.permissions.can_use_chat,
            is_presenter=self.permissions.is_presenter,
        )

    def snapshot(self) -> dict[str, Any]:
        """What operators see of them."""
        return self.view().model_dump() | {
            "socket_id": self.session.id,
            "connection": self.connection.model_dump() if self.connection else None,
            "transports": [transport.snapshot() for transport in self.transports.values()],
            "producers": [producer.snapshot() for producer in self.producers()],
            "consumers": [consumer.snapshot() for consumer in self.consumers()],
        }


def key_of(token: str) -> str:
    """What a resume token is known by: kept and compared instead of it, so that no record holds what lets one in."""
    return hashlib.sha256(token.encode()).hexdigest()
