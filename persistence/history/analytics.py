"""A meeting in figures (MGT-11), as `persistence.engagement` defines them."""

from __future__ import annotations

from persistence.reader import Answer


class MeetingAnalytics(Answer):
    """Durations in seconds; `engagement` from 0 to 100."""

    held_s: int
    participants: int
    average_attendance_s: int
    peak_concurrency: int
    chat_messages: int
    screen_shares: int
    polls: int
    reactions: int
    technical_issues: int
    engagement: int


class Engagement(Answer):
    """One person. Durations in seconds; `score` from 0 to 100."""

    user_id: str
    display_name: str
    attendance_s: int
    microphone_s: int
    camera_s: int
    share_s: int
    speaking_s: int
    chat_messages: int
    poll_votes: int
    reactions: int
    hands_raised: int
    score: int


class Analytics(Answer):
    """`is_final` once the meeting is over; until then the figures are those of now."""

    is_final: bool
    meeting: MeetingAnalytics
    participants: list[Engagement]
