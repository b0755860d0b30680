"""Which budgets a call counts against, and the periods of each."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from llmrpc_server.budgets.claims import Claim, Period
from llmrpc_server.config import BudgetSettings
from llmrpc_server.config.budgets import EVERY


class Budgets:
    """The configuration's budgets."""

    def __init__(self, settings: Sequence[BudgetSettings]) -> None:
        self.settings = settings

    def claims(
        self, *, tenant: str, user: str, key: str, labels: Mapping[str, str], start_us: int
    ) -> tuple[Claim, ...]:
        """Return the budgets that a call counts against; "" is no user and no key."""
        found = []
        for budget in self.settings:
            subject = _subject(budget, tenant=tenant, user=user, key=key, labels=labels)
            if subject is not None:
                within = tenant if budget.tenant is not None else ""
                period = Period(budget.name, within, subject, period_start(budget.period, start_us))
                found.append(Claim(period, budget.picos, budget.tokens, budget.hard, budget.period))
        return tuple(found)


def _subject(budget: BudgetSettings, *, tenant: str, user: str, key: str, labels: Mapping[str, str]) -> str | None:
    """Name what a budget binds of a call; None: it does not bind it."""
    if budget.tenant not in (None, EVERY, tenant):
        return None
    for kind, wanted, value in (("user", budget.user, user), ("key", budget.key, key)):
        if wanted is not None:
            return f"{kind}:{value}" if value and wanted in (EVERY, value) else None
    if budget.label is not None:
        name, _, wanted = budget.label.partition("=")
        value = labels.get(name, "")
        return f"label:{name}={value}" if value and wanted in ("", EVERY, value) else None
    return "all" if budget.tenant is None else f"tenant:{tenant}"


def period_start(period: str, moment_us: int) -> int:
    """Return when the period began that a moment lies in, in microseconds since 1970; 0 for "total"."""
    if period == "total":
        return 0
    moment = datetime.fromtimestamp(moment_us / 1e6, UTC)
    begun = moment.replace(minute=0, second=0, microsecond=0)
    if period != "hour":
        begun = begun.replace(hour=0)
    if period == "month":
        begun = begun.replace(day=1)
    return int(begun.timestamp()) * 1_000_000


def period_end(period: str, start_us: int) -> int | None:
    """Return when the next period begins; None for "total"."""
    if period == "total":
        return None
    begun = datetime.fromtimestamp(start_us / 1e6, UTC)
    if period == "month":
        following = (begun + timedelta(days=32)).replace(day=1)
    else:
        following = begun + (timedelta(hours=1) if period == "hour" else timedelta(days=1))
    return int(following.timestamp()) * 1_000_000
