"""What one participant may do beyond their role: permissions of their own, within what the room's features allow.

A token that withholds something is the last word: nobody in the room can give it. Asked when a request is carried out,
never when it comes in, so what was taken away meanwhile is gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from signaling.errors import ErrorCode, SignalingError
from signaling.identity import CAN_SHARE_SCREEN, CAN_USE_CHAT, IS_PRESENTER, Identity
from signaling.roles import HOSTS, Role

if TYPE_CHECKING:
    from signaling.messages.model import Kind
    from signaling.participant import Participant


@dataclass(frozen=True, slots=True)
class Permissions:
    """SIG-13. `is_presenter`: may share, and switch on microphone and camera, where the room lets only hosts."""

    can_share_screen: bool = True
    can_use_chat: bool = True
    is_presenter: bool = False


def granted(identity: Identity, kept: Permissions | None = None) -> Permissions:
    """What somebody comes with; `kept` is what hosts made of it when they were here before."""
    before = kept or Permissions(is_presenter=identity.holds(IS_PRESENTER))
    return Permissions(
        can_share_screen=before.can_share_screen and identity.may(CAN_SHARE_SCREEN),
        can_use_chat=before.can_use_chat and identity.may(CAN_USE_CHAT),
        is_presenter=before.is_presenter and not identity.denies(IS_PRESENTER),
    )


def withheld(identity: Identity) -> frozenset[str]:
    """The permissions that no host can give: the token says no to them."""
    return frozenset(name for name in (CAN_SHARE_SCREEN, CAN_USE_CHAT, IS_PRESENTER) if identity.denies(name))


def presents(participant: Participant) -> bool:
    return participant.role in HOSTS or participant.role is Role.PRESENTER or participant.permissions.is_presenter


def may_share_screen(participant: Participant) -> bool:
    allowed = participant.room.features.screen_share or presents(participant)
    return participant.permissions.can_share_screen and allowed


def may_use_chat(participant: Participant) -> bool:
    """Hosts are heard where chat is switched off for everybody else."""
    allowed = participant.room.features.chat or participant.role in HOSTS
    return participant.permissions.can_use_chat and allowed


def may_react(participant: Participant) -> bool:
    return participant.room.features.reactions or participant.role in HOSTS


def may_switch_on(participant: Participant, kind: Kind) -> bool:
    """Microphone (audio) or camera (video); whoever a host has asked to may do it once."""
    features = participant.room.features
    allowed = features.unmute if kind == "audio" else features.start_video
    return allowed or presents(participant) or kind in participant.asked_to_unmute


_SWITCHED_OFF: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        "audio": "A host has to let you speak here.",
        "video": "A host has to let you switch your camera on here.",
    }
)


def check_switch_on(participant: Participant, kind: Kind) -> None:
    """Raises ACCESS_DENIED."""
    if not may_switch_on(participant, kind):
        raise SignalingError(ErrorCode.ACCESS_DENIED, _SWITCHED_OFF[kind])


def may_act_on(actor: Participant, target: Participant) -> bool:
    """Whether a host or co-host may moderate somebody: hosts only by hosts, hosts of their own right only by such."""
    if target is actor or target.role is not Role.HOST:
        return True
    return actor.role is Role.HOST and (target.own_role is not Role.HOST or actor.own_role is Role.HOST)


def may_undo(actor: Participant, participant_id: str | None, user_id: str | None) -> bool:
    """Whether they may end or take away what somebody made: their own, and as a host others', but for hosts above them.

    `participant_id` and `user_id` are whose it is; they may have left.
    """
    if actor.user_id == user_id:
        return True
    author = actor.room.participants.get(participant_id or "")
    return actor.role in HOSTS and (author is None or may_act_on(actor, author))
