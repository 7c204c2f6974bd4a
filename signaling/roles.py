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


class Condition(StrEnum):
    """What is asked of somebody beyond the role. Judged where the request is carried out, when it is carried out."""

    MAY_CREATE = "may_create"
    MAY_JOIN = "may_join"
    SAME_PERSON = "same_person"
    MAY_SEND = "may_send"
    MAY_RECEIVE = "may_receive"
    MAY_SHARE = "may_share"
    MAY_SWITCH_ON = "may_switch_on"
    MAY_REACT = "may_react"
    MAY_WRITE = "may_write"
    PRESENTS = "presents"
    AUTHOR = "author"
    OWN_OR_HOST = "own_or_host"
    MAY_SEE = "may_see"
    NOT_ABOVE = "not_above"
    NOT_ITS_OWN_HOST = "not_its_own_host"
    NOT_WITHHELD = "not_withheld"


MEANINGS: Final[Mapping[Condition, str]] = MappingProxyType(
    {
        Condition.MAY_CREATE: "the token lets them make meetings (`room_create`)",
        Condition.MAY_JOIN: "the token lets them into this meeting (`meeting`, `room_join`), and so does its door",
        Condition.SAME_PERSON: "the other token is of the same person, and for the meeting they are in",
        Condition.MAY_SEND: "the token lets them send (`can_publish`)",
        Condition.MAY_RECEIVE: "the token lets them receive (`can_subscribe`)",
        Condition.MAY_SHARE: (
            "a screen: they have `can_share_screen`, and the feature `screen_share` is on or they present"
        ),
        Condition.MAY_SWITCH_ON: (
            "to switch on: the feature `unmute` (`start_video`) is on, they present, or a host asked them to"
        ),
        Condition.MAY_REACT: "the feature `reactions` is on, or they host",
        Condition.MAY_WRITE: "they have `can_use_chat`, and the feature `chat` is on or they host",
        Condition.PRESENTS: "they are host, co-host or presenter, or have `is_presenter`",
        Condition.AUTHOR: "they wrote it",
        Condition.OWN_OR_HOST: "it is their own, or they host and it is no host's above them",
        Condition.MAY_SEE: (
            "they opened it or host, and it is not anonymous; or it is open-ended and its results are shown to them"
        ),
        Condition.NOT_ABOVE: (
            "it is done to no host by a co-host, nor to a host in their own right by one whom others made host"
        ),
        Condition.NOT_ITS_OWN_HOST: "it is done to no host in their own right",
        Condition.NOT_WITHHELD: "it gives nothing that the other's token withholds",
    }
)


class Row:
    """Who may ask: all of these roles, where all of these conditions hold."""

    __slots__ = ("only_if", "roles")

    def __init__(self, roles: frozenset[Role], *only_if: Condition) -> None:
        self.roles = roles
        self.only_if = only_if


_ALL: Final = frozenset(Role)
_HOST: Final = frozenset({Role.HOST})
HOSTS: Final = frozenset({Role.HOST, Role.CO_HOST})
"""Who moderates."""
_SPEAKERS: Final = HOSTS | {Role.PRESENTER, Role.PARTICIPANT}

PERMITTED: Final[Mapping[str, Row]] = MappingProxyType(
    {
        "room:create": Row(_ALL, Condition.MAY_CREATE),
        "room:join": Row(_ALL, Condition.MAY_JOIN),
        "token:refresh": Row(_ALL, Condition.SAME_PERSON),
        "room:leave": Row(_ALL),
        "room:close": Row(_HOST),
        "transport:create": Row(_ALL),
        "transport:connect": Row(_ALL),
        "transport:restart_ice": Row(_ALL),
        "transport:stats": Row(_ALL),
        "produce": Row(_SPEAKERS, Condition.MAY_SEND, Condition.MAY_SHARE),
        "producer:pause": Row(_SPEAKERS),
        "producer:resume": Row(_SPEAKERS, Condition.MAY_SWITCH_ON),
        # Always allowed to whoever holds a producer: a demoted speaker can still fall silent.
        "producer:close": Row(_ALL),
        "consume": Row(_ALL, Condition.MAY_RECEIVE),
        "consumer:resume": Row(_ALL),
        "consumer:pause": Row(_ALL),
        "consumer:close": Row(_ALL),
        "consumer:keyframe": Row(_ALL),
        "consumer:layers": Row(_ALL),
        "consumer:size": Row(_ALL),
        "consumer:priority": Row(_ALL),
        "produce_data": Row(_SPEAKERS, Condition.MAY_SEND),
        "data_producer:close": Row(_ALL),
        "consume_data": Row(_ALL, Condition.MAY_RECEIVE),
        "data_consumer:close": Row(_ALL),
        "media:toggle": Row(_SPEAKERS, Condition.MAY_SWITCH_ON),
        "screen:start": Row(_SPEAKERS, Condition.MAY_SHARE),
        "screen:stop": Row(_ALL),
        "hand:raise": Row(_ALL),
        "reaction:send": Row(_ALL, Condition.MAY_REACT),
        "presence:set": Row(_ALL),
        "participant:rename": Row(_ALL, Condition.OWN_OR_HOST),
        "chat:send": Row(_ALL, Condition.MAY_WRITE),
        "chat:edit": Row(_ALL, Condition.AUTHOR, Condition.MAY_WRITE),
        "chat:delete": Row(_ALL, Condition.OWN_OR_HOST),
        "chat:list": Row(_ALL),
        "poll:create": Row(_SPEAKERS, Condition.PRESENTS),
        "poll:vote": Row(_ALL),
        "poll:close": Row(_ALL, Condition.OWN_OR_HOST),
        "poll:list": Row(_ALL),
        "poll:answers": Row(_ALL, Condition.MAY_SEE),
        "participant:mute": Row(HOSTS, Condition.NOT_ABOVE),
        "room:mute_all": Row(HOSTS),
        "participant:ask_unmute": Row(HOSTS, Condition.NOT_ABOVE),
        "participant:stop_share": Row(HOSTS, Condition.NOT_ABOVE),
        "hand:lower": Row(HOSTS),
        "hand:lower_all": Row(HOSTS),
        "participant:remove": Row(HOSTS, Condition.NOT_ABOVE),
        "participant:block": Row(HOSTS, Condition.NOT_ABOVE, Condition.NOT_ITS_OWN_HOST),
        "participant:unblock": Row(HOSTS),
        "room:blocks": Row(HOSTS),
        "participant:set_role": Row(_HOST, Condition.NOT_ABOVE),
        "participant:permit": Row(HOSTS, Condition.NOT_ABOVE, Condition.NOT_WITHHELD),
        "room:lock": Row(HOSTS),
        "room:features": Row(HOSTS),
        "room:spotlight": Row(HOSTS),
        # By one who waits, and so has no role yet.
        "lobby:leave": Row(_ALL),
        "lobby:list": Row(HOSTS),
        "lobby:admit": Row(HOSTS),
        "lobby:admit_all": Row(HOSTS),
        "lobby:deny": Row(HOSTS),
        "lobby:message": Row(HOSTS),
        "room:lobby": Row(HOSTS),
    }
)
"""Who may ask what, and only if. Some are asked before there is a role."""


def may_ask(role: Role, event: str) -> bool:
    """Default deny: a request without a row is nobody's. Conditions are asked later."""
    row = PERMITTED.get(event)
    return row is not None and role in row.roles
