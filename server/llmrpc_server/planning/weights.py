"""The order of a route's targets for one call: as listed, but neighbours with weights take turns by their weights."""

import hashlib
import itertools
import math
import secrets
from collections.abc import Iterable

from llmrpc_server.plan import Route, Target

_random = secrets.SystemRandom()
_DIGEST_BYTES = 8
_DIGESTS = 256**_DIGEST_BYTES


def by_weight(route: Route, affinity_key: str) -> tuple[Target, ...]:
    """Return the targets.

    Calls with the same affinity key get the same order while the targets are the same, and little of it changes when
    one comes or goes (rendezvous hashing); calls without one draw theirs, each target with a chance of its weight.
    """
    if not _takes_turns(route):
        return route.targets
    pairs = zip(route.targets, route.weights, strict=True)
    ordered: list[Target] = []
    for weighted, neighbours in itertools.groupby(pairs, lambda pair: pair[1] is not None):
        group = list(neighbours)
        ordered += _drawn(group, affinity_key) if weighted else [target for target, _ in group]
    return tuple(ordered)


def is_drawn(route: Route, affinity_key: str) -> bool:
    """Return whether each call gets an order of its own."""
    return _takes_turns(route) and not affinity_key


def _takes_turns(route: Route) -> bool:
    return any(route.weights)


def _drawn(group: Iterable[tuple[Target, int | None]], affinity_key: str) -> list[Target]:
    """Order by exponential variates, each with its weight as the rate: the first of them is a fair draw."""
    scored = [(-math.log(_uniform(target, affinity_key)) / (weight or 1), target) for target, weight in group]
    return [target for _, target in sorted(scored, key=lambda pair: pair[0])]


def _uniform(target: Target, affinity_key: str) -> float:
    """Return a number above 0, at most 1: of the key and the target where there is a key, else random."""
    if not affinity_key:
        return 1.0 - _random.random()
    text = f"{affinity_key}\0{target.name}".encode()
    digest = hashlib.blake2b(text, digest_size=_DIGEST_BYTES).digest()
    return float((int.from_bytes(digest, "big") + 1) / _DIGESTS)
