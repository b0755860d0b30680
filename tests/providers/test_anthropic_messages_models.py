"""Which of Anthropic's models take which parameters."""

import json
from typing import Any

import pytest

from attempts import attempt
from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server.call import Call
from llmrpc_server.plan import Target
from llmrpc_server.providers.anthropic_messages.models import takes_effort, takes_sampling
from llmrpc_server.providers.anthropic_messages.render import render

EFFORT_HIGH = completion_pb2.REASONING_EFFORT_HIGH
OLD, NEW = "claude-sonnet-4-5", "claude-sonnet-5-5"


@pytest.mark.parametrize(
    ("model", "sampling", "effort"),
    [
        ("claude-3-5-sonnet-20241022", True, False),
        ("claude-sonnet-4-20250514", True, False),
        ("claude-opus-4-1-20250805", True, False),
        ("claude-sonnet-4-5", True, False),
        ("claude-haiku-4-5-20251001", True, False),
        ("claude-opus-4.5", True, False),
        ("claude-opus-4-6", True, True),
        ("claude-sonnet-4-6-20260101", True, True),
        ("claude-opus-4-7", False, True),
        ("claude-sonnet-5", False, True),
        ("claude-sonnet-5-5", False, True),
        ("claude-fable-5", False, True),
        ("claude-next", False, True),
        ("kimi-k2", True, True),
    ],
)
def test_versions(model: str, *, sampling: bool, effort: bool) -> None:
    """Sampling went after 4.6, and effort came with it; an unknown Claude is a new one, another vendor takes both."""
    assert (sampling, effort) == (takes_sampling(model), takes_effort(model))


def asked(model: str, **config: Any) -> Call:
    """Make a call of a model."""
    message = message_pb2.Message(role=message_pb2.ROLE_USER, parts=[message_pb2.ContentPart(text="Hi")])
    request = completion_pb2.CompleteRequest(messages=[message], config=completion_pb2.GenerationConfig(**config))
    call = attempt(request, kind="anthropic")
    call.target = Target(call.target.provider, model)
    return call


def test_sampling_is_dropped() -> None:
    """A model that refuses sampling is asked without it, and the caller is told."""
    call = asked(NEW, temperature=0.5, top_p=0.9, top_k=3)
    body = render(call, streaming=False)

    assert not {"temperature", "top_p", "top_k"} & set(body)
    assert [f"acme/{NEW} has no config.{name}: it was left out" for name in ("temperature", "top_p", "top_k")] == [
        warning.text for warning in call.warnings
    ]


@pytest.mark.parametrize(
    ("model", "config", "expected"),
    [
        (NEW, {"reasoning_effort": EFFORT_HIGH}, ({"type": "adaptive"}, {"effort": "high"}, 4096, 0)),
        (NEW, {"reasoning_budget_tokens": 5000}, (None, None, 4096, 1)),
        (
            NEW,
            {"reasoning_effort": EFFORT_HIGH, "reasoning_budget_tokens": 5000},
            ({"type": "adaptive"}, {"effort": "high"}, 4096, 1),
        ),
        (OLD, {"reasoning_effort": EFFORT_HIGH}, ({"type": "enabled", "budget_tokens": 16384}, None, 20480, 0)),
        (OLD, {"reasoning_budget_tokens": 5000}, ({"type": "enabled", "budget_tokens": 5000}, None, 9096, 0)),
        (
            OLD,
            {"reasoning_effort": EFFORT_HIGH, "max_output_tokens": 3000},
            ({"type": "enabled", "budget_tokens": 2999}, None, 3000, 0),
        ),
        (OLD, {"reasoning_effort": EFFORT_HIGH, "max_output_tokens": 1000}, (None, None, 1000, 1)),
    ],
)
def test_thinking(model: str, config: dict[str, Any], expected: tuple[Any, ...]) -> None:
    """An effort is a budget for the models that know no effort, within the limit; what cannot be said is warned of."""
    call = asked(model, **config)
    body = json.loads(json.dumps(render(call, streaming=False), default=str))

    assert expected == (body.get("thinking"), body.get("output_config"), body["max_tokens"], len(call.warnings))
