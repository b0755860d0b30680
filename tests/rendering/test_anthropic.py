"""Messages: what is sent is what the official SDK sends for the same conversation."""

import pytest

from llmrpc_server.errors import Unsupported
from rendering.anthropic_messages import sdk
from rendering.anthropic_messages.expected import EXPECTED
from rendering.conversations import CONVERSATIONS
from rendering.expectation import Refused, Sent, Unsayable, comparable
from rendering.sending import Sender, warnings

TARGET = f"anthropic/{sdk.MODEL}"
# Where the order of keys is the caller's.
ORDERED = frozenset({"input_schema", "input", "schema"})


def names(kind: type[object]) -> list[str]:
    """List the conversations of which this is expected."""
    return [name for name, expectation in EXPECTED.items() if isinstance(expectation, kind)]


@pytest.mark.parametrize("streaming", [False, True], ids=["unary", "stream"])
@pytest.mark.parametrize("name", names(Sent))
async def test_sends_what_the_sdk_sends(sender: Sender, name: str, streaming: bool) -> None:
    """The body is that of the official SDK for arguments written by hand, and the caller is warned of the rest."""
    expected = EXPECTED[name]
    assert isinstance(expected, Sent)
    call = sender.call(CONVERSATIONS[name], TARGET, streaming=streaming)
    body = sender.body(call)
    theirs = sdk.request(expected.arguments, streaming=streaming)

    assert comparable(theirs.content, ORDERED) == comparable(body, ORDERED)
    assert expected.warnings == warnings(call)
    betas = {name: value for name, value in theirs.headers.items() if name == "anthropic-beta"}
    assert betas == sender.providers["anthropic"].headers(call)


@pytest.mark.parametrize("name", names(Refused))
async def test_refuses_what_cannot_be_said(sender: Sender, name: str) -> None:
    """Where nothing of it can be sent, the planner refuses it and names the fields."""
    expected = EXPECTED[name]
    assert isinstance(expected, Refused)
    with pytest.raises(Unsupported) as failed:
        sender.call(CONVERSATIONS[name], TARGET, streaming=False)

    assert expected.paths == {violation.field for violation in failed.value.violations}


@pytest.mark.parametrize("name", names(Unsayable))
async def test_fails_before_anything_is_sent(sender: Sender, name: str) -> None:
    """What only the format can tell that it cannot say fails while the body is made."""
    expected = EXPECTED[name]
    assert isinstance(expected, Unsayable)
    call = sender.call(CONVERSATIONS[name], TARGET, streaming=False)
    with pytest.raises(expected.error):
        sender.body(call)
