"""What is sent is what the official SDK sends for the same conversation, in every wire format."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from llmrpc_server.errors import Unsupported
from rendering.anthropic_messages import expected as of_anthropic
from rendering.anthropic_messages import sdk as anthropic
from rendering.cohere_chat import expected as of_cohere
from rendering.cohere_chat import sdk as cohere
from rendering.conversations import CONVERSATIONS
from rendering.expectation import Expectation, Refused, Sent, Unsayable, comparable
from rendering.openai_chat import expected as of_openai
from rendering.openai_chat import sdk as openai
from rendering.openai_responses import expected as of_responses
from rendering.openai_responses import sdk as responses
from rendering.sending import Sender, warnings


@dataclass(frozen=True, slots=True)
class Format:
    """A wire format.

    Attributes:
        sdk: Its official SDK's call.
        expected: By conversation.
        ordered: Where the order of keys is the caller's.
    """

    kind: str
    sdk: Any
    expected: Mapping[str, Expectation]
    ordered: frozenset[str]

    @property
    def target(self) -> str:
        """The SDK's model at a provider of this kind."""
        return f"{self.kind}/{self.sdk.MODEL}"


FORMATS = (
    Format("anthropic", anthropic, of_anthropic.EXPECTED, frozenset({"input_schema", "input", "schema"})),
    Format("cohere", cohere, of_cohere.EXPECTED, frozenset({"parameters", "json_schema"})),
    Format("openai", openai, of_openai.EXPECTED, frozenset({"parameters", "schema"})),
    Format("openai_responses", responses, of_responses.EXPECTED, frozenset({"parameters", "schema"})),
)


def cases(outcome: type[Any], formats: Iterable[Format] = FORMATS) -> list[Any]:
    """List the conversations of which this is expected, by format."""
    return [
        pytest.param(wire, name, expectation, id=f"{wire.kind}-{name}")
        for wire in formats
        for name, expectation in wire.expected.items()
        if isinstance(expectation, outcome)
    ]


@pytest.mark.parametrize("streaming", [False, True], ids=["unary", "stream"])
@pytest.mark.parametrize(("wire", "name", "expected"), cases(Sent))
async def test_sends_what_the_sdk_sends(
    sender: Sender, wire: Format, name: str, expected: Sent, streaming: bool
) -> None:
    """The body is that of the official SDK for arguments written by hand, and the caller is warned of the rest."""
    call = sender.call(CONVERSATIONS[name], wire.target, streaming=streaming)
    body = sender.body(call)
    theirs = wire.sdk.body(expected.arguments, streaming=streaming)

    assert comparable(theirs, wire.ordered) == comparable(body, wire.ordered)
    assert expected.warnings == warnings(call)


@pytest.mark.parametrize("streaming", [False, True], ids=["unary", "stream"])
@pytest.mark.parametrize(("wire", "name", "expected"), cases(Sent, FORMATS[:1]))
async def test_names_the_betas_that_the_sdk_names(
    sender: Sender, wire: Format, name: str, expected: Sent, streaming: bool
) -> None:
    """What of Anthropic's is still in beta is asked for in a header, as the SDK does."""
    call = sender.call(CONVERSATIONS[name], wire.target, streaming=streaming)
    theirs = anthropic.request(expected.arguments, streaming=streaming).headers
    betas = {name: value for name, value in theirs.items() if name == "anthropic-beta"}

    assert betas == sender.providers[wire.kind].headers(call)


@pytest.mark.parametrize(("wire", "name", "expected"), cases(Refused))
async def test_refuses_what_cannot_be_said(sender: Sender, wire: Format, name: str, expected: Refused) -> None:
    """Where nothing of it can be sent, the planner refuses it and names the fields."""
    with pytest.raises(Unsupported) as failed:
        sender.call(CONVERSATIONS[name], wire.target, streaming=False)

    assert expected.paths == {violation.field for violation in failed.value.violations}


@pytest.mark.parametrize(("wire", "name", "expected"), cases(Unsayable))
async def test_fails_before_anything_is_sent(sender: Sender, wire: Format, name: str, expected: Unsayable) -> None:
    """What only the format can tell that it cannot say fails while the body is made."""
    call = sender.call(CONVERSATIONS[name], wire.target, streaming=False)
    with pytest.raises(expected.error):
        sender.body(call)
