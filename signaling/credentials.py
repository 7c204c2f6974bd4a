"""A connection outlives its token by a minute and a revoked one not at all (case 46)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Final, Literal
from weakref import WeakKeyDictionary

import structlog

from signaling.counters import Counters
from signaling.identity import Identity, Revoked
from signaling.messages.catalogue import TOKEN_ENDED, TOKEN_EXPIRING
from signaling.messages.token import TokenEnded, TokenExpiring
from signaling.session import Session

LOOK_EVERY_S: Final = 1.0
TELL_BEFORE_S: Final = 60.0
"""So long before its end a client is asked for another token, and so again at the end itself."""

GRACE_S: Final = 60.0
log = structlog.get_logger(__name__)

Stage = Literal["soon", "over"]


class Credentials:
    """Looks at every session once a second. `now` answers seconds since the epoch."""

    def __init__(
        self,
        sessions: Callable[[], Iterable[Session]],
        *,
        revoked: Revoked,
        now: Callable[[], float],
        counters: Counters,
    ) -> None:
        self._sessions = sessions
        self._revoked = revoked
        self._now = now
        self._counters = counters
        self._told: WeakKeyDictionary[Session, tuple[Identity, Stage]] = WeakKeyDictionary()

    async def run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self.look()

    def look(self) -> None:
        for session in list(self._sessions()):
            self._judge(session)

    def left_s(self, session: Session) -> float:
        return session.identity.expires_at - self._now()

    def _judge(self, session: Session) -> None:
        left_s = self.left_s(session)
        if self._revoked(session.identity):
            self._end(session, "revoked")
        elif left_s <= -GRACE_S:
            self._end(session, "expired")
        elif left_s <= 0:
            self._tell(session, "over", left_s)
        elif left_s <= TELL_BEFORE_S:
            self._tell(session, "soon", left_s)

    def _tell(self, session: Session, stage: Stage, left_s: float) -> None:
        said = (session.identity, stage)
        if self._told.get(session) != said:
            self._told[session] = said
            session.tell(TOKEN_EXPIRING, TokenExpiring(expires_in=max(0.0, left_s), ends_in=left_s + GRACE_S))

    def _end(self, session: Session, reason: Literal["expired", "revoked"]) -> None:
        if session.ending:
            return
        self._counters.refused[f"token_{reason}"] += 1
        log.info("token_ended", socket_id=session.id, reason=reason)
        session.tell(TOKEN_ENDED, TokenEnded(reason=reason))
        # Before the connection goes: somebody whose token is over has left and is not waited for.
        session.end(f"token_{reason}")
        session.hang_up(f"token_{reason}")
