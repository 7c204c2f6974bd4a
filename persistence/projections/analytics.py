"""A finished meeting in figures, into `meeting_analytics` and `participant_engagement` (MGT-11).

There are none while it lasts: they would have to be made anew with every event. Whoever asks meanwhile has them made
(`History.analytics`).
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, delete, insert, select

from persistence.engagement import ACTS, ISSUES
from persistence.events import (
    AudioMuted,
    AudioUnmuted,
    DominantSpeakerChanged,
    Event,
    MeetingEnded,
    MeetingStarted,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantRenamed,
    PollCreated,
    RecordingStarted,
    RecordingStopped,
    ScreenShareStarted,
    ScreenShareStopped,
    VideoMuted,
    VideoUnmuted,
)
from persistence.figures import read_figures
from persistence.tables import MeetingAnalyticsRow, MeetingRow, MeetingStatus, ParticipantEngagementRow

from .registry import Projection
from .scope import Scope

ANALYTICS = Projection("analytics", MeetingAnalyticsRow, ParticipantEngagementRow)

_COUNTED: Final = frozenset(
    {
        *ACTS,
        *ISSUES,
        *(
            payload.type
            for payload in (
                AudioMuted,
                AudioUnmuted,
                DominantSpeakerChanged,
                MeetingEnded,
                MeetingStarted,
                ParticipantJoined,
                ParticipantLeft,
                ParticipantRenamed,
                PollCreated,
                RecordingStarted,
                RecordingStopped,
                ScreenShareStarted,
                ScreenShareStopped,
                VideoMuted,
                VideoUnmuted,
            )
        ),
    }
)

_MEETINGS: Final = select(MeetingRow.id, MeetingRow.status, MeetingRow.actual_end_time).where(
    MeetingRow.id.in_(bindparam("meetings", expanding=True))
)
_FORGET: Final = tuple(
    delete(table).where(table.meeting_id == bindparam("meeting"))
    for table in (MeetingAnalyticsRow, ParticipantEngagementRow)
)


@ANALYTICS.of_each
def counted(scope: Scope, event: Event) -> None:
    if event.type in _COUNTED:
        scope.figured.add(event.meeting_id)


async def refresh_figures(scope: Scope) -> None:
    """After everything they are made of."""
    if not scope.figured:
        return
    for meeting in sorted(await scope.connection.execute(_MEETINGS, {"meetings": sorted(scope.figured)})):
        is_over = meeting.status == MeetingStatus.COMPLETED and meeting.actual_end_time is not None
        if is_over or meeting.id in scope.lifecycles:
            for statement in _FORGET:
                await scope.connection.execute(statement, {"meeting": meeting.id})
        if not is_over:
            continue
        whole, people = await read_figures(scope.connection, meeting.id, until=meeting.actual_end_time)
        await scope.connection.execute(insert(MeetingAnalyticsRow).values(meeting_id=meeting.id, **whole.model_dump()))
        if people:
            rows = [{"meeting_id": meeting.id, **person.model_dump()} for person in people]
            await scope.connection.execute(insert(ParticipantEngagementRow), rows)
