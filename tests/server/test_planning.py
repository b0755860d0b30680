"""Whether a request can be answered, and by whom, before anything is sent."""

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
from google.protobuf.json_format import ParseDict

from llmrpc.v1 import completion_pb2
from llmrpc_server.call import Call, Events
from llmrpc_server.config import RouteSettings
from llmrpc_server.errors import InvalidRequest, UnknownModel, Unsupported, Violation
from llmrpc_server.features import Feature
from llmrpc_server.planning import Planner, estimate_tokens
from llmrpc_server.routing import Plan, Router


class Able:
    """A provider that can do what it says, and is not asked."""

    kind: ClassVar[str] = "able"

    def __init__(self, name: str, *features: Feature) -> None:
        self.name = name
        self.features = frozenset(features)

    def stream(self, call: Call) -> Events:
        """Nobody asks."""
        raise AssertionError

    async def probe(self) -> list[str]:
        """Find nothing."""
        return []

    async def close(self) -> None:
        """Let go of nothing."""


ROUTES = {
    "default": ["text/a", "tools/b", "all/c"],
    "twice": ["text/a", "all/c", "text/a"],
    "other": ["tools/x", "text/a"],
}
PROVIDERS = [Able("text"), Able("tools", Feature.TOOLS), Able("all", *Feature)]


def plan(request: Mapping[str, Any]) -> Plan:
    """Plan a request in its JSON form."""
    asked = {"messages": [{"role": "ROLE_USER", "parts": [{"text": "Hi"}]}], **request}
    routes = {name: RouteSettings.model_validate(route) for name, route in ROUTES.items()}
    router = Router({provider.name: provider for provider in PROVIDERS}, routes)
    return Planner(router).plan(ParseDict(asked, completion_pb2.CompleteRequest()))


TOOLS = [{"function": {"name": "look_up"}}]


@pytest.mark.parametrize(
    ("request_", "targets"),
    [
        ({}, ["text/a", "tools/b", "all/c"]),
        ({"model": "text/z"}, ["text/z"]),
        ({"model": "twice"}, ["text/a", "all/c"]),
        ({"routing": {"disableFallback": True}}, ["text/a"]),
        ({"routing": {"fallbackModels": ["all/z"]}}, ["text/a", "all/z"]),
        ({"routing": {"fallbackModels": ["other", "all/z"]}}, ["text/a", "tools/x", "all/z"]),
        ({"routing": {"fallbackModels": ["text/a"]}}, ["text/a"]),
        ({"routing": {"fallbackModels": ["all/z"], "disableFallback": True}}, ["text/a"]),
        ({"tools": TOOLS}, ["tools/b", "all/c"]),
        ({"tools": TOOLS, "requestId": "r"}, ["all/c"]),
        ({"tools": TOOLS, "routing": {"fallbackModels": ["tools/z"]}}, ["tools/z"]),
    ],
)
def test_targets(request_: dict[str, Any], targets: list[str]) -> None:
    """The route's targets, or the first of them and the caller's own fallbacks; each once, and only the able ones."""
    assert targets == [target.name for target in plan(request_).targets]


def test_tells_who_is_skipped() -> None:
    """A target that lacks something is skipped and says what it lacks."""
    found = plan({"tools": TOOLS, "requestId": "r"})

    assert {
        "text/a": "does not support tools, request ids",
        "tools/b": "does not support request ids",
    } == {target.name: reason for target, reason in found.skipped.items()}


@pytest.mark.parametrize(
    ("request_", "message", "violations"),
    [
        (
            {"model": "text/a", "tools": TOOLS},
            'no target of "text/a" supports what the request needs: tools',
            (Violation("tools", "needs tools"),),
        ),
        (
            {"model": "other", "tools": TOOLS, "requestId": "r"},
            'no target of "other" supports what the request needs: tools, request ids',
            (Violation("tools", "needs tools"), Violation("request_id", "needs request ids")),
        ),
        (
            {"tools": TOOLS, "routing": {"disableFallback": True}},
            'no target of "default" supports what the request needs: tools',
            (Violation("tools", "needs tools"),),
        ),
    ],
)
def test_nobody_is_able(request_: dict[str, Any], message: str, violations: tuple[Violation, ...]) -> None:
    """Where nobody can, nobody is asked: the caller learns which field is too much."""
    with pytest.raises(Unsupported) as failed:
        plan(request_)

    assert (message, violations) == (failed.value.message, failed.value.violations)


def test_a_wrong_request_is_not_planned() -> None:
    """What is wrong is told before anybody looks for a target."""
    with pytest.raises(InvalidRequest) as failed:
        plan({"model": "nowhere", "messages": []})

    assert InvalidRequest is type(failed.value)
    assert ["messages"] == [violation.field for violation in failed.value.violations]


@pytest.mark.parametrize("disabled", [True, False])
def test_fallbacks_must_exist(disabled: bool) -> None:
    """A fallback that leads nowhere is told by its place, also where it would not be tried."""
    with pytest.raises(UnknownModel) as failed:
        plan({"routing": {"fallbackModels": ["all/z", "nowhere"], "disableFallback": disabled}})

    assert ["routing.fallback_models[1]"] == [violation.field for violation in failed.value.violations]


@pytest.mark.parametrize(
    ("texts", "tokens"),
    [([[""]], 4), ([["x" * 40]], 14), ([["x" * 20, "x" * 20]], 14), ([["x" * 40]] * 3, 42), ([["é" * 20]], 14)],
)
def test_estimates(texts: list[list[str]], tokens: int) -> None:
    """The estimate is the input's bytes over four, and four for each message."""
    messages = [{"role": "ROLE_USER", "parts": [{"text": text} for text in parts]} for parts in texts]

    assert tokens == estimate_tokens(ParseDict({"messages": messages}, completion_pb2.CompleteRequest()))
    assert tokens == plan({"messages": messages}).input_tokens
