"""Which limits hold for a call, and whose counters they are."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from llmrpc_server.call import Call
from llmrpc_server.config.limits import Dimension, RateSettings
from llmrpc_server.errors import RateLimited

Identity = Mapping[Dimension, str]

REQUESTS, TOKENS, IN_FLIGHT = "requests_per_minute", "tokens_per_minute", "in_flight"


def identity(call: Call) -> dict[Dimension, str]:
    """Tell who a call is counted as; a user only where the credential vouches for it."""
    principal = call.principal
    return {
        "tenant": principal.tenant,
        "key": principal.key,
        "user": call.bound_user,
        "route": call.plan.route.name,
    }


class Limit(NamedTuple):
    """One number of a row.

    Attributes:
        name: As the configuration has it.
    """

    name: str
    most: int


def rules(rates: Sequence[RateSettings]) -> tuple["Rule", ...]:
    """Make the rows of a configuration. Each counts on where others come and go before it, but for its own callers'."""
    before: Counter[tuple[object, ...]] = Counter()
    made = []
    for settings in rates:
        callers = (*settings.by, *sorted(settings.of.items()))
        made.append(Rule(before[callers], settings))
        before[callers] += 1
    return tuple(made)


class Rule:
    """One row of `limits.rates`.

    Args:
        number: Its place among the rows for the same callers, which servers with the same configuration agree on.

    Attributes:
        limits: The row's numbers, calls at the same time first.
    """

    def __init__(self, number: int, settings: RateSettings) -> None:
        named = ((name, getattr(settings, name)) for name in (IN_FLIGHT, REQUESTS, TOKENS))
        self.limits = tuple(Limit(name, most) for name, most in named if most is not None)
        self._by = tuple(settings.by)
        self._of = tuple(sorted(settings.of.items()))
        self._number = number
        self._named = hashlib.blake2b(repr((self._by, self._of)).encode(), digest_size=16)

    def counters(self, who: Identity) -> str | None:
        """Return how the names of a caller's counters begin; None where the row is not about this call."""
        parts = [who[name] for name in self._by]
        if not all(parts) or any(who[name] != value for name, value in self._of):
            return None
        # A tenant's name can be anything, a counter's cannot.
        named = self._named.copy()
        named.update(repr(parts).encode())
        return f"{self._number}:{named.hexdigest()}"

    def refusal(self, limit: Limit, who: Identity, why: str, wait: float | None) -> RateLimited:
        """Make the error for one too many; QuotaFailure names whose it is: "tenant:acme,route:fast"."""
        subject = ",".join(f"{name}:{who[name]}" for name in self._by) or "everybody"
        told = f"{limit.name} {limit.most}: {why}"
        return RateLimited(f"rate limit: {told}", retry_after=wait, quotas=((subject, told),))
