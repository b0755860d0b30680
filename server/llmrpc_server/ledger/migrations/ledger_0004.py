"""A call's only attempt stands in the call's own row; the view "attempts" has it, and those that have rows apart."""

import sqlalchemy as sa
from alembic import op

revision = "ledger_0004"
down_revision = "ledger_0003"
branch_labels = depends_on = None

_ATTEMPTS = """
CREATE VIEW attempts AS
SELECT
    call_id, number, cause, provider, model, reported_model, provider_request_id, start_us, duration_us, first_token_us,
    reason, http_status, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens,
    audio_input_tokens, audio_output_tokens, usage_source, cost_picos, cost_incomplete, price_version, cost_items
FROM attempts_apart
UNION ALL
SELECT
    call_id, 1, attempt_cause, provider, model, reported_model, provider_request_id, attempt_start_us,
    attempt_duration_us, attempt_first_token_us, attempt_reason, attempt_http_status, input_tokens, output_tokens,
    cache_read_tokens, cache_write_tokens, reasoning_tokens, audio_input_tokens, audio_output_tokens, usage_source,
    cost_picos, cost_incomplete, price_version, cost_items
FROM calls
WHERE attempt_start_us IS NOT NULL
"""


def upgrade() -> None:
    """Add the columns, rename the table, and make the view."""
    for name in ("cause", "start_us", "duration_us", "first_token_us", "reason", "http_status"):
        kind = sa.BigInteger if name.endswith("_us") else sa.Integer
        op.add_column("calls", sa.Column(f"attempt_{name}", kind))
    for name in ("provider_request_id", "cost_items"):
        op.add_column("calls", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.rename_table("attempts", "attempts_apart")
    op.execute(_ATTEMPTS)
