"""The media a participant holds in a room: transports, and the producers and consumers on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from signaling.messages.media import ProducerView
from signaling.messages.model import Kind, Source

if TYPE_CHECKING:
    from sfu.commands import Direction
    from sfu.figures import TransportFigures
    from signaling.participant import Participant


@dataclass(slots=True, eq=False)
class Transport:
    """ICE and DTLS with one browser, one way. `ending` once its end is on its way to the owner's session.

    `era` is how many workers of the room had died when it was made: the next death takes it along.
    """

    id: str
    direction: Direction
    owner: Participant
    era: int = field(init=False)
    producers: dict[str, Producer] = field(default_factory=dict)
    consumers: dict[str, Consumer] = field(default_factory=dict)
    sctp: bool = False
    ending: bool = False
    figures: tuple[TransportFigures | None, TransportFigures | None] = (None, None)
    """What its worker told last but one and last."""

    def __post_init__(self) -> None:
        self.era = self.owner.room.losses

    @property
    def lost(self) -> bool:
        """Whether the worker that carried it died."""
        return self.era != self.owner.room.losses

    def snapshot(self) -> dict[str, Any]:
        return {"transport_id": self.id, "direction": self.direction}


@dataclass(slots=True, eq=False)
class Producer:
    """A track coming in, and the consumers that it goes out to."""

    id: str
    transport: Transport
    kind: Kind
    source: Source
    paused: bool
    consumers: dict[str, Consumer] = field(default_factory=dict)
    closed: bool = False

    @property
    def owner(self) -> Participant:
        return self.transport.owner

    @property
    def is_personal(self) -> bool:
        """Whether it is the microphone or the camera, whose state is the participant's."""
        return self.source in {"microphone", "camera"}

    def view(self) -> ProducerView:
        return ProducerView(
            producer_id=self.id,
            participant_id=self.owner.id,
            kind=self.kind,
            source=self.source,
            paused=self.paused,
        )

    def snapshot(self) -> dict[str, Any]:
        return {
            "producer_id": self.id,
            "transport_id": self.transport.id,
            "kind": self.kind,
            "source": self.source,
            "paused": self.paused,
        }


@dataclass(slots=True, eq=False)
class Consumer:
    """A track going out to one participant. `layers`: the spatial and temporal layer it gets, -1 while none flows."""

    id: str
    transport: Transport
    producer: Producer
    paused: bool = True
    layers: tuple[int, int] = (-1, -1)

    @property
    def owner(self) -> Participant:
        return self.transport.owner

    def snapshot(self) -> dict[str, Any]:
        return {
            "consumer_id": self.id,
            "transport_id": self.transport.id,
            "producer_id": self.producer.id,
            "paused": self.paused,
        }
