"""What a finished meeting is scrubbed through: tracks, states of participants, counts by type."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | None = None
depends_on: str | None = None


def _of_a_meeting(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_meeting_id_meetings")
    return sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "tracks",
        sa.Column("meeting_id", sa.String(length=64), nullable=False),
        sa.Column("producer_id", sa.String(length=255), nullable=False),
        sa.Column("participant_id", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("added_at", moment, nullable=True),
        sa.Column("removed_at", moment, nullable=True),
        sa.Column("removed_reason", sa.String(length=64), nullable=True),
        _of_a_meeting("tracks"),
        sa.PrimaryKeyConstraint("meeting_id", "producer_id", name=op.f("pk_tracks")),
    )
    op.create_index(op.f("ix_tracks_meeting_id_participant_id"), "tracks", ["meeting_id", "participant_id"])
    op.create_table(
        "participant_states",
        sa.Column("meeting_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("participant_id", sa.String(length=64), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        _of_a_meeting("participant_states"),
        sa.PrimaryKeyConstraint(
            "meeting_id", "state", "participant_id", "at", "event_id", name=op.f("pk_participant_states")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "meeting_counters",
        sa.Column("meeting_id", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("first_at", moment, nullable=False),
        sa.Column("last_at", moment, nullable=False),
        _of_a_meeting("meeting_counters"),
        sa.PrimaryKeyConstraint("meeting_id", "type", name=op.f("pk_meeting_counters")),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO meeting_counters (meeting_id, type, total, first_at, last_at)"
        " SELECT meeting_id, type, count(*), min(timestamp), max(timestamp) FROM meeting_logs GROUP BY meeting_id, type"
    )
    by_time = ["meeting_id", "timestamp", "sequence"]
    op.create_index(op.f("ix_meeting_logs_meeting_id_timestamp_sequence"), "meeting_logs", by_time)
    op.create_index(op.f("ix_meetings_actual_start_time_id"), "meetings", ["actual_start_time", "id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_meetings_actual_start_time_id"), table_name="meetings")
    op.drop_index(op.f("ix_meeting_logs_meeting_id_timestamp_sequence"), table_name="meeting_logs")
    op.drop_table("meeting_counters")
    op.drop_table("participant_states")
    op.drop_table("tracks")
