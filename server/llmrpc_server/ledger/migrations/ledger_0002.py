"""Calls of processes that were taken for dead can be told from others; the texts of calls have a table."""

import sqlalchemy as sa
from alembic import op

revision = "ledger_0002"
down_revision = "ledger_0001"
branch_labels = depends_on = None


def upgrade() -> None:
    """Add the column and the table."""
    op.add_column("calls", sa.Column("lost", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_table(
        "texts",
        sa.Column("call_id", sa.Text, primary_key=True),
        sa.Column("stored_us", sa.BigInteger, nullable=False),
        sa.Column("request", sa.Text, nullable=False, server_default=""),
        sa.Column("answer", sa.Text, nullable=False, server_default=""),
        sa.Column("truncated", sa.Boolean, nullable=False),
    )
    op.create_index("ix_texts_stored_us", "texts", ["stored_us"])
