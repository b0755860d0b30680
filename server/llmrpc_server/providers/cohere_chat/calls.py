"""The tool calls of an answer."""

from typing import Any

from llmrpc.v1 import message_pb2
from llmrpc_server.errors import ProviderBadResponse
from llmrpc_server.providers.answer import Answer
from llmrpc_server.providers.cohere_chat.wire import Function, ToolCall
from llmrpc_server.providers.reading import merge

_NOTHING = Function()


class Calls:
    """Grows by tool calls, each at its own index. One is a part as soon as its id and its name are known."""

    def __init__(self, provider: str, answer: Answer) -> None:
        self._provider = provider
        self._answer = answer
        self._calls: dict[int, _Call] = {}

    def begin(self, index: int, call: ToolCall, unknown: dict[str, Any]) -> None:
        """Begin a tool call with what is known of it."""
        if index in self._calls:
            raise self._contradiction()
        self._calls[index] = _Call()
        self.grow(index, call, unknown)

    def grow(self, index: int, call: ToolCall, unknown: dict[str, Any]) -> None:
        """Append to a tool call."""
        growing = self._open(index)
        if unknown:
            self._answer.hold(unknown)
            merge(growing.unknown, unknown)
        function = call.function or _NOTHING
        if growing.part is not None:
            self._answer.grow(growing.part, function.arguments or "")
            return
        self._answer.hold([call.id, function.name, function.arguments])
        growing.id = growing.id or call.id or ""
        growing.name = growing.name or function.name or ""
        growing.held.append(function.arguments or "")
        if growing.id and growing.name:
            self._start(growing)

    def finish(self, index: int) -> None:
        """End a tool call."""
        self._close(self._open(index))

    def end(self) -> list[dict[str, Any]]:
        """End all tool calls; return, for each, its fields that have no place of their own."""
        for call in self._calls.values():
            if not call.closed:
                self._close(call)
        return [call.unknown for call in self._calls.values()]

    def _open(self, index: int) -> "_Call":
        call = self._calls.get(index)
        if call is None or call.closed:
            raise self._contradiction()
        return call

    def _start(self, call: "_Call") -> None:
        started = message_pb2.ToolCall(id=call.id, name=call.name)
        call.part = self._answer.start(message_pb2.ContentPart(tool_call=started))
        for piece in call.held:
            self._answer.grow(call.part, piece)

    def _close(self, call: "_Call") -> None:
        if call.part is None:
            raise ProviderBadResponse(f"{self._provider} sent a tool call without an id or a name")
        call.closed = True
        self._answer.finish_part(call.part)

    def _contradiction(self) -> ProviderBadResponse:
        return ProviderBadResponse(f"{self._provider} sent tool calls that contradict each other")


class _Call:
    """A tool call that grows.

    Attributes:
        held: The arguments before it became a part.
        part: The answer's part that it became.
        unknown: Fields that have no place of their own.
        closed: It does not grow any more.
    """

    __slots__ = ("closed", "held", "id", "name", "part", "unknown")

    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self.held: list[str] = []
        self.part: int | None = None
        self.unknown: dict[str, Any] = {}
        self.closed = False
