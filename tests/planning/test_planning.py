"""Whether a request can be answered, and by whom, before anything is sent."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
from google.protobuf.json_format import ParseDict

from llmrpc.v1 import completion_pb2
from llmrpc_server.call import Call, Events
from llmrpc_server.config import RouteSettings
from llmrpc_server.errors import InvalidRequest, UnknownModel, Unsupported, Violation
from llmrpc_server.plan import Plan
from llmrpc_server.planning.planner import Planner
from llmrpc_server.planning.routing import Router
from llmrpc_server.requests.features import Demands, Feature, Harmless
from llmrpc_server.tokens.estimates import estimate_input


class Able:
    """A provider that can do what it says, and is not asked."""

    kind: ClassVar[str] = "able"
    drops: frozenset[Harmless] = frozenset({Harmless.SEED})
    owned: frozenset[str] = frozenset({"model", "thinking.type"})

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


class Other(Able):
    """A provider of another kind."""

    kind: ClassVar[str] = "other"


ROUTES = {
    "default": ["text/a", "tools/b", "all/c"],
    "twice": ["text/a", "all/c", "text/a"],
    "other": ["tools/x", "text/a"],
    "kinds": ["all/c", "odd/d"],
}
PROVIDERS = [Able("text"), Able("tools", Feature.TOOLS), Able("all", *Feature), Other("odd", *Feature)]


def plan(request: Mapping[str, Any]) -> Plan:
    """Plan a request in its JSON form."""
    asked = {"messages": [{"role": "ROLE_USER", "parts": [{"text": "Hi"}]}], **request}
    routes = {name: RouteSettings.model_validate(route) for name, route in ROUTES.items()}
    router = Router({provider.name: provider for provider in PROVIDERS}, routes)
    return Planner(router).plan(ParseDict(asked, completion_pb2.CompleteRequest()))


TOOLS = [{"function": {"name": "look_up"}}]
STOP = {"config": {"stopSequences": ["."]}}
SEARCH = [{"providerTool": {"kind": "other", "type": "search"}}]
ITEM = {"providerPart": {"kind": "able", "type": "map", "json": "{}"}}
MAP = {"messages": [{"role": "ROLE_ASSISTANT", "parts": [ITEM]}]}
ABLE, OTHER = (f'what only the provider kind "{kind}" has' for kind in ("able", "other"))


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
        ({"tools": TOOLS, **STOP}, ["all/c"]),
        ({"tools": TOOLS, "routing": {"fallbackModels": ["tools/z"]}}, ["tools/z"]),
        ({"model": "kinds"}, ["all/c", "odd/d"]),
        ({"model": "kinds", "tools": SEARCH}, ["odd/d"]),
        ({"model": "kinds", **MAP}, ["all/c"]),
        ({"config": {"seed": "1"}}, ["text/a", "tools/b", "all/c"]),
    ],
)
def test_targets(request_: dict[str, Any], targets: list[str]) -> None:
    """The route's targets, or the first of them and the caller's own fallbacks; each once, and only the able ones."""
    assert targets == [target.name for target in plan(request_).targets]


def test_tells_who_is_skipped() -> None:
    """A target that lacks something is skipped and says what it lacks."""
    found = plan({"tools": TOOLS, **STOP})

    assert {
        "text/a": "does not support stop sequences, tools",
        "tools/b": "does not support stop sequences",
    } == {target.name: reason for target, reason in found.skipped.items()}


def test_tells_whose_tools_they_are() -> None:
    """A target of another kind than a tool of the provider's own is skipped and says why."""
    found = plan({"model": "kinds", "tools": SEARCH})

    assert {"all/c": f"does not support {OTHER}"} == {target.name: reason for target, reason in found.skipped.items()}


def test_tells_what_is_asked() -> None:
    """The plan has what the request asks of a provider: what its targets can do, and what they may drop."""
    assert (
        Demands({Feature.TOOLS: "tools"}, harmless={Harmless.SEED})
        == plan({"tools": TOOLS, "config": {"seed": "1"}}).demands
    )


@pytest.mark.parametrize(
    ("request_", "message", "violations"),
    [
        (
            {"model": "text/a", "tools": TOOLS},
            'no target of "text/a" supports what the request needs: tools',
            (Violation("tools", "needs tools"),),
        ),
        (
            {"model": "other", "tools": TOOLS, **STOP},
            'no target of "other" supports what the request needs: stop sequences, tools',
            (Violation("config.stop_sequences", "needs stop sequences"), Violation("tools", "needs tools")),
        ),
        (
            {"model": "all/c", "tools": SEARCH},
            f'no target of "all/c" supports what the request needs: {OTHER}',
            (Violation("tools[0].provider_tool", f"needs {OTHER}"),),
        ),
        (
            {"model": "kinds", "tools": SEARCH, **MAP},
            f'no target of "kinds" supports what the request needs: {OTHER}, {ABLE}',
            (
                Violation("tools[0].provider_tool", f"needs {OTHER}"),
                Violation("messages[0].parts[0].provider_part", f"needs {ABLE}"),
            ),
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


@pytest.mark.parametrize(
    ("options", "fields"),
    [
        ({"text": {}, "all": {"store": True, "thinking": {"display": "omitted"}}}, []),
        ({"text": {"model": "x"}}, ['provider_options_json["text"].model']),
        ({"odd": {"thinking": {"type": "x"}}}, ['provider_options_json["odd"].thinking.type']),
        ({"odd": {"thinking": None}}, ['provider_options_json["odd"].thinking']),
        (
            {"all": {"model": "x", "a": 1, "thinking": []}},
            ['provider_options_json["all"].model', 'provider_options_json["all"].thinking'],
        ),
        ({"nobody": {}}, ['provider_options_json["nobody"]']),
        ({"n" * 100: {}}, [f'provider_options_json["{"n" * 64}"]']),
    ],
)
def test_options_of_providers(options: dict[str, Any], fields: list[str]) -> None:
    """Options are for a provider that there is, whether it is a target or not, and not for what the request sets."""
    asked = {"providerOptionsJson": {name: json.dumps(given) for name, given in options.items()}}
    if not fields:
        assert ["text/a", "tools/b", "all/c"] == [target.name for target in plan(asked).targets]
        return
    with pytest.raises(InvalidRequest) as failed:
        plan(asked)

    assert fields == [violation.field for violation in failed.value.violations]


@pytest.mark.parametrize("disabled", [True, False])
def test_fallbacks_must_exist(disabled: bool) -> None:
    """A fallback that leads nowhere is told by its place, also where it would not be tried."""
    with pytest.raises(UnknownModel) as failed:
        plan({"routing": {"fallbackModels": ["all/z", "nowhere"], "disableFallback": disabled}})

    assert ["routing.fallback_models[1]"] == [violation.field for violation in failed.value.violations]


def test_estimates() -> None:
    """The plan has the estimate of the input's tokens."""
    asked = {"messages": [{"role": "ROLE_USER", "parts": [{"text": "Why is the sky blue?"}]}]}

    assert estimate_input(ParseDict(asked, completion_pb2.CompleteRequest())) == plan(asked).input_tokens == 10
