"""What the model says: its plan for the tools, its thinking and its text."""

from typing import Any, Literal

import msgspec

from llmrpc.v1 import message_pb2
from llmrpc_server.errors import ProviderBadResponse
from llmrpc_server.providers.answer import Answer
from llmrpc_server.providers.cohere_chat.wire import KIND, Citation, Content
from llmrpc_server.providers.reading import merge

_Voice = Literal["text", "reasoning"]

_VOICES: dict[str, _Voice] = {"text": "text", "thinking": "reasoning"}
_STARTS: dict[_Voice, message_pb2.ContentPart] = {
    "text": message_pb2.ContentPart(text=""),
    "reasoning": message_pb2.ContentPart(reasoning=message_pb2.Reasoning()),
}
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Contents:
    """Grows by blocks, each at its own index, and by the plan, which is none of them.

    Parts stay open until the answer ends: a citation can come after the end of the block that it cites.
    """

    def __init__(self, provider: str, answer: Answer) -> None:
        self._provider = provider
        self._answer = answer
        self._blocks: dict[int, _Block] = {}
        self._plan: int | None = None
        self._last: dict[_Voice, int] = {}

    def plan(self, text: str) -> None:
        """Append to the plan."""
        if not text:
            return
        if self._plan is None:
            self._plan = self._answer.start(_STARTS["reasoning"])
            self._answer.keep(self._plan, type="tool_plan")
        self._answer.grow(self._plan, text)

    def begin(self, index: int, content: Content, unknown: dict[str, Any]) -> None:
        """Begin a block with what is known of it."""
        if index in self._blocks:
            raise self._contradiction()
        self._answer.hold(content.type)
        self._blocks[index] = _Block(content)
        self.grow(index, content, unknown)

    def grow(self, index: int, content: Content, unknown: dict[str, Any]) -> None:
        """Append to a block."""
        block = self._blocks.get(index)
        if block is None or block.closed:
            raise self._contradiction()
        if block.voice is None:
            fields = {**msgspec.to_builtins(content), **unknown}
            self._answer.hold(fields)
            block.hold(fields)
            return
        if unknown:
            self._answer.hold(unknown)
            merge(block.unknown, unknown)
        text, other = (content.text, content.thinking) if block.voice == "text" else (content.thinking, content.text)
        if other:
            raise self._contradiction()
        if text:
            self._answer.grow(self._part(block, block.voice), text)

    def finish(self, index: int) -> None:
        """End a block."""
        block = self._blocks.get(index)
        if block is None or block.closed:
            raise self._contradiction()
        self._close(block)

    def end(self) -> list[dict[str, Any]]:
        """End all blocks; return, for each, its fields that have no place of their own."""
        for block in self._blocks.values():
            if not block.closed:
                self._close(block)
        return [block.unknown for block in self._blocks.values()]

    def part_at(self, index: int) -> int | None:
        """Return the part that a block became, which begins if it has not yet; None for a block of unknown type."""
        block = self._blocks.get(index)
        return None if block is None or block.voice is None else self._part(block, block.voice)

    def part_cited(self, citation: Citation) -> int:
        """Return the part that a citation is about."""
        if citation.type == "PLAN":
            part = self._plan
        elif citation.content_index is None:
            part = self._last.get("reasoning" if citation.type == "THINKING_CONTENT" else "text")
        else:
            part = self.part_at(citation.content_index)
        if part is None:
            raise self._contradiction()
        return part

    @property
    def last_text(self) -> int | None:
        """The last part that is text."""
        return self._last.get("text")

    def _part(self, block: "_Block", voice: _Voice) -> int:
        if block.part is None:
            block.part = self._last[voice] = self._answer.start(_STARTS[voice])
            if voice == "reasoning":
                self._answer.keep(block.part, type="thinking")
        return block.part

    def _close(self, block: "_Block") -> None:
        block.closed = True
        if block.voice is None:
            item = message_pb2.ProviderPart(kind=KIND, type=block.type, json=self._encode(block.whole()))
            self._answer.finish_part(self._answer.start(message_pb2.ContentPart(provider_part=item)))

    def _encode(self, fields: dict[str, Any]) -> str:
        try:
            return _ENCODER.encode(fields).decode()
        except (msgspec.MsgspecError, ValueError, OverflowError) as error:
            raise self._contradiction() from error

    def _contradiction(self) -> ProviderBadResponse:
        return ProviderBadResponse(f"{self._provider} sent content that contradicts itself")


class _Block:
    """A block that grows.

    Attributes:
        voice: Whose words its text is; None for a type that we do not know.
        part: The answer's part that it became; None before its first word.
        unknown: Fields that have no place of their own, in a block whose type is known.
        closed: It does not grow any more.
    """

    __slots__ = ("_held", "closed", "part", "type", "unknown", "voice")

    def __init__(self, start: Content) -> None:
        self.type = start.type or ("text" if start.thinking is None else "thinking")
        self.voice = _VOICES.get(self.type)
        self.part: int | None = None
        self.unknown: dict[str, Any] = {}
        self.closed = False
        # By field: the pieces of a text, or the one value of anything else.
        self._held: dict[str, list[str] | tuple[Any]] = {}

    def hold(self, fields: dict[str, Any]) -> None:
        """Take what a block of unknown type grows by: texts are appended to, anything else is replaced."""
        for name, value in fields.items():
            held = self._held.get(name)
            if isinstance(held, list) and isinstance(value, str):
                held.append(value)
            else:
                self._held[name] = [value] if isinstance(value, str) else (value,)

    def whole(self) -> dict[str, Any]:
        """Return a block of unknown type, as it stands in an unstreamed answer."""
        held = {name: "".join(value) if isinstance(value, list) else value[0] for name, value in self._held.items()}
        return {**held, "type": self.type}
