"""What people send, into `tracks`."""

from __future__ import annotations

from functools import cache

from sqlalchemy import case

from persistence.dialect import Insert, insert_for
from persistence.events import Event, TrackAdded, TrackRemoved
from persistence.tables import TrackRow as Track

from .order import earlier, later
from .registry import Projection
from .scope import Scope

TRACKS = Projection("tracks", Track)


@TRACKS.of(TrackAdded)
async def track_added(scope: Scope, event: Event, payload: TrackAdded) -> None:
    """Should one begin twice, its earliest beginning counts."""
    scope.write(
        _added,
        meeting_id=event.meeting_id,
        participant_id=event.participant_id,
        added_at=event.timestamp,
        added_event_id=event.event_id,
        **payload.model_dump(exclude={"paused"}),
    )


@TRACKS.of(TrackRemoved)
async def track_removed(scope: Scope, event: Event, payload: TrackRemoved) -> None:
    """Its latest end counts, and says what it was while its beginning is unknown."""
    scope.write(
        _removed,
        meeting_id=event.meeting_id,
        participant_id=event.participant_id,
        removed_at=event.timestamp,
        removed_event_id=event.event_id,
        removed_reason=payload.reason,
        **payload.model_dump(exclude={"reason"}),
    )


@cache
def _added(dialect: str) -> Insert:
    added = insert_for(dialect, Track)
    given = ("participant_id", "kind", "source", "added_at", "added_event_id")
    return added.on_conflict_do_update(
        index_elements=[Track.meeting_id, Track.producer_id],
        set_={name: added.excluded[name] for name in given},
        where=earlier(Track.added_at, Track.added_event_id, added),
    )


@cache
def _removed(dialect: str) -> Insert:
    removed = insert_for(dialect, Track)
    return removed.on_conflict_do_update(
        index_elements=[Track.meeting_id, Track.producer_id],
        set_={
            **{name: removed.excluded[name] for name in ("removed_at", "removed_event_id", "removed_reason")},
            **{
                name: case((Track.added_at.is_(None), removed.excluded[name]), else_=getattr(Track, name))
                for name in ("participant_id", "kind", "source")
            },
        },
        where=later(Track.removed_at, Track.removed_event_id, removed),
    )
