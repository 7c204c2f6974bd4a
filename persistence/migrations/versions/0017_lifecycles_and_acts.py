"""What was read from the log and stays when that is archived: lifecycles of meetings, acts of participants."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | None = None
depends_on: str | None = None


def _of_a_meeting(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_meeting_id_meetings")
    return sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "meeting_lifecycles",
        sa.Column("meeting_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=True),
        sa.Column("creator_id", sa.String(length=255), nullable=True),
        _of_a_meeting("meeting_lifecycles"),
        sa.PrimaryKeyConstraint("meeting_id", "at", "event_id", name=op.f("pk_meeting_lifecycles")),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO meeting_lifecycles (meeting_id, at, event_id, type, title, creator_id)"
        " SELECT meeting_id, timestamp, CAST(event_id AS VARCHAR(36)), type, payload->>'title', payload->>'creator_id'"
        " FROM meeting_logs WHERE type IN ('meeting.created', 'meeting.started', 'meeting.ended')"
    )
    op.create_table(
        "participant_acts",
        sa.Column("meeting_id", sa.String(length=64), nullable=False),
        sa.Column("participant_id", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        _of_a_meeting("participant_acts"),
        sa.PrimaryKeyConstraint("meeting_id", "participant_id", "type", name=op.f("pk_participant_acts")),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO participant_acts (meeting_id, participant_id, type, total)"
        " SELECT meeting_id, participant_id, type, count(*) FROM meeting_logs"
        " WHERE type IN ('chat.message_sent', 'poll.voted', 'reaction.sent', 'hand.raised')"
        " AND participant_id IS NOT NULL GROUP BY meeting_id, participant_id, type"
    )


def downgrade() -> None:
    op.drop_table("participant_acts")
    op.drop_table("meeting_lifecycles")
