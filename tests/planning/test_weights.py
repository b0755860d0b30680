"""The order of a route's targets for one call."""

from collections import Counter
from typing import Any

import pytest

from attempts import Nobody
from llmrpc_server.config import RouteSettings
from llmrpc_server.planning.routing import Router
from llmrpc_server.planning.weights import by_weight

DRAWS = 4000


class Acme(Nobody):
    """A provider."""


def order(targets: list[Any], key: str = "") -> list[str]:
    """Draw an order; return the models."""
    router = Router({"acme": Acme()}, {"r": RouteSettings.model_validate({"targets": targets})})
    return [target.model for target in by_weight(router.route("r"), key)]


def weighted(model: str, weight: int) -> dict[str, Any]:
    """Write a target with a weight."""
    return {"model": f"acme/{model}", "weight": weight}


def test_without_weights_as_listed() -> None:
    """A plain list is an order."""
    assert ["a", "b", "c"] == order(["acme/a", "acme/b", "acme/c"])


def test_neighbours_share_by_their_weights() -> None:
    """The first place goes to each as often as its weight says; the others follow."""
    targets = [weighted("a", 3), weighted("b", 1)]
    first = Counter(order(targets)[0] for _ in range(DRAWS))

    assert first["a"] / DRAWS == pytest.approx(0.75, abs=0.05)
    assert {"a", "b"} == set(order(targets))


def test_what_has_no_weight_keeps_its_place() -> None:
    """Weights share among neighbours alone."""
    targets = ["acme/first", weighted("a", 1), weighted("b", 1), "acme/last"]
    orders = {tuple(order(targets)) for _ in range(100)}

    assert {("first", "a", "b", "last"), ("first", "b", "a", "last")} == orders


def test_an_affinity_key_is_kept() -> None:
    """Calls with one key have one order; different keys share by weight."""
    targets = [weighted("a", 3), weighted("b", 1)]
    assert 1 == len({tuple(order(targets, "user-1")) for _ in range(20)})
    first = Counter(order(targets, f"user-{number}")[0] for number in range(DRAWS))

    assert first["a"] / DRAWS == pytest.approx(0.75, abs=0.05)


def test_a_new_target_moves_few_keys() -> None:
    """A key changes its target only to the one that is new."""
    two, three = [weighted("a", 1), weighted("b", 1)], [weighted(model, 1) for model in "abc"]
    moved = [
        (before, after)
        for number in range(200)
        if (before := order(two, str(number))[0]) != (after := order(three, str(number))[0])
    ]

    assert moved
    assert {"c"} == {after for _, after in moved}
