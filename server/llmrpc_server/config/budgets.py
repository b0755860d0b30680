"""The section `budgets`: how much may be spent, by whom and in which time."""

import re
from collections import Counter
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from llmrpc_server.config.prices import Price
from llmrpc_server.config.values import Section, refuse_bool
from llmrpc_server.money import UNIT

EVERY = "*"
_LABEL = re.compile(r"[^=]+(=.+)?")

_Word = Annotated[str, Field(min_length=1)]


class BudgetSettings(Section):
    """A limit on money or tokens over a period. "*" stands for each one: then each has the limit for itself.

    Attributes:
        tenant: Whose calls count; unset: everybody's.
        user: Of these, those of one user; calls whose credential does not vouch for a user do not count.
        key: Of these, those with one API key.
        label: Of these, those with a label: "team=search", or "team" for each of its values.
        limit: In USD.
        tokens: In tokens, input and output together.
        hard: Refuse a call whose worst case does not fit; else only count and warn.
    """

    name: _Word
    tenant: _Word | None = None
    user: _Word | None = None
    key: _Word | None = None
    label: _Word | None = None
    period: Literal["hour", "day", "month", "total"] = "month"
    limit: Price | None = None
    tokens: Annotated[int, BeforeValidator(refuse_bool), Field(ge=1, le=2**53)] | None = None
    hard: bool = True

    @model_validator(mode="after")
    def _whole(self) -> "BudgetSettings":
        if sum(value is not None for value in (self.user, self.key, self.label)) > 1:
            raise PydanticCustomError("budget_subject", "must name at most one of user, key and label")
        if (self.limit is None) == (self.tokens is None):
            raise PydanticCustomError("budget_limit", "must have either limit, in USD, or tokens")
        if self.limit == Decimal(0):
            raise PydanticCustomError("budget_limit", "must have a limit of more than 0")
        if self.label is not None and not _LABEL.fullmatch(self.label):
            raise PydanticCustomError("budget_label", 'must have a label such as "team" or "team=search"')
        return self

    @property
    def picos(self) -> int | None:
        """The limit in picos; None: it is one of tokens."""
        return None if self.limit is None else int(self.limit * UNIT)


def _check_names(budgets: list[BudgetSettings]) -> list[BudgetSettings]:
    """Refuse a name that stands twice: what is spent of a budget is kept by its name."""
    names = Counter(budget.name for budget in budgets)
    if twice := next((name for name, count in names.items() if count > 1), None):
        raise PydanticCustomError(
            "budget_names", 'must have a name for each budget, has "{name}" twice', {"name": twice}
        )
    return budgets


BudgetsSettings = Annotated[list[BudgetSettings], AfterValidator(_check_names)]
