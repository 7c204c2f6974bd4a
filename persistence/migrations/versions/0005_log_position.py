"""A place in the log of all meetings for every event, so that others can follow it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "log_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_head")),
    )
    with op.batch_alter_table("meeting_logs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("position", sa.BigInteger(), nullable=True))
    # What is there already gets its place in the order it was written in.
    op.execute(
        "UPDATE meeting_logs SET position = numbered.place FROM ("
        " SELECT event_id, row_number() OVER (ORDER BY recorded_at, meeting_id, sequence) AS place FROM meeting_logs"
        ") AS numbered WHERE numbered.event_id = meeting_logs.event_id"
    )
    with op.batch_alter_table("meeting_logs", schema=None) as batch_op:
        batch_op.alter_column("position", existing_type=sa.BigInteger(), nullable=False)
        batch_op.create_unique_constraint(batch_op.f("uq_meeting_logs_position"), ["position"])
    op.execute("INSERT INTO log_head (id, position) SELECT 1, coalesce(max(position), 0) FROM meeting_logs")


def downgrade() -> None:
    with op.batch_alter_table("meeting_logs", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_meeting_logs_position"), type_="unique")
        batch_op.drop_column("position")
    op.drop_table("log_head")
