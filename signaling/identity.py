"""Who is at the other end of a connection, as its token says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from signaling.roles import Role

ROOM_CREATE: Final = "room_create"
ROOM_JOIN: Final = "room_join"
CAN_PUBLISH: Final = "can_publish"
CAN_SUBSCRIBE: Final = "can_subscribe"
CAN_SHARE_SCREEN: Final = "can_share_screen"
CAN_USE_CHAT: Final = "can_use_chat"
IS_PRESENTER: Final = "is_presenter"
RECORDER: Final = "recorder"
"""To tell what is recorded and transcribed of the one meeting the token is for."""

GUEST: Final = "guest:"
"""How the user ids of people without an account begin; nobody else's do."""

_MUST_BE_GRANTED: Final = frozenset({ROOM_CREATE})


@dataclass(frozen=True, slots=True)
class Identity:
    """The verified claims of a token (PROTOCOL, "Tokens").

    `meeting` is the one meeting the token is limited to; `grants` is None when the token carries none;
    `expires_at` is in seconds since the epoch. Revoking one of `token_ids` revokes the token; `sign_in` is the one it
    came from, None for tokens of guests and of other issuers.
    """

    user_id: str
    name: str
    meeting: str | None = None
    role: Role | None = None
    operator: bool = False
    grants: Mapping[str, Any] | None = None
    expires_at: float = float("inf")
    token_ids: frozenset[str] = frozenset()
    sign_in: str | None = None

    @property
    def is_guest(self) -> bool:
        return self.user_id.startswith(GUEST)

    def may(self, grant: str) -> bool:
        """Whether the token allows it.

        A token that lists grants withholds `room_create` unless it says otherwise, and allows the rest unless it says
        otherwise. One that lists none allows all, except that being limited to a meeting excludes making others.
        """
        if self.grants is None:
            return grant not in _MUST_BE_GRANTED or self.meeting is None
        return self.grants.get(grant, grant not in _MUST_BE_GRANTED) is True

    def holds(self, grant: str) -> bool:
        """Whether the token names the grant itself."""
        return self.grants is not None and self.grants.get(grant) is True

    def denies(self, grant: str) -> bool:
        """Whether the token names the grant and says no."""
        return self.grants is not None and self.grants.get(grant, True) is not True


Authenticate = Callable[[str], Awaitable[Identity]]
"""From a token to whom it names; raises for whatever is wrong with it."""

Revoked = Callable[[Identity], bool]
"""Whether the token somebody came with is over before its time."""


async def nobody(_token: str) -> Identity:
    """Takes no token at all."""
    raise PermissionError


def never_revoked(_identity: Identity) -> bool:
    return False
