"""What wire formats share in reading a request."""

import pytest

from attempts import attempt
from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server.providers.conversation import functions, is_json_object, provider_tools, raw_json, state_of, turns

USER, ASSISTANT, TOOL = message_pb2.ROLE_USER, message_pb2.ROLE_ASSISTANT, message_pb2.ROLE_TOOL


def said(role: message_pb2.Role.ValueType, *texts: str) -> message_pb2.Message:
    """Make a message of texts."""
    return message_pb2.Message(role=role, parts=[message_pb2.ContentPart(text=text) for text in texts])


def with_tools(*names: str, chosen: tuple[str, ...] = ()) -> completion_pb2.CompleteRequest:
    """Make a request with functions of these names, of which some are chosen."""
    return completion_pb2.CompleteRequest(
        tools=[message_pb2.Tool(function=message_pb2.FunctionTool(name=name)) for name in names],
        tool_choice=message_pb2.ToolChoice(tool_names=chosen),
    )


def kept(kind: str, data: bytes) -> message_pb2.ContentPart:
    """Make a part with a provider's state."""
    return message_pb2.ContentPart(text="x", provider_state=message_pb2.ProviderState(kind=kind, data=data))


def test_turns() -> None:
    """Messages of one role that follow each other are one turn; a role that comes back is another."""
    messages = [said(USER, "a"), said(USER, "b", "c"), said(ASSISTANT, "d"), said(USER, "e")]

    found = [(role, [part.text for part in parts]) for role, parts in turns(messages)]

    assert [(USER, ["a", "b", "c"]), (ASSISTANT, ["d"]), (USER, ["e"])] == found


@pytest.mark.parametrize(("chosen", "expected"), [((), ["a", "b", "c"]), (("c", "a"), ["a", "c"])])
def test_functions(chosen: tuple[str, ...], expected: list[str]) -> None:
    """All functions are offered, or those that the tool choice names, in the request's order."""
    assert expected == [function.name for function in functions(with_tools("a", "b", "c", chosen=chosen))]


def test_provider_tools() -> None:
    """A provider's own tool is its type and its options."""
    request = with_tools("a")
    for options in ("", '{"max_uses": 3}'):
        request.tools.add().provider_tool.CopyFrom(
            message_pb2.ProviderTool(kind="anthropic", type="web_search", options_json=options)
        )

    assert [{"type": "web_search"}, {"type": "web_search", "max_uses": 3}] == provider_tools(request)


def test_state_of_ones_own() -> None:
    """A provider gets back what its own kind kept, without a word to the caller."""
    call = attempt(kind="anthropic")

    assert {"signature": "abc"} == state_of(kept("anthropic", b'{"signature": "abc"}'), call)
    assert {} == state_of(message_pb2.ContentPart(text="x"), call)
    assert [] == call.warnings


@pytest.mark.parametrize(
    "part", [kept("openai", b'{"signature": "abc"}'), kept("anthropic", b"[]"), kept("anthropic", b"\xff")]
)
def test_state_of_others(part: message_pb2.ContentPart) -> None:
    """Another kind's state, or what is no state at all, is left out, and the caller is told once."""
    call = attempt(kind="anthropic")

    assert [{}, {}] == [state_of(part, call), state_of(part, call)]
    text = "acme/model has no messages[].parts[].provider_state: it was left out"
    assert [("PARAMETER_DROPPED", text)] == [(warning.reason, warning.text) for warning in call.warnings]


def test_raw_json() -> None:
    """JSON text of the caller's stands in a body as it is."""
    assert b'{"b": 9007199254740993, "a": 1.10}' == bytes(raw_json('{"b": 9007199254740993, "a": 1.10}'))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("{}", True), ('{"a": [1]}', True), ("", False), ("[]", False), ('{"a"', False), ("1", False)],
)
def test_is_json_object(text: str, *, expected: bool) -> None:
    """What a model writes as arguments can be anything."""
    assert expected == is_json_object(text)


def test_state_of_another_model() -> None:
    """Where vendors of one kind do not take each other's state, the model must be the same as well."""
    call = attempt(kind="openai")
    own, other = kept("openai", b'{"a": 1}'), kept("openai", b'{"a": 1}')
    own.provider_state.model, other.provider_state.model = "model", "another"

    assert [{"a": 1}, {}] == [state_of(own, call, of_model=True), state_of(other, call, of_model=True)]
    assert {"a": 1} == state_of(other, call)
