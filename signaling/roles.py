"""Roles in a meeting (SIG-13), and what each may ask."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Role(StrEnum):
    """What somebody is in a meeting, most trusted first."""

    HOST = "host"
    CO_HOST = "co_host"
    PRESENTER = "presenter"
    PARTICIPANT = "participant"
    OBSERVER = "observer"


_ALL: Final = frozenset(Role)
_HOST: Final = frozenset({Role.HOST})
HOSTS: Final = frozenset({Role.HOST, Role.CO_HOST})
"""Who moderates."""
_SPEAKERS: Final = HOSTS | {Role.PRESENTER, Role.PARTICIPANT}

PERMITTED: Final[Mapping[str, frozenset[Role]]] = MappingProxyType(
    {
        "room:create": _ALL,
        "room:join": _ALL,
        "token:refresh": _ALL,
        "room:leave": _ALL,
        "room:close": _HOST,
        "transport:create": _ALL,
        "transport:connect": _ALL,
        "transport:restart_ice": _ALL,
        "transport:stats": _ALL,
        "produce": _SPEAKERS,
        "producer:pause": _SPEAKERS,
        "producer:resume": _SPEAKERS,
        # Always allowed to whoever holds a producer: a demoted speaker can still fall silent.
        "producer:close": _ALL,
        "consume": _ALL,
        "consumer:resume": _ALL,
        "consumer:pause": _ALL,
        "consumer:close": _ALL,
        "consumer:keyframe": _ALL,
        "consumer:layers": _ALL,
        "consumer:size": _ALL,
        "consumer:priority": _ALL,
        "produce_data": _SPEAKERS,
        "data_producer:close": _ALL,
        "consume_data": _ALL,
        "data_consumer:close": _ALL,
        "media:toggle": _SPEAKERS,
        "screen:start": _SPEAKERS,
        "screen:stop": _ALL,
        "hand:raise": _ALL,
        "reaction:send": _ALL,
        "presence:set": _ALL,
        # Oneself; others by hosts alone.
        "participant:rename": _ALL,
        # Whoever may not write may read; permissions and features say who may write.
        "chat:send": _ALL,
        "chat:edit": _ALL,
        "chat:delete": _ALL,
        "chat:list": _ALL,
        "poll:create": _SPEAKERS,
        "poll:vote": _ALL,
        # By whoever opened it, whatever they are now.
        "poll:close": _ALL,
        "poll:list": _ALL,
        "poll:answers": _ALL,
        "participant:mute": HOSTS,
        "room:mute_all": HOSTS,
        "participant:ask_unmute": HOSTS,
        "participant:stop_share": HOSTS,
        "hand:lower": HOSTS,
        "hand:lower_all": HOSTS,
        "participant:remove": HOSTS,
        "participant:block": HOSTS,
        "participant:unblock": HOSTS,
        "room:blocks": HOSTS,
        "participant:set_role": _HOST,
        "participant:permit": HOSTS,
        "room:lock": HOSTS,
        "room:features": HOSTS,
        "room:spotlight": HOSTS,
        # By one who waits, and so has no role yet.
        "lobby:leave": _ALL,
        "lobby:list": HOSTS,
        "lobby:admit": HOSTS,
        "lobby:admit_all": HOSTS,
        "lobby:deny": HOSTS,
        "lobby:message": HOSTS,
        "room:lobby": HOSTS,
    }
)
"""Who may ask what. Some are asked before there is a role."""


def may_ask(role: Role, event: str) -> bool:
    """Default deny: a request without a row is nobody's."""
    return role in PERMITTED.get(event, ())
