"""Meetings, participants and their events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "failed_events",
        sa.Column("id", sa.String(length=96), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=True),
        sa.Column("meeting_id", sa.String(length=64), nullable=True),
        sa.Column("type", sa.String(length=64), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_events")),
    )
    with op.batch_alter_table("failed_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_failed_events_event_id"), ["event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_failed_events_failed_at"), ["failed_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_failed_events_meeting_id"), ["meeting_id"], unique=False)

    op.create_table(
        "journal_position",
        sa.Column("journal_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("journal_id", name=op.f("pk_journal_position")),
    )
    op.create_table(
        "meetings",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column(
            "meeting_type",
            sa.Enum(
                "StudySession",
                "Lecture",
                "Discussion",
                "Presentation",
                "Workshop",
                "Review",
                "Social",
                "Office Hours",
                name="meeting_type",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="Discussion",
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "Scheduled",
                "InProgress",
                "Completed",
                "Cancelled",
                "Postponed",
                name="meeting_status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="Scheduled",
            nullable=False,
        ),
        sa.Column("creator_id", sa.String(length=255), nullable=True),
        sa.Column("host_id", sa.String(length=255), nullable=True),
        sa.Column("party_id", sa.String(length=255), nullable=True),
        sa.Column("guild_id", sa.String(length=255), nullable=True),
        sa.Column("class_id", sa.String(length=255), nullable=True),
        sa.Column("subject_id", sa.String(length=255), nullable=True),
        sa.Column("project_id", sa.String(length=255), nullable=True),
        sa.Column("committees", JSON, server_default="[]", nullable=False),
        sa.Column("scheduled_start_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("scheduled_end_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("actual_start_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("actual_end_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("timezone", sa.String(length=50), server_default="UTC", nullable=False),
        sa.Column("duration_minutes", sa.Integer(), nullable=True),
        sa.Column("is_recurring", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("recurrence_pattern", JSON, nullable=True),
        sa.Column("occurrences", JSON, server_default="[]", nullable=False),
        sa.Column("max_participants", sa.Integer(), nullable=True),
        sa.Column("current_participants_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("registrant_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("guests_allowed", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("platform", sa.String(length=50), server_default="folkmoot", nullable=False),
        sa.Column("meeting_url", sa.Text(), nullable=True),
        sa.Column("recording_enabled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("recording_url", sa.Text(), nullable=True),
        sa.Column("transcript_enabled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("is_placeholder", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meetings")),
    )
    with op.batch_alter_table("meetings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_meetings_class_id"), ["class_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_meetings_creator_id"), ["creator_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_meetings_guild_id"), ["guild_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_meetings_host_id"), ["host_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_meetings_meeting_type"), ["meeting_type"], unique=False)
        batch_op.create_index(batch_op.f("ix_meetings_party_id"), ["party_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_meetings_project_id"), ["project_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_meetings_scheduled_start_time"), ["scheduled_start_time"], unique=False)
        batch_op.create_index(batch_op.f("ix_meetings_status"), ["status"], unique=False)
        batch_op.create_index(batch_op.f("ix_meetings_subject_id"), ["subject_id"], unique=False)

    op.create_table(
        "meeting_logs",
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("meeting_id", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("participant_id", sa.String(length=64), nullable=True),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meetings.id"], name=op.f("fk_meeting_logs_meeting_id_meetings"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_meeting_logs")),
        sa.UniqueConstraint("meeting_id", "sequence", name=op.f("uq_meeting_logs_meeting_id_sequence")),
    )
    with op.batch_alter_table("meeting_logs", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_meeting_logs_meeting_id_participant_id_sequence"),
            ["meeting_id", "participant_id", "sequence"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_meeting_logs_meeting_id_type_sequence"), ["meeting_id", "type", "sequence"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_meeting_logs_timestamp"), ["timestamp"], unique=False)

    op.create_table(
        "participant_sessions",
        sa.Column("meeting_id", sa.String(length=64), nullable=False),
        sa.Column("participant_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=255), nullable=False),
        sa.Column("display_name", sa.String(length=255), server_default=sa.text("''"), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=True),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_reason", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["meeting_id"],
            ["meetings.id"],
            name=op.f("fk_participant_sessions_meeting_id_meetings"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("meeting_id", "participant_id", name=op.f("pk_participant_sessions")),
    )
    with op.batch_alter_table("participant_sessions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_participant_sessions_meeting_id_user_id"), ["meeting_id", "user_id"], unique=False
        )

    op.create_table(
        "participants",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("meeting_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=255), nullable=False),
        sa.Column("display_name", sa.String(length=255), server_default=sa.text("''"), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "Invited",
                "Accepted",
                "Declined",
                "Tentative",
                "Attended",
                "NoShow",
                name="participation_status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="Invited",
            nullable=False,
        ),
        sa.Column("permissions", JSON, nullable=True),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("total_duration_s", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meetings.id"], name=op.f("fk_participants_meeting_id_meetings"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participants")),
        sa.UniqueConstraint("meeting_id", "user_id", name=op.f("uq_participants_meeting_id_user_id")),
    )
    with op.batch_alter_table("participants", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_participants_status"), ["status"], unique=False)
        batch_op.create_index(batch_op.f("ix_participants_user_id"), ["user_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("participants", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_participants_user_id"))
        batch_op.drop_index(batch_op.f("ix_participants_status"))

    op.drop_table("participants")
    with op.batch_alter_table("participant_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_participant_sessions_meeting_id_user_id"))

    op.drop_table("participant_sessions")
    with op.batch_alter_table("meeting_logs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_meeting_logs_timestamp"))
        batch_op.drop_index(batch_op.f("ix_meeting_logs_meeting_id_type_sequence"))
        batch_op.drop_index(batch_op.f("ix_meeting_logs_meeting_id_participant_id_sequence"))

    op.drop_table("meeting_logs")
    with op.batch_alter_table("meetings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_meetings_subject_id"))
        batch_op.drop_index(batch_op.f("ix_meetings_status"))
        batch_op.drop_index(batch_op.f("ix_meetings_scheduled_start_time"))
        batch_op.drop_index(batch_op.f("ix_meetings_project_id"))
        batch_op.drop_index(batch_op.f("ix_meetings_party_id"))
        batch_op.drop_index(batch_op.f("ix_meetings_meeting_type"))
        batch_op.drop_index(batch_op.f("ix_meetings_host_id"))
        batch_op.drop_index(batch_op.f("ix_meetings_guild_id"))
        batch_op.drop_index(batch_op.f("ix_meetings_creator_id"))
        batch_op.drop_index(batch_op.f("ix_meetings_class_id"))

    op.drop_table("meetings")
    op.drop_table("journal_position")
    with op.batch_alter_table("failed_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_failed_events_meeting_id"))
        batch_op.drop_index(batch_op.f("ix_failed_events_failed_at"))
        batch_op.drop_index(batch_op.f("ix_failed_events_event_id"))

    op.drop_table("failed_events")
