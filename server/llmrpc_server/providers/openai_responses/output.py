"""The items of an answer, as parts: whole ones, and such as come in pieces."""

from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
from msgspec import Raw

from llmrpc.v1 import message_pb2
from llmrpc_server.errors import ProviderBadResponse
from llmrpc_server.providers.answer import Answer
from llmrpc_server.providers.openai_responses.citations import citation
from llmrpc_server.providers.openai_responses.logprobs import tokens
from llmrpc_server.providers.openai_responses.wire import (
    Content,
    FunctionCall,
    ItemKind,
    Logprob,
    Message,
    Reasoning,
    as_text,
)
from llmrpc_server.providers.reading import Reader

KIND = "openai_responses"

# Of an item: its index in the output, or its name where a server does not number items.
Key = int | str
Sort = Literal["text", "refusal", "summary", "reasoning", "arguments"]
# What is said in an item, and where among its like.
Place = tuple[Sort, int]

ARGUMENTS: Place = ("arguments", 0)

_KIND = msgspec.json.Decoder(ItemKind)
_MESSAGE = Reader(Message, "a message")
_CONTENT = Reader(Content, "a message's content")
_CALL = Reader(FunctionCall, "a function call")
_REASONING = Reader(Reasoning, "a reasoning item")

_FIELDS = msgspec.json.Decoder(dict[str, Raw])
_ENCODER = msgspec.json.Encoder(decimal_format="number")

_Part = message_pb2.ContentPart

_EMPTY = {"text": _Part(text=""), "refusal": _Part(refusal="")}
_THOUGHTS = _Part(reasoning=message_pb2.Reasoning())
_HIDDEN = _Part(reasoning=message_pb2.Reasoning(redacted=True))
_BETWEEN_THOUGHTS = "\n\n"

_SORTS: dict[str, Sort] = {
    "output_text": "text",
    "refusal": "refusal",
    "summary_text": "summary",
    "reasoning_text": "reasoning",
}


@dataclass(slots=True, eq=False)
class _Item:
    """What was told of an item.

    Attributes:
        parts: Its parts of the answer, in order.
        told: What was said, and the part that it went to.
        cited: How many sources of each text were told.
        weighed: What had its log probabilities told.
        call: The part of a function call, once its id and name are known.
        thoughts: The one part of all its reasoning.
    """

    parts: list[int] = field(default_factory=list)
    told: dict[Place, int] = field(default_factory=dict)
    cited: dict[int, int] = field(default_factory=dict)
    weighed: set[Place] = field(default_factory=set)
    call: int | None = None
    thoughts: int | None = None
    ended: bool = False


class Output:
    """Puts items into an answer, by their keys. What came in pieces is not told again when it comes as a whole.

    Attributes:
        refused: The model declined to answer.
        waiting: The calls of items without a place of their own, whose results are not among the items: they are the
            caller's to give.
    """

    def __init__(self, provider: str, answer: Answer) -> None:
        self._provider = provider
        self._answer = answer
        self._items: dict[Key, _Item] = {}
        self._keys: dict[str, Key] = {}
        self.refused = False
        self.waiting: set[str] = set()

    def begin(self, at: Key | None, raw: Raw) -> None:
        """Take note of an item that begins; a function call is told as soon as its id and name are known."""
        kind, at = self._identify(at, raw)
        item = self._items.get(at)
        if item is None or item.ended:
            item = self._new(at)
        if kind.type == "function_call" and item.call is None:
            call, _ = _CALL.read(self._provider, bytes(raw))
            if call.call_id and call.name:
                self._begin_call(item, call)

    def say(self, at: Key, place: Place, piece: str, logprobs: list[Logprob] | None = None) -> None:
        """Append to what is said at a place of an item; arguments without a name yet wait for the whole.

        Raises:
            ProviderBadResponse: The item has ended.
        """
        item = self._items.get(at)
        if item is None:
            item = self._new(at)
        elif item.ended:
            raise ProviderBadResponse(f"{self._provider} went on with an item that had ended")
        part = item.told.get(place)
        if part is None:
            part = self._begin(item, place[0]) if piece else None
            if part is None:
                return
            item.told[place] = part
        self._answer.grow(part, piece)
        if logprobs:
            item.weighed.add(place)
            self._answer.tell_logprobs(part, tokens(logprobs))

    def say_whole(self, at: Key, place: Place, text: str, logprobs: list[Logprob] | None = None) -> None:
        """Tell what is said at a place, and how probable it was, but for what was told in pieces."""
        item = self._items.get(at)
        if item is None or not (item.ended or place in item.told):
            self.say(at, place, text, logprobs)
        elif logprobs and not item.ended and place not in item.weighed:
            self.say(at, place, "", logprobs)

    def cite(self, at: Key, number: int, annotation: Raw) -> None:
        """Add a source to a text; one that comes before its text waits for the whole."""
        item = self._items.get(at)
        if item is None or item.ended or ("text", number) not in item.told:
            return
        self._answer.cite(item.told["text", number], citation(self._provider, annotation))
        item.cited[number] = item.cited.get(number, 0) + 1

    def say_content(self, at: Key, number: int, raw: Raw) -> bool:
        """Tell a whole piece of content; return whether it is of a type that has a place in an answer."""
        sort = _SORTS.get(self._kind(raw).type)
        if sort is None:
            return False
        content, unknown = _CONTENT.read(self._provider, bytes(raw))
        text = content.refusal if sort == "refusal" else content.text
        self.say_whole(at, (sort, number), text or "", content.logprobs)
        item = self._items[at]
        for annotation in (content.annotations or [])[item.cited.get(number, 0) :]:
            self.cite(at, number, annotation)
        part = item.told.get((sort, number))
        if unknown and sort in _EMPTY and part is not None and not item.ended:
            self._answer.keep(part, content=unknown)
        return True

    def end(self, at: Key | None, raw: Raw) -> None:
        """Tell what is left of an item, which is whole now; an item that has ended stays as it is."""
        kind, at = self._identify(at, raw)
        item = self._items.get(at) or self._new(at)
        if item.ended:
            return
        match kind.type:
            case "message":
                self._end_message(at, item, raw)
            case "function_call":
                self._end_call(at, item, raw)
            case "reasoning":
                self._end_reasoning(at, item, raw)
            case _:
                self._start_provider_part(item, kind.type, as_text(self._provider, raw))
                if kind.type.endswith("_output"):
                    self.waiting.discard(kind.call_id or "")
                elif kind.call_id:
                    self.waiting.add(kind.call_id)
        for part in item.parts:
            self._answer.finish_part(part)
        item.ended = True

    def end_all(self, output: list[Raw]) -> None:
        """End the items of a whole answer, by the keys that they had until then."""
        for index, raw in enumerate(output):
            self.end(self._keys.get(self._kind(raw).name, index), raw)

    def _end_message(self, at: Key, item: _Item, raw: Raw) -> None:
        message, unknown = _MESSAGE.read(self._provider, bytes(raw))
        state = _state(unknown, id=message.id, status=message.status, phase=message.phase)
        for number, content in enumerate(message.content or ()):
            if not self.say_content(at, number, content):
                # As an item of its own it can go back.
                whole = {**state, "type": "message", "role": "assistant", "content": [content]}
                self._start_provider_part(item, self._kind(content).type, _ENCODER.encode(whole).decode())
        for part in item.told.values():
            self._answer.keep(part, **state)

    def _end_call(self, at: Key, item: _Item, raw: Raw) -> None:
        call, unknown = _CALL.read(self._provider, bytes(raw))
        part = self._begin_call(item, call) if item.call is None else item.call
        self.say_whole(at, ARGUMENTS, call.arguments or "")
        state = {"id": call.id, "status": call.status, "namespace": call.namespace}
        self._answer.keep(part, **_state(unknown, **state, caller=call.caller, **{"async": call.is_async}))

    def _end_reasoning(self, at: Key, item: _Item, raw: Raw) -> None:
        known, _ = _REASONING.read(self._provider, bytes(raw))
        for number, thought in enumerate(known.summary or ()):
            self.say_whole(at, ("summary", number), thought.text or "")
        for number, thought in enumerate(known.content or ()):
            self.say_whole(at, ("reasoning", number), thought.text or "")
        part = self._start(item, _HIDDEN) if item.thoughts is None else item.thoughts
        # The item itself is what the vendor wants back.
        self._answer.keep(part, **_FIELDS.decode(as_text(self._provider, raw)))

    def _begin(self, item: _Item, sort: Sort) -> int | None:
        """Return the part that something new in an item goes to; None for arguments of a call without a name."""
        match sort:
            case "arguments":
                return item.call
            case "summary" | "reasoning":
                if item.thoughts is None:
                    item.thoughts = self._start(item, _THOUGHTS)
                else:
                    self._answer.grow(item.thoughts, _BETWEEN_THOUGHTS)
                return item.thoughts
            case _:
                self.refused = self.refused or sort == "refusal"
                return self._start(item, _EMPTY[sort])

    def _begin_call(self, item: _Item, call: FunctionCall) -> int:
        if not call.name or not (id_ := call.call_id or call.id):
            raise ProviderBadResponse(f"{self._provider} sent a function call without a name or an id")
        item.call = self._start(item, _Part(tool_call=message_pb2.ToolCall(id=id_, name=call.name)))
        return item.call

    def _start_provider_part(self, item: _Item, type_: str, json: str) -> None:
        self._start(item, _Part(provider_part=message_pb2.ProviderPart(kind=KIND, type=type_, json=json)))

    def _start(self, item: _Item, part: message_pb2.ContentPart) -> int:
        index = self._answer.start(part)
        item.parts.append(index)
        return index

    def _new(self, at: Key) -> _Item:
        self._answer.hold(at)
        item = self._items[at] = _Item()
        return item

    def _identify(self, at: Key | None, raw: Raw) -> tuple[ItemKind, Key]:
        """Return what an item is, and its key, which is its name if need be."""
        kind = self._kind(raw)
        key = kind.name if at is None else at
        # Where items have neither, the one is known as the nameless one.
        if kind.name or at is None:
            if kind.name not in self._keys:
                self._answer.hold(kind.name)
            self._keys[kind.name] = key
        return kind, key

    def _kind(self, raw: Raw) -> ItemKind:
        try:
            return _KIND.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ProviderBadResponse(f"{self._provider} sent an item without a type") from error


def _state(unknown: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {**{name: value for name, value in fields.items() if value is not None}, **unknown}
