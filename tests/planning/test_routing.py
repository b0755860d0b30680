"""Where a name leads: a route, a plain "provider/model", or nowhere, with a hint."""

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from llmrpc_server.call import Call, Events
from llmrpc_server.config import RouteSettings
from llmrpc_server.errors import UnknownModel, Violation
from llmrpc_server.planning.routing import Router
from llmrpc_server.requests.features import Feature, Harmless


class Silent:
    """A provider that nobody asks."""

    kind: ClassVar[str] = "silent"

    def __init__(self, name: str) -> None:
        self.name = name
        self.features: frozenset[Feature] = frozenset()
        self.drops: frozenset[Harmless] = frozenset()
        self.owned: frozenset[str] = frozenset()

    def stream(self, call: Call) -> Events:
        """Nobody asks."""
        raise AssertionError

    async def probe(self) -> list[str]:
        """Find nothing."""
        return []

    async def close(self) -> None:
        """Let go of nothing."""


def router(routes: Mapping[str, Any], *providers: str) -> Router:
    """Make the router of a configuration."""
    settings = {name: RouteSettings.model_validate(route) for name, route in routes.items()}
    return Router({name: Silent(name) for name in providers or ("openai", "anthropic")}, settings)


def targets(found: Router, name: str) -> list[str]:
    """List the targets that a name leads to."""
    return [target.name for target in found.route(name).targets]


ROUTES = {"default": ["openai/a", "anthropic/b"], "fast": ["openai/a"]}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", ["openai/a", "anthropic/b"]),
        ("default", ["openai/a", "anthropic/b"]),
        ("fast", ["openai/a"]),
        ("openai/a", ["openai/a"]),
        ("openai/never-configured", ["openai/never-configured"]),
        ("openai/org/model:tag", ["openai/org/model:tag"]),
        ("openai//x", ["openai//x"]),
    ],
)
def test_finds(name: str, expected: list[str]) -> None:
    """A route by its name, the default one by none, and any model of a provider that is configured."""
    assert expected == targets(router(ROUTES), name)


@pytest.mark.parametrize("name", ["fst", "Default", "gpt-4o", "opnai/a", "openai/", "/a", "/", " ", "openai"])
def test_refuses_unknown_names(name: str) -> None:
    """What is neither is the caller's to fix: the field is told, and what is near, or where to look."""
    with pytest.raises(UnknownModel) as failed:
        router(ROUTES).route(name)

    (violation,) = failed.value.violations
    assert "model" == violation.field
    assert violation.description.startswith(f'must be a route or "provider/model" of this server, is "{name}"; ')


def test_suggests_what_is_near() -> None:
    """A slip of the pen is named; else the caller learns where the names are."""
    said = 'must be a route or "provider/model" of this server, is '
    for name, hint in (("fst", 'did you mean "fast"?'), ("zzzzzz", "ModelService.ListModels tells what there is")):
        with pytest.raises(UnknownModel) as failed:
            router(ROUTES).route(name, field="routing.fallback_models[1]")

        assert (Violation("routing.fallback_models[1]", f'{said}"{name}"; {hint}'),) == failed.value.violations


def test_a_long_name_is_cut() -> None:
    """A name of megabytes is neither compared nor sent back."""
    with pytest.raises(UnknownModel) as failed:
        router(ROUTES).route("x" * 10_000_000)

    assert len(failed.value.message) < 250


def test_lists_routes_then_models() -> None:
    """All routes, by name, then all models that they name, once each, by name."""
    found = router({"z": ["openai/a"], "default": ["openai/b", "anthropic/c"], "a": ["anthropic/c"]})

    assert ["a", "default", "z", "anthropic/c", "openai/a", "openai/b"] == [route.name for route in found.routes()]


def test_a_route_named_like_a_model_goes_before_it() -> None:
    """A route may stand in for a model: calls and lists then mean the route, and list it once."""
    found = router({"openai/a": ["anthropic/b", "openai/a"], "default": ["openai/a"]})

    assert ["anthropic/b", "openai/a"] == targets(found, "openai/a")
    assert ["default", "openai/a", "anthropic/b"] == [route.name for route in found.routes()]


def test_what_holds_for_a_route() -> None:
    """A route has its own timeout and limit; a plain model has the defaults of a route."""
    found = router({"slow": {"targets": ["openai/a"], "timeouts": {"total": "90s"}, "max_output_tokens": 7}})

    slow, plain = found.route("slow"), found.route("openai/a")
    assert (90.0, 7) == (slow.timeouts.total.total_seconds(), slow.max_output_tokens)
    assert (600.0, None) == (plain.timeouts.total.total_seconds(), plain.max_output_tokens)


def test_a_target_is_who_it_names() -> None:
    """Two targets of the same provider and model are the same one; its message names it."""
    found = router(ROUTES)
    first, second = found.route("fast").targets[0], found.route("openai/a").targets[0]

    assert first == second
    assert hash(first) == hash(second)
    assert ("openai", "a") == (first.message().provider, first.message().model)
