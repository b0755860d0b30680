"""Plain Python values become a CompleteRequest."""

import pytest

from llmrpc._requests import build_request, repeatable
from llmrpc.v1.completion_pb2 import CompleteRequest, GenerationConfig, RoutingPolicy
from llmrpc.v1.message_pb2 import ROLE_ASSISTANT, ROLE_SYSTEM, ROLE_USER, ContentPart, Message

HELLO = Message(role=ROLE_USER, parts=[ContentPart(text="Hello")])


@pytest.mark.parametrize(
    "messages",
    [
        "Hello",
        [("user", "Hello")],
        [{"role": "user", "content": "Hello"}],
        [HELLO],
    ],
)
def test_messages_can_be_said_in_four_ways(messages: str | list[Message]) -> None:
    """A str, a tuple, a dict and a Message say the same."""
    assert CompleteRequest(messages=[HELLO]) == build_request(messages)


def test_nothing_that_was_not_said_is_set() -> None:
    """An option that is left out stays unset, so that the server's default holds."""
    assert CompleteRequest() == build_request(temperature=None, labels=None)


def test_options_have_their_fields() -> None:
    """Every option lands in its field; zero is a value."""
    built = build_request(
        model="fast",
        system="Be brief.",
        temperature=0.0,
        max_output_tokens=10,
        stop_sequences=["END"],
        user="u-1",
        labels={"team": "search"},
    )

    assert (
        CompleteRequest(
            model="fast",
            messages=[Message(role=ROLE_SYSTEM, parts=[ContentPart(text="Be brief.")])],
            config=GenerationConfig(temperature=0.0, max_output_tokens=10, stop_sequences=["END"]),
            user="u-1",
            labels={"team": "search"},
        )
        == built
    )


def test_options_are_laid_over_the_raw_request() -> None:
    """The request is the base: it is not changed, its messages come first, the system text before all."""
    base = CompleteRequest(
        model="slow",
        messages=[HELLO],
        config=GenerationConfig(temperature=1.0, seed=7),
        routing=RoutingPolicy(disable_fallback=True),
        labels={"team": "search", "env": "test"},
    )
    before = base.SerializeToString(deterministic=True)

    built = build_request(
        [("assistant", "Hi")],
        request=base,
        model="fast",
        system="Be brief.",
        temperature=0.5,
        labels={"env": "live"},
    )

    assert [ROLE_SYSTEM, ROLE_USER, ROLE_ASSISTANT] == [message.role for message in built.messages]
    assert "fast" == built.model
    assert GenerationConfig(temperature=0.5, seed=7) == built.config
    assert built.routing.disable_fallback
    assert {"team": "search", "env": "live"} == dict(built.labels)
    assert before == base.SerializeToString(deterministic=True)


def test_a_role_that_plain_text_cannot_have_is_refused() -> None:
    """The error tells which roles there are."""
    with pytest.raises(ValueError, match="no role 'tool' for plain text; there are: system, developer, user"):
        build_request([("tool", "42")])


@pytest.mark.parametrize("message", ["Hello", {"role": "user"}, ("user", "a", "b"), ("user", 1), 1])
def test_what_is_no_message_is_refused(message: object) -> None:
    """The error tells what a message looks like, instead of sending something else."""
    with pytest.raises(TypeError, match='a message is a Message, \\("user", "text"\\)'):
        build_request([message])  # type: ignore[list-item]


def test_one_str_is_no_list_of_stop_sequences() -> None:
    """A str would be one stop sequence for each of its characters."""
    with pytest.raises(TypeError, match="stop_sequences is a sequence of str"):
        build_request("Hello", stop_sequences="END")


def test_an_unknown_option_is_refused() -> None:
    """A misspelt option is an error and not dropped."""
    with pytest.raises(TypeError, match="unexpected keyword argument 'temprature'"):
        build_request("Hello", temprature=1.0)  # type: ignore[call-arg]


def test_every_request_gets_an_id() -> None:
    """A call has an id of its own, which no other has; one that the caller chose stays."""
    first, second = (repeatable(build_request("Hello")) for _ in range(2))

    assert 32 == len(first.request_id)
    assert first.request_id != second.request_id
    assert "mine" == repeatable(build_request("Hello", request=CompleteRequest(request_id="mine"))).request_id
