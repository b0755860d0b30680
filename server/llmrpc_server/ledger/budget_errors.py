"""The errors for a call that a budget has no room for."""

from datetime import UTC, datetime

from llmrpc_server import money
from llmrpc_server.access.scopes import Scope, allows
from llmrpc_server.budgets import Period, period_end
from llmrpc_server.call import Call
from llmrpc_server.errors import BudgetExceeded
from llmrpc_server.ledger.entries import Amount, Refusal

_OFTEN = {"hour": "an hour", "day": "a day", "month": "a month", "total": "in all"}


def exceeded(refusal: Refusal, call: Call) -> BudgetExceeded:
    """Make the error for a call that reserved in vain, with the numbers that its caller may see."""
    claim = refusal.claim
    period = claim.period
    often = _OFTEN[claim.renewed]

    def shown(amount: Amount) -> str:
        """Write an amount in what the budget counts."""
        return f"{amount.tokens:,} tokens" if claim.picos is None else money.shown(money.cost(amount.picos))

    limit = shown(Amount(claim.picos or 0, claim.tokens or 0))
    if period.tenant or allows(call.principal.scopes, Scope.ADMIN):
        room = f"of {limit} {often}, {shown(refusal.spent)} spent and {shown(refusal.held)} held for calls under way"
    else:
        # One over all tenants is nobody's own, as ListBudgets has it.
        room = f"of {limit} {often}, which other tenants share, too little is left"
    return BudgetExceeded(
        f'the budget "{period.budget}" of {period.subject} has no room for the worst case of this call, '
        f"{shown(refusal.needed)}: {room}{_renewal(claim.renewed, period)}",
        whose=call.id,
        quotas=((period.subject, period.budget),),
    )


def unpriced(period: Period, model: str, call: Call) -> BudgetExceeded:
    """Make the error for a call under a budget of money whose target, "provider/model", has no price."""
    return BudgetExceeded(
        f'{model} has no known price, and the budget "{period.budget}" is one of money',
        whose=call.id,
        quotas=((period.subject, period.budget),),
    )


def _renewal(renewed: str, period: Period) -> str:
    end_us = period_end(renewed, period.start_us)
    if end_us is None:
        return ""
    return f"; the next {renewed} begins at {datetime.fromtimestamp(end_us / 1e6, UTC):%Y-%m-%d %H:%M} UTC"
