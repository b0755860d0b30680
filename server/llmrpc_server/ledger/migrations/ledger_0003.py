"""The index of calls that the hourly sums do not have yet holds those alone."""

import sqlalchemy as sa
from alembic import op

revision = "ledger_0003"
down_revision = "ledger_0002"
branch_labels = depends_on = None


def upgrade() -> None:
    """Make it anew."""
    op.drop_index("calls_not_summed", "calls")
    waiting = sa.column("summed", sa.Boolean).is_(False)
    op.create_index("calls_not_summed", "calls", ["start_us"], sqlite_where=waiting, postgresql_where=waiting)
