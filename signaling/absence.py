"""Those whose connection was lost: kept in the room for a while, and carried on by the one they come back with.

A lost session goes on without a line: its task still does what workers and hosts bring about, as for anybody else. On
coming back, the newer session first waits for that task to end, so that a participant's tables never have two writers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from persistence.events import ConferenceJoined, ParticipantDisconnected, ParticipantResumed
from signaling.admission import role_of
from signaling.errors import ErrorCode, SignalingError
from signaling.messages import catalogue
from signaling.participant import key_of
from signaling.permissions import granted, withheld

if TYPE_CHECKING:
    from signaling.closing import Closing
    from signaling.participant import Participant
    from signaling.rooms import Registry
    from signaling.session import Session

log = structlog.get_logger(__name__)


class Absences:
    """`within_s` is how long somebody is waited for; `clock` is in seconds."""

    def __init__(
        self,
        *,
        registry: Registry,
        closing: Closing,
        new_id: Callable[[], str],
        within_s: float,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._registry = registry
        self._closing = closing
        self._new_id = new_id
        self._clock = clock or (lambda: asyncio.get_running_loop().time())
        self.within_s = within_s

    async def begin(self, session: Session) -> None:
        """The connection of somebody in a room is gone: the others see it, and their media is left as it is."""
        participant = session.participant
        if participant is None or participant.gone:
            return
        participant.away_since = self._clock()
        log.info(
            "participant_disconnected",
            participant_id=participant.id,
            meeting_id=participant.room.id,
            socket_id=session.id,
        )
        participant.room.tell(catalogue.PARTICIPANT_UPDATED, participant.view(), but=participant)
        await self._closing.try_record(participant.room, [(ParticipantDisconnected(), participant.id)])

    async def claim(self, session: Session, meeting_id: str, token: str | None) -> Participant | None:
        """Whoever holds the token, released by the session they had; None when nobody does any more.

        A token serves once, its own user and its own room. Raises CONFLICT for one that has served, as long as the
        connection it served stands; once that is lost too, its answer may never have arrived, and the token is heard
        again.
        """
        if token is None or (participant := self._holder(session, meeting_id, token)) is None:
            return None
        participant.used_key = key_of(token)
        participant.give_token(self._new_id())
        before, participant.successor = participant.successor or participant.session, session
        if not before.lost:
            before.replace()
        await before.release_to(session)
        return None if participant.gone else participant

    async def end(self, participant: Participant, session: Session) -> None:
        """They are back. Recorded, then theirs is the new session, in one step. Raises PersistenceError."""
        away_s = 0.0 if participant.away_since is None else self._clock() - participant.away_since
        await self._closing.record(
            participant.room,
            [
                (
                    ConferenceJoined(
                        user_id=participant.user_id,
                        display_name=participant.display_name,
                        resumed=True,
                        client=session.client,
                        resume_key=participant.resume_key,
                    ),
                    participant.id,
                ),
                (ParticipantResumed(away_s=round(away_s, 3)), participant.id),
            ],
        )
        if participant.gone:
            raise SignalingError(ErrorCode.UNAVAILABLE, "You are not in the meeting any more.")
        participant.session.participant = None
        session.gate = participant.session.gate
        participant.session, session.participant = session, participant
        participant.away_since = None
        # The token they come with now has the last word, not the one they came with first.
        participant.own_role = role_of(session.identity, participant.room.meeting)
        participant.permissions = granted(session.identity, participant.permissions)
        participant.withheld = withheld(session.identity)
        log.info("participant_resumed", participant_id=participant.id, meeting_id=participant.room.id, away_s=away_s)

    def _holder(self, session: Session, meeting_id: str, token: str) -> Participant | None:
        room = self._registry.get(meeting_id)
        if room is None or room.closed:
            return None
        key = key_of(token)
        for participant in room.participants.values():
            if participant.user_id != session.identity.user_id:
                continue
            if participant.resume_key == key:
                return participant
            if participant.used_key == key:
                if (participant.successor or participant.session).lost:
                    return participant
                raise SignalingError(ErrorCode.CONFLICT, "Another connection carries you on in this meeting.")
        return None
