"""Messages about the lobby, where those wait who are to be let in by a host.

Who waits hears of their own waiting alone, and nothing of the room; hosts hear who waits.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from persistence.events.lobby import MOST_MESSAGE_CHARACTERS
from signaling.messages.model import Id, Request, Told


class LobbyWaiting(Told):
    """The other answer to `room:join`: wait for `lobby:admitted` and ask to join again, or for `lobby:denied`.

    `position` is 1 for whoever waits longest; `timeout_s` is how long one may wait at most.
    """

    waiting: Literal[True]
    waiting_id: str
    meeting_id: str
    title: str
    position: int
    host_present: bool
    timeout_s: float


class LobbyUpdated(Told):
    """To one who waits: their place in the queue, and whether a host is in the meeting."""

    meeting_id: str
    position: int
    host_present: bool


class LobbyAdmittedNotice(Told):
    """To one who waits: `room:join` succeeds now, unless the meeting is full, locked or over."""

    meeting_id: str


class LobbyDeniedNotice(Told):
    """To one who waits, and does so no longer. `reason`: denied, timed_out, replaced, meeting_closed."""

    meeting_id: str
    reason: str


class LobbyMessageNotice(Told):
    """To those who wait: what a host tells them."""

    meeting_id: str
    text: str


class WaitingView(Told):
    """To hosts: somebody who waits, an entry of `waiting[]`, and `lobby:asked`. `asked_at` is RFC 3339, UTC."""

    waiting_id: str
    user_id: str
    display_name: str
    asked_at: str


class LobbyResolved(Told):
    """To hosts: somebody waits no longer. `outcome`: admitted, denied, timed_out, left. `by`: the host who decided."""

    waiting_id: str
    outcome: str
    by: str | None = None


class LobbyLeave(Request):
    """By one who waits."""


class LobbyLeft(Told):
    meeting_id: str


class LobbyList(Request):
    pass


class LobbyListed(Told):
    """Who waits, the longest first."""

    waiting: list[WaitingView]


class LobbyAdmit(Request):
    waiting_id: Id


class LobbyAdmitted(Told):
    waiting_id: str


class LobbyAdmitAll(Request):
    pass


class LobbyAdmittedAll(Told):
    waiting_ids: list[str]


class LobbyDeny(Request):
    """With `block`, whoever comes with their user id is not let in any more."""

    waiting_id: Id
    block: bool = False


class LobbyDenied(Told):
    waiting_id: str


class LobbyMessage(Request):
    """To one of those who wait, or to all of them."""

    text: Annotated[str, Field(min_length=1, max_length=MOST_MESSAGE_CHARACTERS)]
    waiting_id: Id | None = None


class LobbyMessaged(Told):
    waiting_ids: list[str]


class RoomLobby(Request):
    """Switching the lobby off lets in all who wait."""

    enabled: bool


class RoomLobbySet(Told):
    enabled: bool
    by: str
