"""When meetings were recorded and transcribed, and for how long."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "captures",
        sa.Column("meeting_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("capture_id", sa.String(length=255), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meetings.id"], name=op.f("fk_captures_meeting_id_meetings"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("meeting_id", "kind", "capture_id", name=op.f("pk_captures")),
    )
    # Nothing was recorded before there was a fact that could say so.
    recorded = sa.Column("recording_s", sa.Integer(), server_default=sa.text("0"), nullable=False)
    op.add_column("meeting_analytics", recorded)


def downgrade() -> None:
    with op.batch_alter_table("meeting_analytics") as table:
        table.drop_column("recording_s")
    op.drop_table("captures")
