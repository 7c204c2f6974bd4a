"""What was asked and answered, into `polls` and `poll_responses`: of each person the latest answer counts."""

from __future__ import annotations

from sqlalchemy import case

from persistence.dialect import insert_into
from persistence.events import Event, PollClosed, PollCreated, PollVoted
from persistence.tables import PollResponseRow, PollRow

from .order import earlier
from .registry import Projection
from .scope import Scope

POLLS = Projection("polls", PollRow, PollResponseRow)


@POLLS.of(PollCreated)
async def poll_created(scope: Scope, event: Event, payload: PollCreated) -> None:
    """Should one be asked twice, the first question counts."""
    values = {
        **payload.model_dump(mode="json", exclude={"poll_type", "poll_id"}),
        "type": payload.poll_type,
        "participant_id": event.participant_id,
        "opened_at": event.timestamp,
        "opened_event_id": event.event_id,
    }
    created = insert_into(scope.connection, PollRow).values(
        meeting_id=event.meeting_id, poll_id=payload.poll_id, **values
    )
    await scope.connection.execute(
        created.on_conflict_do_update(
            index_elements=[PollRow.meeting_id, PollRow.poll_id],
            set_={name: created.excluded[name] for name in values},
            where=earlier(PollRow.opened_at, PollRow.opened_event_id, created),
        )
    )


@POLLS.of(PollVoted)
async def poll_voted(scope: Scope, event: Event, payload: PollVoted) -> None:
    values = payload.model_dump(mode="json", exclude={"poll_id", "ballot"})
    voted = insert_into(scope.connection, PollResponseRow).values(
        meeting_id=event.meeting_id, poll_id=payload.poll_id, ballot=payload.ballot, **values
    )
    await scope.connection.execute(
        voted.on_conflict_do_update(
            index_elements=[PollResponseRow.meeting_id, PollResponseRow.poll_id, PollResponseRow.ballot],
            set_={name: voted.excluded[name] for name in values},
            where=PollResponseRow.revision < voted.excluded.revision,
        )
    )


@POLLS.of(PollClosed)
async def poll_closed(scope: Scope, event: Event, payload: PollClosed) -> None:
    """Its first end counts."""
    closed = insert_into(scope.connection, PollRow).values(
        meeting_id=event.meeting_id, poll_id=payload.poll_id, closed_at=event.timestamp
    )
    first = case((PollRow.closed_at < closed.excluded.closed_at, PollRow.closed_at), else_=closed.excluded.closed_at)
    await scope.connection.execute(
        closed.on_conflict_do_update(index_elements=[PollRow.meeting_id, PollRow.poll_id], set_={"closed_at": first})
    )
