"""What the request asks for, and what is refused about it."""

from typing import Any

import pytest

from fault_provider import CANONICAL_TEXT, FaultProvider, canonical_text
from faults.wire import ANTHROPIC, COHERE, HELLO, OPENAI, PATHS, RESPONSES, ask, exchange, request_for


@PATHS
async def test_max_tokens_cuts_to_length(provider: FaultProvider, path: str) -> None:
    """`max_tokens` limits the answer and gives the wire's reason for it."""
    raw = await ask(provider, path, "ok", max_tokens=16)

    assert canonical_text("tokens=16") == raw.text
    reason = {
        OPENAI: b'"length"',
        RESPONSES: b'"max_output_tokens"',
        ANTHROPIC: b'"max_tokens"',
        COHERE: b'"MAX_TOKENS"',
    }
    assert b'reason":' + reason[path] in raw.body


@pytest.mark.parametrize("path", [OPENAI, ANTHROPIC, COHERE])
async def test_stop_sequences_end_the_answer(provider: FaultProvider, path: str) -> None:
    """The answer ends before the first stop sequence, in the middle of a token if need be."""
    raw = await ask(provider, path, "ok", stop=["zzz", "ue bec"])

    assert "The sky is bl" == raw.text
    assert {
        OPENAI: b'"finish_reason":"stop"',
        ANTHROPIC: b'"stop_reason":"stop_sequence","stop_sequence":"ue bec"',
        COHERE: b'"finish_reason":"STOP_SEQUENCE"',
    }[path] in raw.body


@PATHS
@pytest.mark.parametrize("said", ["The sky is", "Ships float since"])
async def test_a_prefill_is_continued(provider: FaultProvider, path: str, said: str) -> None:
    """After a prefill comes the rest; after another voice's words, what follows as many words."""
    raw = await ask(provider, path, "ok", messages=[*HELLO, {"role": "assistant", "content": said}])

    assert CANONICAL_TEXT == "The sky is" + raw.text


@PATHS
async def test_a_prefill_can_be_rejected(provider: FaultProvider, path: str) -> None:
    """`reject-prefill` answers 400 to a prefill, and well to anything else."""
    prefilled = [*HELLO, {"role": "assistant", "content": "The"}]

    assert 400 == (await ask(provider, path, "reject-prefill", messages=prefilled)).status
    assert 200 == (await ask(provider, path, "reject-prefill")).status


async def test_texts_can_be_chosen() -> None:
    """`tokens`, `text` and `voice` say what is answered; two voices differ."""
    assert "1 2 1 2 1" == canonical_text("text=1 2+tokens=5")
    assert 20 == len(canonical_text("voice=b").split())
    assert canonical_text("voice=b") != canonical_text("gpt-4o")


@PATHS
async def test_a_missing_key_is_401(provider: FaultProvider, path: str) -> None:
    """Without a key nothing else is looked at."""
    request = request_for(path, "reset").replace(b"x-api-key: k\r\nauthorization: Bearer k\r\n", b"")

    assert 401 == (await exchange(provider, request)).status
    assert [None] == [attempt.key for attempt in provider.attempts]


@PATHS
@pytest.mark.parametrize(
    "fields", [{"messages": []}, {"messages": 1}, {"max_tokens": 0}, {"temperature": "hot"}, {"stream": "yes"}]
)
async def test_an_invalid_request_is_400(provider: FaultProvider, path: str, fields: dict[str, Any]) -> None:
    """What the real providers refuse is refused."""
    raw = await ask(provider, path, "ok", **fields)

    kind = raw.json["message"][:16] if path == COHERE else raw.json["error"]["type"]
    assert (400, "invalid request:" if path == COHERE else "invalid_request_error") == (raw.status, kind)
