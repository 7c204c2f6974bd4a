"""Finished meetings in figures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | None = None
depends_on: str | None = None

MEETING = (
    "held_s",
    "participants",
    "average_attendance_s",
    "peak_concurrency",
    "chat_messages",
    "screen_shares",
    "polls",
    "reactions",
    "technical_issues",
    "engagement",
)
PERSON = (
    "attendance_s",
    "microphone_s",
    "camera_s",
    "share_s",
    "speaking_s",
    "chat_messages",
    "poll_votes",
    "reactions",
    "hands_raised",
    "score",
)


def _of_a_meeting(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_meeting_id_meetings")
    return sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "meeting_analytics",
        sa.Column("meeting_id", sa.String(length=64), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in MEETING),
        _of_a_meeting("meeting_analytics"),
        sa.PrimaryKeyConstraint("meeting_id", name=op.f("pk_meeting_analytics")),
    )
    op.create_table(
        "participant_engagement",
        sa.Column("meeting_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=255), nullable=False),
        sa.Column("display_name", sa.String(length=255), server_default=sa.text("''"), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in PERSON),
        _of_a_meeting("participant_engagement"),
        sa.PrimaryKeyConstraint("meeting_id", "user_id", name=op.f("pk_participant_engagement")),
    )


def downgrade() -> None:
    op.drop_table("participant_engagement")
    op.drop_table("meeting_analytics")
