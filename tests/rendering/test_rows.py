"""What a row of the configuration, a route or a model's name changes in what is sent."""

from dataclasses import replace
from typing import Any

import pytest

from llmrpc.v1 import completion_pb2
from rendering.anthropic_messages import sdk as anthropic
from rendering.cohere_chat import sdk as cohere
from rendering.conversations import CONVERSATIONS
from rendering.expectation import comparable
from rendering.openai_chat import sdk as chat
from rendering.openai_responses import sdk as responses
from rendering.own_state import DETAILS, kept
from rendering.saying import asked, assistant, developer, user
from rendering.sending import KINDS, Sender, make, warnings
from rendering.texts import TEXTS

NOTHING: frozenset[str] = frozenset()
HI = {"role": "user", "content": "Hi"}
GOOD = {"role": "user", "content": "Good."}
THOUGHT = "The user greets."


async def rendered(request: completion_pb2.CompleteRequest, target: str, *, streaming: bool = False, **row: Any) -> Any:
    """Render a request for a provider whose row has these keys; return the body and the warnings."""
    kind = target.partition("/")[0]
    provider = make(kind, **row)
    sender = Sender({kind: provider})
    try:
        call = sender.call(request, target, streaming=streaming)
        return comparable(sender.body(call), NOTHING), warnings(call)
    finally:
        await provider.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_vendor_that_cannot_stream_is_not_asked_to(kind: str) -> None:
    """With `stream: false` a streamed call sends what an unstreamed one does."""
    request, target = TEXTS["system first"], f"{kind}/some-model"
    whole = await rendered(request, target)
    assert whole == await rendered(request, target, streaming=True, stream=False)
    assert whole != await rendered(request, target, streaming=True)


async def test_a_route_limits_the_output(sender: Sender) -> None:
    """The route's limit is sent where the request has none, under each format's own name."""
    theirs = {
        "openai": chat.body(
            {"model": "m", "messages": [HI], "max_completion_tokens": 77},
            streaming=False,
        ),
        "openai_responses": responses.body(
            {
                "model": "m",
                "input": [HI],
                "max_output_tokens": 77,
                "store": False,
                "include": ["reasoning.encrypted_content"],
            },
            streaming=False,
        ),
        "anthropic": anthropic.request(
            {
                "model": "m",
                "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
                "max_tokens": 77,
            },
            streaming=False,
        ).content,
        "cohere": cohere.body({"model": "m", "messages": [HI], "max_tokens": 77}, streaming=False),
    }
    ours = {}
    for kind in KINDS:
        call = sender.call(asked(user("Hi")), f"{kind}/m", streaming=False)
        call.plan = replace(call.plan, route=replace(call.plan.route, max_output_tokens=77))
        ours[kind] = sender.body(call)

    assert {kind: comparable(body, NOTHING) for kind, body in theirs.items()} == {
        kind: comparable(body, NOTHING) for kind, body in ours.items()
    }


@pytest.mark.parametrize(
    ("model", "thinks"),
    [
        ("gpt-3.5-turbo", False),
        ("gpt-4o", False),
        ("gpt-4.1-mini", False),
        ("chatgpt-4o-latest", False),
        ("gpt-5-chat-latest", False),
        ("gpt-5", True),
        ("gpt-5.2", True),
        ("o3", True),
        ("some-model", True),
    ],
)
async def test_only_models_that_reason_are_asked_for_it(sender: Sender, model: str, thinks: bool) -> None:
    """Responses refuses the encrypted reasoning of models that have none."""
    include = {"include": ["reasoning.encrypted_content"]} if thinks else {}
    theirs = responses.body({"model": model, "input": [HI], "store": False, **include}, streaming=False)
    call = sender.call(asked(user("Hi")), f"openai_responses/{model}", streaming=False)

    assert comparable(theirs, NOTHING) == comparable(sender.body(call), NOTHING)


@pytest.mark.parametrize(
    ("row", "request_", "arguments"),
    [
        (
            {"developer_role": False},
            asked(developer("Be brief."), user("Hi")),
            {"messages": [{"role": "system", "content": "Be brief."}, HI]},
        ),
        (
            {"max_tokens_field": "max_tokens"},
            asked(user("Hi"), config=completion_pb2.GenerationConfig(max_output_tokens=77)),
            {"messages": [HI], "max_tokens": 77},
        ),
        (
            {"reasoning_field": "reasoning_content"},
            asked(user("Hi"), assistant(kept("openai"), "Hello."), user("Good.")),
            {"messages": [HI, {"role": "assistant", "content": "Hello.", "reasoning_content": THOUGHT}, GOOD]},
        ),
        (
            {"reasoning_field": "reasoning"},
            asked(user("Hi"), assistant(kept("openai"), "Hello."), user("Good.")),
            {"messages": [HI, {"role": "assistant", "content": "Hello.", "reasoning": THOUGHT}, GOOD]},
        ),
        (
            {"reasoning_field": "reasoning_details"},
            asked(user("Hi"), assistant(kept("openai", **DETAILS), "Hello."), user("Good.")),
            {"messages": [HI, {"role": "assistant", "content": "Hello.", **DETAILS}, GOOD]},
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
async def test_rows_of_chat(
    row: dict[str, Any], request_: completion_pb2.CompleteRequest, arguments: dict[str, Any]
) -> None:
    """A vendor's differences are keys of its row; where it has a field for reasoning, nothing of it is dropped."""
    theirs = chat.body({"model": chat.MODEL, **arguments}, streaming=False)

    assert (comparable(theirs, NOTHING), set()) == await rendered(request_, f"openai/{chat.MODEL}", **row)


async def test_a_stream_of_chat_counts_only_where_it_can() -> None:
    """A vendor that cannot be asked for the usage of a stream is not asked."""
    body, _ = await rendered(CONVERSATIONS["one text"], "openai/m", streaming=True, stream_usage=False)
    assert {"model", "messages", "stream"} == body.keys()
