"""Notifications that say how something is now: of several that wait, only the last is worth sending."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from types import MappingProxyType
from typing import Final

from signaling.messages import catalogue
from signaling.messages.model import Told

_SUBJECT: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = MappingProxyType(
    {
        catalogue.PARTICIPANT_UPDATED: ("participant", ("participant_id",)),
        catalogue.MEDIA_UPDATED: ("media", ("participant_id", "kind")),
        catalogue.HAND_RAISED: ("hand", ("participant_id",)),
        catalogue.REACTION_SENT: ("reaction", ("participant_id",)),
        catalogue.POLL_UPDATED: ("poll", ("poll_id",)),
        catalogue.PRODUCER_PAUSED: ("producer", ("producer_id",)),
        catalogue.PRODUCER_RESUMED: ("producer", ("producer_id",)),
        catalogue.PRODUCER_LAYERS_WANTED: ("layers wanted", ("producer_id",)),
        catalogue.CONSUMER_LAYERS_CHANGED: ("layers", ("consumer_id",)),
        catalogue.SPEAKER_CHANGED: ("speaker", ()),
        catalogue.ROOM_FEATURES_SET: ("features", ()),
        catalogue.ROOM_SPOTLIT: ("spotlight", ()),
        catalogue.MEETING_REMINDER: ("reminder", ("about",)),
        catalogue.TOKEN_EXPIRING: ("token", ()),
    }
)
"""Of what a notification tells the state, and the fields that say of which one."""


def state_of(event: str, told: Told) -> Hashable | None:
    """What this notification is the state of; None for one that is to be told whatever follows."""
    subject = _SUBJECT.get(event)
    if subject is None:
        return None
    name, fields = subject
    return (name, *(getattr(told, field) for field in fields))
