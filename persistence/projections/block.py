"""Who is blocked from a meeting, into `meeting_blocks`."""

from __future__ import annotations

from persistence.dialect import insert_into
from persistence.events import Event, ParticipantBlocked, ParticipantUnblocked
from persistence.tables import MeetingBlockRow

from .order import later
from .registry import Projection
from .scope import Scope

BLOCKS = Projection("blocks", MeetingBlockRow)


@BLOCKS.of(ParticipantBlocked)
async def participant_blocked(scope: Scope, event: Event, payload: ParticipantBlocked) -> None:
    await _decide(scope, event, payload.user_id, blocked=True, display_name=payload.display_name)


@BLOCKS.of(ParticipantUnblocked)
async def participant_unblocked(scope: Scope, event: Event, payload: ParticipantUnblocked) -> None:
    await _decide(scope, event, payload.user_id, blocked=False)


async def _decide(scope: Scope, event: Event, user_id: str, *, blocked: bool, display_name: str = "") -> None:
    """The latest decision counts, in whatever order they are delivered."""
    decision = insert_into(scope.connection, MeetingBlockRow).values(
        meeting_id=event.meeting_id,
        user_id=user_id,
        display_name=display_name,
        blocked=blocked,
        decided_at=event.timestamp,
        decided_event_id=event.event_id,
    )
    await scope.connection.execute(
        decision.on_conflict_do_update(
            index_elements=[MeetingBlockRow.meeting_id, MeetingBlockRow.user_id],
            set_={
                name: decision.excluded[name] for name in ("display_name", "blocked", "decided_at", "decided_event_id")
            },
            where=later(MeetingBlockRow.decided_at, MeetingBlockRow.decided_event_id, decision),
        )
    )
