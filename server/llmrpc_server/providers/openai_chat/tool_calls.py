"""Tool calls, whose pieces vendors tell by index, by id, or just one after the other."""

import uuid
from typing import Any

import msgspec

from llmrpc.v1 import message_pb2
from llmrpc_server.errors import ProviderBadResponse
from llmrpc_server.providers.answer import MAX_NAME, Answer
from llmrpc_server.providers.openai_chat.wire import Custom, Function, ToolCall

# Far more than a model asks for at once.
_MAX_WAITING = 128
_NOTHING = Function()


class _Call:
    """A call while it is told; `part` is its index in the answer once it has begun there."""

    __slots__ = ("_told", "_told_size", "id", "name", "part", "pieces", "state")

    def __init__(self) -> None:
        self._told: list[str] = []
        self._told_size = 0
        self.id = ""
        self.name = ""
        self.part: int | None = None
        self.pieces: list[str] = []
        self.state: dict[str, Any] = {}

    def hears(self, arguments: str) -> bool:
        """Take the next of its arguments; return whether they are new, for some servers end a call with all of them."""
        again = len(arguments) == self._told_size and arguments == "".join(self._told) and _is_whole(arguments)
        if not again:
            self._told.append(arguments)
            self._told_size += len(arguments)
        return not again


class ToolCalls:
    """Reads tool calls into an answer. A call begins there when its id and its whole name are known."""

    def __init__(self, provider: str, answer: Answer) -> None:
        self._provider = provider
        self._answer = answer
        self._calls: dict[int | str, _Call] = {}
        self._last: _Call | None = None
        self._waiting: list[_Call] = []

    def take(self, told: ToolCall) -> None:
        """Read a piece of a call.

        Raises:
            ProviderBadResponse: It has an endless name, or too many begin at once.
        """
        call = self._last = self._named(told)
        self._read(call, told)

    def add(self, told: ToolCall) -> None:
        """Read a whole call."""
        self._read(self._new(), told)

    def begin_known(self) -> None:
        """Begin the calls whose id and name are known: what is told next comes after them."""
        for call in [call for call in self._waiting if call.id and call.name]:
            self._begin(call)

    def settle(self) -> None:
        """Begin the calls that are left, with an id of our own where the vendor gave none.

        Raises:
            ProviderBadResponse: One has no name.
        """
        for call in list(self._waiting):
            if not call.name:
                raise self._bad("a tool call without a name")
            call.id = call.id or f"call_{uuid.uuid4().hex}"
            self._begin(call)

    def _named(self, told: ToolCall) -> _Call:
        """Return the call that is meant, or a new one."""
        name = _name(told)
        if told.index is not None:
            call = self._calls.get(told.index)
            if call is None or _is_another(call, told, name):
                call = self._calls[told.index] = self._new()
        elif told.id:
            call = self._calls.get(told.id)
            if call is None:
                late = self._last is not None and not self._last.id
                call = self._calls[told.id] = self._last if late and self._last else self._new()
        else:
            call = self._last
            if call is None or (name and (call.pieces or call.part is not None)):
                call = self._new()
        return call

    def _new(self) -> _Call:
        if len(self._waiting) == _MAX_WAITING:
            raise self._bad("too many tool calls at once")
        call = _Call()
        self._waiting.append(call)
        return call

    def _read(self, call: _Call, told: ToolCall) -> None:
        if told.custom is not None or told.extra_content:
            self._keep(call, told)
        arguments = _arguments(told)
        if told.custom is None and not call.hears(arguments):
            arguments = ""
        if call.part is not None:
            self._answer.grow(call.part, arguments)
            return
        if told.id and not call.id:
            self._answer.hold(told.id)
            call.id = told.id
        if (name := _name(told)) and name != call.name:
            call.name += name
            if len(call.name) > MAX_NAME:
                raise self._bad("a tool call with an endless name")
        if arguments:
            self._answer.hold(arguments)
            call.pieces.append(arguments)
        # A name can come in pieces, but not after arguments.
        if call.pieces and call.id and call.name:
            self._begin_up_to(call)

    def _keep(self, call: _Call, told: ToolCall) -> None:
        state: dict[str, Any] = {}
        if told.custom is not None:
            state["type"] = "custom"
        if told.extra_content:
            self._answer.hold(told.extra_content)
            state["extra_content"] = told.extra_content
        if call.part is None:
            call.state.update(state)
        else:
            self._answer.keep(call.part, **state)

    def _begin_up_to(self, last: _Call) -> None:
        """Begin a call, and before it those that were told of earlier."""
        for call in self._waiting[: self._waiting.index(last) + 1]:
            if call.id and call.name:
                self._begin(call)

    def _begin(self, call: _Call) -> None:
        self._waiting.remove(call)
        part = message_pb2.ContentPart(tool_call=message_pb2.ToolCall(id=call.id, name=call.name))
        call.part = self._answer.start(part)
        self._answer.grow(call.part, "".join(call.pieces))
        self._answer.keep(call.part, **call.state)
        call.pieces, call.state = [], {}

    def _bad(self, what: str) -> ProviderBadResponse:
        return ProviderBadResponse(f"{self._provider} sent {what}")


def says_nothing(told: ToolCall) -> bool:
    """Tell whether a piece is empty, as those that some vendors send with every chunk."""
    return not (told.id or _name(told) or _arguments(told) or told.extra_content)


def _is_another(call: _Call, told: ToolCall, name: str) -> bool:
    """Tell whether a piece with a call's index begins another: some vendors call every call the first one."""
    if not name:
        # A changed id alone means nothing.
        return False
    if told.id and call.id:
        return told.id != call.id
    if name != call.name:
        # A name can come in pieces, but not after arguments.
        return bool(call.name and (call.pieces or call.part is not None))
    return len(call.pieces) == 1 and bool(_arguments(told)) and _is_whole(call.pieces[0])


def _is_whole(arguments: str) -> bool:
    """Tell whether a piece of arguments is all of them."""
    try:
        return isinstance(msgspec.json.decode(arguments), dict)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def _name(told: ToolCall) -> str:
    named: Function | Custom = told.function or told.custom or _NOTHING
    return named.name or ""


def _arguments(told: ToolCall) -> str:
    if told.custom is not None:
        return told.custom.input or ""
    arguments = told.function.arguments if told.function is not None else None
    return arguments or "" if not isinstance(arguments, dict) else msgspec.json.encode(arguments).decode()
