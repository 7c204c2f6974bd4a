"""Polls of a meeting, and the answer of each person as it is now."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | None = None
depends_on: str | None = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "polls",
        sa.Column("meeting_id", sa.String(length=64), nullable=False),
        sa.Column("poll_id", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=16), server_default=sa.text("''"), nullable=False),
        sa.Column("question", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("options", JSON, server_default="[]", nullable=False),
        sa.Column("most_choices", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=True),
        sa.Column("anonymous", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("live", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("participant_id", sa.String(length=64), nullable=True),
        sa.Column("user_id", sa.String(length=255), server_default=sa.text("''"), nullable=False),
        sa.Column("display_name", sa.String(length=255), server_default=sa.text("''"), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meetings.id"], name=op.f("fk_polls_meeting_id_meetings"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("meeting_id", "poll_id", name=op.f("pk_polls")),
    )
    with op.batch_alter_table("polls", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_polls_meeting_id_opened_at"), ["meeting_id", "opened_at"], unique=False)
    op.create_table(
        "poll_responses",
        sa.Column("meeting_id", sa.String(length=64), nullable=False),
        sa.Column("poll_id", sa.String(length=64), nullable=False),
        sa.Column("ballot", sa.String(length=255), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.String(length=255), nullable=True),
        sa.Column("display_name", sa.String(length=255), nullable=True),
        sa.Column("choices", JSON, server_default="[]", nullable=False),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meetings.id"], name=op.f("fk_poll_responses_meeting_id_meetings"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("meeting_id", "poll_id", "ballot", name=op.f("pk_poll_responses")),
    )


def downgrade() -> None:
    op.drop_table("poll_responses")
    op.drop_table("polls")
