"""Which limits hold for a call, and whose counters they are."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True, slots=True)
class Limit:
    """One number that holds for a call.

    Attributes:
        name: As the configuration has it.
        subject: Whose it is, as QuotaFailure has it: "tenant:acme,route:fast".
        counter: Where it is counted.
    """

    name: str
    most: int
    subject: str
    counter: str

    def refusal(self, why: str, wait: float | None) -> RateLimited:
        """Make the error for one too many."""
        told = f"{self.name} {self.most}: {why}"
        return RateLimited(f"rate limit: {told}", retry_after=wait, quotas=((self.subject, told),))


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of `limits.rates`.

    Attributes:
        number: Its place in the list, which servers with the same configuration agree on.
    """

    number: int
    settings: RateSettings

    def limits(self, who: Identity) -> Iterator[Limit]:
        """Yield the row's numbers, calls at the same time first; none where the row is not about this call."""
        settings = self.settings
        parts = [who[name] for name in settings.by]
        if not all(parts) or any(who[name] != value for name, value in settings.of.items()):
            return
        subject = ",".join(f"{name}:{who[name]}" for name in settings.by) or "everybody"
        # A tenant's name can be anything, a counter's cannot. A row that takes another's place counts anew.
        told: list[Any] = [settings.by, sorted(settings.of.items()), parts]
        counter = f"{self.number}:{hashlib.blake2b(repr(told).encode(), digest_size=16).hexdigest()}"
        for name in (IN_FLIGHT, REQUESTS, TOKENS):
            most = getattr(settings, name)
            if most is not None:
                yield Limit(name, most, subject, f"{counter}:{name}")
