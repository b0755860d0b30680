"""Calls that were entered since their process was taken for dead can be told from others."""

import sqlalchemy as sa
from alembic import op

revision = "ledger_0002"
down_revision = "ledger_0001"
branch_labels = depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("calls", sa.Column("lost", sa.Boolean, nullable=False, server_default=sa.false()))
