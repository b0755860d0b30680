"""A whole answer."""

from dataclasses import dataclass
from typing import Any, Generic

from typing_extensions import TypeVar

from llmrpc.v1.accounting_pb2 import Accounting, Cost, Usage
from llmrpc.v1.completion_pb2 import CompleteResponse, FinishReason, Warning  # noqa: A004 - the proto's name.
from llmrpc.v1.message_pb2 import Message, ToolCall

T = TypeVar("T", default=None)

_NOTHING: Any = None


@dataclass(frozen=True, slots=True)
class Completion(Generic[T]):
    """What the model said, and what it took. A thin view of the response."""

    response: CompleteResponse
    """All of it."""
    parsed: T = _NOTHING
    """The answer as the type that `output` asked for; None without one, and where the model waits for a tool."""

    @property
    def text(self) -> str:
        """The text parts, joined; empty where the model only called tools, or declined."""
        return "".join(part.text for part in self.message.parts)

    @property
    def message(self) -> Message:
        """What the model said. Append it to the conversation as it is."""
        return self.response.message

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The tools that the model wants to be run, in its order."""
        return [part.tool_call for part in self.message.parts if part.HasField("tool_call")]

    @property
    def finish_reason(self) -> str:
        """Why the answer ended: "STOP", "MAX_TOKENS", ...; a number where this client knows no name."""
        number = self.response.finish_reason
        if number not in FinishReason.values():
            return str(number)
        return FinishReason.Name(number).removeprefix("FINISH_REASON_")

    @property
    def accounting(self) -> Accounting:
        """What the call used, cost and did: all its attempts together, and each by itself."""
        return self.response.accounting

    @property
    def call_id(self) -> str:
        """Names the call on the server's ledger and in its log."""
        return self.accounting.call_id

    @property
    def usage(self) -> Usage | None:
        """Tokens of all attempts together; None where they are not known."""
        return self.accounting.usage if self.accounting.HasField("usage") else None

    @property
    def cost(self) -> Cost | None:
        """Money for all attempts together: units + picos / 1e12. None where no price is known, not zero."""
        return self.accounting.cost if self.accounting.HasField("cost") else None

    @property
    def warnings(self) -> list[Warning]:
        """What the caller should know, for example a parameter that was dropped."""
        return list(self.response.warnings)
