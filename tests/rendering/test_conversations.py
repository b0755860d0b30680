"""The tables: every wire format is asked about every conversation."""

import pytest

from llmrpc_server.requests.validation import violations
from rendering.anthropic_messages.expected import EXPECTED as ANTHROPIC
from rendering.cohere_chat.expected import EXPECTED as COHERE
from rendering.conversations import CONVERSATIONS
from rendering.expectation import Expectation, Sent, comparable
from rendering.openai_chat.expected import EXPECTED as CHAT
from rendering.openai_responses.expected import EXPECTED as RESPONSES
from rendering.sending import KINDS

EXPECTED: dict[str, dict[str, Expectation]] = {
    "openai": CHAT,
    "openai_responses": RESPONSES,
    "anthropic": ANTHROPIC,
    "cohere": COHERE,
}

NOBODY = {
    "audio by address",
    "audio by file id",
    "video",
    "image that the model made",
    "Cohere's own tool",
    "Chat's own part",
}


def test_every_format_is_asked() -> None:
    """Each kind of provider that renders for itself has expectations."""
    assert set(KINDS) == EXPECTED.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_no_conversation_is_forgotten(kind: str) -> None:
    """Each conversation has an expectation for each kind, and there is none of a conversation that is not there."""
    assert CONVERSATIONS.keys() == EXPECTED[kind].keys()


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_conversations_are_good_requests(name: str) -> None:
    """No conversation breaks a rule of the API: what is refused is refused for the format's sake."""
    assert [] == violations(CONVERSATIONS[name])


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_somebody_can_say_it(name: str) -> None:
    """At least one format can say it, or it is known that none can."""
    said = any(isinstance(EXPECTED[kind][name], Sent) for kind in KINDS)
    assert said is (name not in NOBODY)


def test_comparison_sees_what_json_says() -> None:
    """Bodies differ where true stands for 1, or where keys of a schema change places; elsewhere places do not count."""
    ordered = frozenset({"schema"})
    assert comparable(b'{"a": 1, "b": 2}', ordered) == comparable(b'{"b": 2, "a": 1}', ordered)
    assert comparable(b'{"a": 1}', ordered) != comparable(b'{"a": true}', ordered)
    assert comparable(b'{"schema": {"a": 1, "b": 2}}', ordered) != comparable(b'{"schema": {"b": 2, "a": 1}}', ordered)
    assert comparable(b'{"schema": [[{"a": 1, "b": 2}]]}', ordered) != comparable(
        b'{"schema": [[{"b": 2, "a": 1}]]}', ordered
    )
