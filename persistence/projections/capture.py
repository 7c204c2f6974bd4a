"""Recordings and transcriptions into `captures`: the first beginning and the last end that were told of each."""

from __future__ import annotations

from functools import cache
from typing import Literal

from sqlalchemy import or_

from persistence.dialect import Insert, insert_for
from persistence.events import (
    Event,
    RecordingStarted,
    RecordingStopped,
    TranscriptionStarted,
    TranscriptionStopped,
)
from persistence.tables import CaptureRow

from .registry import Projection
from .scope import Scope

CAPTURES = Projection("captures", CaptureRow)


@CAPTURES.of(RecordingStarted)
async def recording_started(scope: Scope, event: Event, payload: RecordingStarted) -> None:
    _begin(scope, event, "recording", payload.recording_id)


@CAPTURES.of(RecordingStopped)
async def recording_stopped(scope: Scope, event: Event, payload: RecordingStopped) -> None:
    _end(scope, event, "recording", payload.recording_id)


@CAPTURES.of(TranscriptionStarted)
async def transcription_started(scope: Scope, event: Event, payload: TranscriptionStarted) -> None:
    _begin(scope, event, "transcription", payload.transcription_id)


@CAPTURES.of(TranscriptionStopped)
async def transcription_stopped(scope: Scope, event: Event, payload: TranscriptionStopped) -> None:
    _end(scope, event, "transcription", payload.transcription_id)


_Kind = Literal["recording", "transcription"]


def _begin(scope: Scope, event: Event, kind: _Kind, capture_id: str) -> None:
    key = {"meeting_id": event.meeting_id, "kind": kind, "capture_id": capture_id}
    scope.write(_started, **key, started_at=event.timestamp)


def _end(scope: Scope, event: Event, kind: _Kind, capture_id: str) -> None:
    key = {"meeting_id": event.meeting_id, "kind": kind, "capture_id": capture_id}
    scope.write(_stopped, **key, stopped_at=event.timestamp)


@cache
def _started(dialect: str) -> Insert:
    told = insert_for(dialect, CaptureRow)
    known, new = CaptureRow.started_at, told.excluded.started_at
    return told.on_conflict_do_update(
        index_elements=list(CaptureRow.__table__.primary_key),
        set_={"started_at": new},
        where=or_(known.is_(None), new < known),
    )


@cache
def _stopped(dialect: str) -> Insert:
    told = insert_for(dialect, CaptureRow)
    known, new = CaptureRow.stopped_at, told.excluded.stopped_at
    return told.on_conflict_do_update(
        index_elements=list(CaptureRow.__table__.primary_key),
        set_={"stopped_at": new},
        where=or_(known.is_(None), new > known),
    )
