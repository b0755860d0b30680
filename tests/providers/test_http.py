"""What all providers reached over HTTP do, through the real server."""

import json
from typing import Any

import pytest

from fault_provider import CANONICAL_TEXT, Behaviour, ThreadedFaultProvider
from gateway import Gateway, request
from llmrpc.v1 import accounting_pb2, completion_pb2, message_pb2

BODIES: dict[str, dict[str, Any]] = {
    "openai": {
        "choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 10**30, "completion_tokens": 2},
    },
    "anthropic": {
        "content": [{"type": "text", "text": "Hi"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 10**30, "output_tokens": 2},
    },
}
BOTH = pytest.mark.parametrize("provider", BODIES)


def warnings(answer: completion_pb2.CompleteResponse) -> list[tuple[str, str]]:
    """List the warnings of an answer."""
    return [(warning.reason, warning.text) for warning in answer.warnings]


@BOTH
async def test_state_of_another_provider_is_dropped(
    gateway: Gateway, faults: ThreadedFaultProvider, provider: str
) -> None:
    """Opaque state goes back only to its own kind; the caller learns that it was left out, and gets an answer."""
    asked = request(f"{provider}/gpt-4o")
    asked.messages[0].parts[0].provider_state.CopyFrom(message_pb2.ProviderState(kind="other", data=b"marker"))

    answer = await gateway.completion.Complete(asked, timeout=5)

    text = f"{provider}/gpt-4o has no messages[].parts[].provider_state: it was left out"
    assert [("PARAMETER_DROPPED", text)] == warnings(answer)
    assert CANONICAL_TEXT == answer.message.parts[0].text
    assert "marker" not in str(faults.attempts[0].body)


@BOTH
async def test_a_count_beyond_all_measure(gateway: Gateway, faults: ThreadedFaultProvider, provider: str) -> None:
    """An answer whose token count cannot be true is an answer; the other count holds, and this one is estimated."""
    faults.script("odd", [Behaviour(status=200, body=json.dumps(BODIES[provider]).encode())])

    answer = await gateway.completion.Complete(request(f"{provider}/odd"), timeout=5)

    usage = answer.accounting.usage
    assert ("Hi", 2, accounting_pb2.USAGE_SOURCE_ESTIMATED) == (
        answer.message.parts[0].text,
        usage.output_tokens,
        usage.source,
    )
    assert 0 < usage.input_tokens < 100
