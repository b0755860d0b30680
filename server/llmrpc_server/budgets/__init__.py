"""How much may be spent: the configuration's budgets, and which of them a call counts against."""

from llmrpc_server.budgets.budgets import Budgets, period_end, period_start
from llmrpc_server.budgets.claims import Claim, Period

__all__ = ["Budgets", "Claim", "Period", "period_end", "period_start"]
