"""The ids of the events that times are of: they decide between two of one time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | None = None
depends_on: str | None = None

COLUMNS = {
    "participant_sessions": ("display_name", "role", "permissions", "joined", "left"),
    "meeting_blocks": ("decided",),
    "tracks": ("added", "removed"),
    "polls": ("opened",),
    "alerts": ("fired", "recovered"),
}


def upgrade() -> None:
    for table, facts in COLUMNS.items():
        for fact in facts:
            op.add_column(table, sa.Column(f"{fact}_event_id", sa.String(length=36), nullable=True))


def downgrade() -> None:
    for table, facts in COLUMNS.items():
        with op.batch_alter_table(table) as batch:
            for fact in reversed(facts):
                batch.drop_column(f"{fact}_event_id")
