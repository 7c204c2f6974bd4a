"""A log that costs less to write: without the index of its times alone, which only archiving asked."""

from __future__ import annotations

from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    with op.batch_alter_table("meeting_logs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_meeting_logs_timestamp"))


def downgrade() -> None:
    with op.batch_alter_table("meeting_logs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_meeting_logs_timestamp"), ["timestamp"], unique=False)
