"""Events with given ids and times, and whole meetings made of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from hypothesis import strategies as st

from persistence.events import (
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
    ReactionSent,
    RoleChanged,
    ScreenShareStarted,
    ScreenShareStopped,
    TrackAdded,
    TrackRemoved,
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
]
"""What a participant may do besides coming and going."""

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
