"""Events with given ids and times, and whole meetings made of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from hypothesis import strategies as st

from persistence.events import (
    AlertFired,
    AlertRecovered,
    AudioMuted,
    AudioUnmuted,
    DominantSpeakerChanged,
    Event,
    HandLowered,
    HandRaised,
    MeetingCreated,
    MeetingEnded,
    MeetingStarted,
    ParticipantBlocked,
    ParticipantDisconnected,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantResumed,
    ParticipantUnblocked,
    Payload,
    PermissionsChanged,
    PollClosed,
    PollCreated,
    PollVoted,
    ReactionSent,
    RecordingStarted,
    RecordingStopped,
    RoleChanged,
    ScreenShareStarted,
    ScreenShareStopped,
    TrackAdded,
    TrackRemoved,
    TranscriptionStarted,
    TranscriptionStopped,
    VideoMuted,
    VideoUnmuted,
)

HAPPENINGS: Final[list[Payload]] = [
    AudioMuted(),
    AudioUnmuted(),
    VideoMuted(),
    VideoUnmuted(),
    ScreenShareStarted(),
    ScreenShareStopped(),
    HandRaised(),
    HandLowered(),
    DominantSpeakerChanged(),
    DominantSpeakerChanged(previous="m-0-0"),
    ReactionSent(reaction="heart"),
    ParticipantDisconnected(),
    ParticipantResumed(away_s=1),
    TrackAdded(producer_id="t1", kind="audio", source="microphone"),
    TrackAdded(producer_id="t2", kind="video", source="camera", paused=True),
    TrackRemoved(producer_id="t1", kind="audio", source="microphone", reason="closed"),
    RecordingStarted(recording_id="r"),
    RecordingStopped(recording_id="r", reason="asked"),
    TranscriptionStarted(transcription_id="t"),
    TranscriptionStopped(transcription_id="t", reason="asked"),
]
"""What a participant may do besides coming and going."""

ALERT: Final = {"rule_id": "r", "endpoint_ids": []}
POLL: Final = {"poll_id": "q", "poll_type": "YesNo", "user_id": "ann", "display_name": "Ann"}

DAWN: Final = datetime(2026, 1, 1, tzinfo=UTC)


def event(number: int, payload: Payload, *, meeting: str = "m", actor: str | None = None) -> Event:
    """The event numbered `number`: its id, and as many seconds after dawn."""
    return Event.of(
        payload,
        event_id=str(UUID(int=number)),
        meeting_id=meeting,
        participant_id=actor,
        timestamp=DAWN + timedelta(seconds=number),
    )


def repeated(meeting: str) -> list[Payload]:
    """What is said twice of one thing, each time in other words: only its time and its id say what counts."""
    alert = {**ALERT, "alert_id": f"{meeting}-alert"}
    return [
        ParticipantJoined(user_id="ann", display_name="Ann again", role="observer"),
        ParticipantLeft(user_id="ann", reason="left"),
        ParticipantLeft(user_id="ann", reason="removed"),
        ParticipantBlocked(user_id="ann", display_name="Ann"),
        ParticipantUnblocked(user_id="ann"),
        TrackAdded(producer_id="t3", kind="audio", source="microphone"),
        TrackAdded(producer_id="t3", kind="video", source="camera"),
        TrackRemoved(producer_id="t3", kind="audio", source="microphone", reason="closed"),
        TrackRemoved(producer_id="t3", kind="video", source="camera", reason="failed"),
        PollCreated(question="Now?", options=["yes", "no"], **POLL),
        PollCreated(question="Later?", options=["no", "yes"], **POLL),
        PollClosed(poll_id="q"),
        AlertFired(name="Media", cause_id="e1", cause_type="worker.died", count=1, **alert),
        AlertFired(name="Audio", cause_id="e2", cause_type="worker.died", count=2, **alert),
        AlertRecovered(name="Media", why="quiet", lasted_s=1, **alert),
        AlertRecovered(name="Audio", why="rule", lasted_s=2, **alert),
    ]


@st.composite
def tangled(draw: st.DrawFn) -> list[Event]:
    """A story in which some things happen at one time and some are said twice, by clocks that are set back."""
    told = draw(stories())
    for meeting in sorted({one.meeting_id for one in told}):
        actor = f"{meeting}-0-0"
        for payload in draw(st.lists(st.sampled_from(repeated(meeting)), max_size=8)):
            told.append(event(len(told), payload, meeting=meeting, actor=actor))
        for revision in range(draw(st.integers(0, 2))):
            vote = PollVoted(poll_id="q", revision=revision + 1, ballot="ann", user_id="ann", choices=[revision])
            told.append(event(len(told), vote, meeting=meeting, actor=actor))
    second, retold = 0, []
    for one in told:
        second += draw(st.sampled_from([0, 0, 1, -2]))
        retold.append(one.model_copy(update={"timestamp": DAWN + timedelta(seconds=second)}))
    return retold


@st.composite
def stories(draw: st.DrawFn) -> list[Event]:
    """What may happen in one or two meetings, in the order it happened: people come, mute, go and come back."""
    told: list[Event] = []
    for meeting in draw(st.sampled_from([["m"], ["m", "n"]])):
        told.append(event(len(told), MeetingCreated(title=f"about {meeting}", creator_id="ann"), meeting=meeting))
        for round_ in range(draw(st.integers(0, 2))):
            told.append(event(len(told), MeetingStarted(title=f"round {round_}"), meeting=meeting))
            for stay in range(draw(st.integers(0, 3))):
                user, actor = draw(st.sampled_from(["ann", "bob"])), f"{meeting}-{round_}-{stay}"
                joined = ParticipantJoined(user_id=user, display_name=f"{user} {stay}", role="host")
                told.append(event(len(told), joined, meeting=meeting, actor=actor))
                for happening in draw(st.lists(st.sampled_from(HAPPENINGS), max_size=4)):
                    told.append(event(len(told), happening, meeting=meeting, actor=actor))
                for role in draw(st.lists(st.sampled_from(["co_host", "observer"]), max_size=2)):
                    changed = RoleChanged(target=actor, user_id=user, from_role="host", to_role=role)
                    told.append(event(len(told), changed, meeting=meeting))
                    permitted = {"can_share_screen": True, "can_use_chat": role == "co_host", "is_presenter": False}
                    permissions = PermissionsChanged(target=actor, user_id=user, **permitted)
                    told.append(event(len(told), permissions, meeting=meeting, actor=actor))
                if draw(st.booleans()):
                    blocked = ParticipantBlocked(user_id=user, display_name=user)
                    told.append(event(len(told), blocked, meeting=meeting, actor=actor))
                if draw(st.booleans()):
                    told.append(event(len(told), ParticipantUnblocked(user_id=user), meeting=meeting, actor=actor))
                if draw(st.booleans()):
                    left = ParticipantLeft(user_id=user, reason="left")
                    told.append(event(len(told), left, meeting=meeting, actor=actor))
            if draw(st.booleans()):
                told.append(event(len(told), MeetingEnded(reason="empty"), meeting=meeting))
    return told
