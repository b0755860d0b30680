"""A plan that was made before is the plan that would be made now."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from hypothesis import given
from hypothesis import strategies as st

from attempts import Nobody
from llmrpc.v1 import completion_pb2
from llmrpc_server.access.principal import Principal
from llmrpc_server.config import PriceSettings, RouteSettings
from llmrpc_server.errors import CallError
from llmrpc_server.plan import Plan
from llmrpc_server.planning.plan_cache import PlanCache
from llmrpc_server.planning.planner import Planner
from llmrpc_server.planning.routing import Router
from llmrpc_server.prices import PriceBook
from llmrpc_server.prompts import PromptStore
from llmrpc_server.requests.features import Feature

HI = {"role": "ROLE_USER", "parts": [{"text": "Hi"}]}


class Acme(Nobody):
    """A provider that knows tools."""

    features = frozenset({Feature.TOOLS})


def heavy(model: str) -> dict[str, Any]:
    """Write a target with a weight."""
    return {"model": f"acme/{model}", "weight": 1}


ACME = Acme()
ROUTES: dict[str, Any] = {
    "default": ["acme/a", "acme/b"],
    "drawn": {"targets": [heavy("a"), heavy("b")]},
    "cheap": {"targets": ["acme/dear", "acme/cheap"], "order": "cost"},
}
PRICES = {"acme/dear": {"input": 9, "output": 9}, "acme/cheap": {"input": 1, "output": 1}}


def a_planner(prompts: PromptStore | None = None) -> Planner:
    """Make a planner that has planned nothing yet."""
    routes = {name: RouteSettings.model_validate(route) for name, route in ROUTES.items()}
    prices = {name: PriceSettings.model_validate(price) for name, price in PRICES.items()}
    return Planner(Router({"acme": ACME}, routes), PriceBook(prices, {}), prompts=prompts)


def a_request(**fields: Any) -> completion_pb2.CompleteRequest:
    """Read a request in its JSON form."""
    return ParseDict({"messages": [HI], **fields}, completion_pb2.CompleteRequest())


PRINCIPALS = st.sampled_from(
    [
        Principal(),
        Principal(tenant="other", scopes=frozenset({"complete"})),
        Principal(scopes=frozenset({"model:acme/*"})),
        Principal(scopes=frozenset({"model:default"})),
    ]
)
REQUESTS = st.builds(
    a_request,
    model=st.sampled_from(["", "default", "acme/a", "acme/z", "cheap", "nothing"]),
    routing=st.sampled_from([{}, {"fallbackModels": ["acme/c"]}, {"disableFallback": True}, {"maxAttempts": 7}]),
    config=st.sampled_from([{}, {"temperature": 0.5}, {"temperature": 9}, {"topLogprobs": 2}]),
    tools=st.sampled_from([[], [{"function": {"name": "look_up"}}]]),
    labels=st.dictionaries(st.sampled_from("ab"), st.sampled_from("xy")),
)


def told(planner: Planner, principal: Principal, request: completion_pb2.CompleteRequest) -> object:
    """Return all that a plan says, or the error that there is instead."""
    try:
        plan = planner.plan_for(principal, request)
    except CallError as error:
        return type(error), error.message, error.violations
    return [(field.name, getattr(plan, field.name)) for field in fields(Plan)], plan.input_tokens


@given(st.lists(st.tuples(PRINCIPALS, REQUESTS), min_size=2, max_size=12))
def test_a_plan_is_what_it_would_be_anew(asked: list[tuple[Principal, completion_pb2.CompleteRequest]]) -> None:
    """Whatever was asked before, and by whom: every plan, and every refusal, is that of a planner that saw nothing."""
    planner = a_planner()

    for principal, request in [*asked, *asked]:
        assert told(a_planner(), principal, request) == told(planner, principal, request)


def test_the_same_request_is_planned_once() -> None:
    """A plan serves whoever of a tenant asks the same and may do the same; no other tenant, and no narrower key."""
    planner, request = a_planner(), a_request(model="acme/a")
    narrow = Principal(scopes=frozenset({"model:default"}))
    first = planner.plan_for(Principal(key="one"), request)

    assert planner.plan_for(Principal(key="another"), a_request(model="acme/a")) is first
    assert planner.plan_for(Principal(tenant="other"), request) is not first
    assert "PermissionDenied" in str(told(planner, narrow, request))


def test_lots_are_drawn_for_each_call() -> None:
    """Targets with weights take turns among calls with the same request; an affinity key keeps one order."""
    planner = a_planner()

    def first(**routing: str) -> set[str]:
        request = a_request(model="drawn", routing=routing)
        return {planner.plan_for(Principal(), request).targets[0].model for _ in range(64)}

    assert {"a", "b"} == first()
    assert 1 == len(first(affinityKey="somebody"))


def test_an_edited_prompt_holds_at_once(tmp_path: Path) -> None:
    """A request that names a prompt is planned with what its file says now."""
    path = tmp_path / "p" / "1.yaml"
    path.parent.mkdir()
    prompts = PromptStore(tmp_path)
    planner, request = a_planner(prompts), a_request(prompt={"name": "p"})

    def read(text: str) -> str:
        path.write_text(f"messages: [{{role: user, text: {text}}}]")
        assert [] == prompts.load()
        return planner.plan_for(Principal(), request).read.messages[0].parts[0].text

    assert ["before", "after"] == [read("before"), read("after")]


@pytest.mark.parametrize(("most", "most_bytes"), [(3, 1000), (1000, 30)])
def test_room_is_bounded(most: int, most_bytes: int) -> None:
    """Beyond a number of plans, or of bytes of their requests, those used least recently are forgotten."""
    cache, plan = PlanCache(most=most, most_bytes=most_bytes), a_planner().plan(a_request())
    questions = [(f"request {number}".encode(), "tenant", frozenset[str]()) for number in range(5)]
    for question in questions:
        cache.keep(question, plan)
        cache.find(questions[0])

    assert [True, False, False, True, True] == [cache.find(question) is plan for question in questions]
    assert (3, 27) == (len(cache), cache.size)


def test_a_large_request_is_not_kept() -> None:
    """What is large is not held in memory for the chance that it comes again."""
    cache = PlanCache()
    question = bytes(16 * 1024 + 1), "tenant", frozenset[str]()
    cache.keep(question, a_planner().plan(a_request()))

    assert (None, 0, 0) == (cache.find(question), len(cache), cache.size)
