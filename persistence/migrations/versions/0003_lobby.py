"""What a meeting lets people do, its lobby, whom it keeps out, and what hosts made of people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("meetings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("lobby", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("features", JSON, server_default="{}", nullable=False))
    with op.batch_alter_table("participant_sessions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("role_changed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("permissions", JSON, nullable=True))
        batch_op.add_column(sa.Column("permissions_changed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "meeting_blocks",
        sa.Column("meeting_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=255), nullable=False),
        sa.Column("display_name", sa.String(length=255), server_default=sa.text("''"), nullable=False),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meetings.id"], name=op.f("fk_meeting_blocks_meeting_id_meetings"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("meeting_id", "user_id", name=op.f("pk_meeting_blocks")),
    )


def downgrade() -> None:
    op.drop_table("meeting_blocks")
    with op.batch_alter_table("participant_sessions", schema=None) as batch_op:
        batch_op.drop_column("permissions_changed_at")
        batch_op.drop_column("permissions")
        batch_op.drop_column("role_changed_at")
    with op.batch_alter_table("meetings", schema=None) as batch_op:
        batch_op.drop_column("features")
        batch_op.drop_column("lobby")
