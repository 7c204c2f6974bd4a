"""`meetings`: what is scheduled and kept (MGT-1)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Index, String, Text, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, enumeration


class MeetingType(StrEnum):
    STUDY_SESSION = "StudySession"
    LECTURE = "Lecture"
    DISCUSSION = "Discussion"
    PRESENTATION = "Presentation"
    WORKSHOP = "Workshop"
    REVIEW = "Review"
    SOCIAL = "Social"
    OFFICE_HOURS = "Office Hours"


class MeetingStatus(StrEnum):
    SCHEDULED = "Scheduled"
    IN_PROGRESS = "InProgress"
    COMPLETED = "Completed"
    CANCELLED = "Cancelled"
    POSTPONED = "Postponed"


class MeetingRow(Base):
    """One meeting. People edit it, which raises `revision`; lifecycle events fill what really happened, which does not.

    Ids of people, groups and projects belong to other services and are kept as they come (MGT-22). `host_id` and
    `creator_id` may be empty: guests hold meetings too (EVT-13). `is_placeholder` marks a parent that an event made
    before the meeting itself was known (EVT-5). `last_sequence` numbers the meeting's events; whoever adds some holds
    this row's lock. Events up to `archived_through` have left the log.
    """

    __tablename__ = "meetings"
    __table_args__ = (
        Index(None, "creator_id"),
        Index(None, "host_id"),
        Index(None, "meeting_type"),
        Index(None, "status"),
        Index(None, "scheduled_start_time"),
        Index(None, "actual_start_time", "id"),
        Index(None, "party_id"),
        Index(None, "guild_id"),
        Index(None, "class_id"),
        Index(None, "subject_id"),
        Index(None, "project_id"),
    )

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    title: Mapped[str] = mapped_column(String(255))
    description: Mapped[str] = mapped_column(Text, server_default=text("''"))
    meeting_type: Mapped[MeetingType] = mapped_column(
        enumeration(MeetingType, name="meeting_type"), server_default=MeetingType.DISCUSSION.value
    )
    status: Mapped[MeetingStatus] = mapped_column(
        enumeration(MeetingStatus, name="meeting_status"), server_default=MeetingStatus.SCHEDULED.value
    )

    creator_id: Mapped[str | None] = mapped_column(String(255))
    host_id: Mapped[str | None] = mapped_column(String(255))
    party_id: Mapped[str | None] = mapped_column(String(255))
    guild_id: Mapped[str | None] = mapped_column(String(255))
    class_id: Mapped[str | None] = mapped_column(String(255))
    subject_id: Mapped[str | None] = mapped_column(String(255))
    project_id: Mapped[str | None] = mapped_column(String(255))
    committees: Mapped[list[Any]] = mapped_column(server_default="[]")

    scheduled_start_time: Mapped[datetime | None]
    scheduled_end_time: Mapped[datetime | None]
    actual_start_time: Mapped[datetime | None]
    actual_end_time: Mapped[datetime | None]
    timezone: Mapped[str] = mapped_column(String(50), server_default="UTC")
    duration_minutes: Mapped[int | None]
    is_recurring: Mapped[bool] = mapped_column(server_default=false())
    recurrence_pattern: Mapped[dict[str, Any] | None]
    occurrences: Mapped[list[Any]] = mapped_column(server_default="[]")

    max_participants: Mapped[int | None]
    current_participants_count: Mapped[int] = mapped_column(server_default=text("0"))
    registrant_count: Mapped[int] = mapped_column(server_default=text("0"))
    guests_allowed: Mapped[bool] = mapped_column(server_default=true())
    password_hash: Mapped[str | None] = mapped_column(String(255))
    lobby: Mapped[bool] = mapped_column(server_default=false())
    features: Mapped[dict[str, Any]] = mapped_column(server_default="{}")

    platform: Mapped[str] = mapped_column(String(50), server_default="folkmoot")
    meeting_url: Mapped[str | None] = mapped_column(Text)
    recording_enabled: Mapped[bool] = mapped_column(server_default=false())
    recording_url: Mapped[str | None] = mapped_column(Text)
    transcript_enabled: Mapped[bool] = mapped_column(server_default=false())

    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column(server_default=text("1"))
    is_placeholder: Mapped[bool] = mapped_column(server_default=false())
    last_sequence: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    archived_through: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
