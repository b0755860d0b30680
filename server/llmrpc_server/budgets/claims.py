"""What a call counts against: a budget, over one period of it, for one subject."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """One subject's share of a budget over one period; "start_us" is 0 where the budget has no periods."""

    budget: str
    tenant: str
    subject: str
    start_us: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A budget that a call counts against.

    Attributes:
        picos: The limit in money; None: none.
        tokens: The limit in tokens; None: none.
        hard: Refuse what does not fit; else only count.
        renewed: After each "hour", "day" or "month"; "total": never.
    """

    period: Period
    picos: int | None
    tokens: int | None
    hard: bool
    renewed: str = "total"
