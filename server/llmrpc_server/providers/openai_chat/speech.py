"""What a message says, read into an answer: whole, or as it grows."""

from collections.abc import Iterable
from typing import Any

import msgspec

from llmrpc.v1 import message_pb2
from llmrpc_server.providers.answer import Answer, Voice
from llmrpc_server.providers.openai_chat.citations import of_annotation
from llmrpc_server.providers.openai_chat.logprobs import tokens
from llmrpc_server.providers.openai_chat.media import Sound, picture
from llmrpc_server.providers.openai_chat.pieces import Pieces
from llmrpc_server.providers.openai_chat.tool_calls import ToolCalls, says_nothing
from llmrpc_server.providers.openai_chat.wire import Fields, Logprobs, Said, Token, ToolCall
from llmrpc_server.providers.reading import merge

_THOUGHTS = ("text", "summary")


class Speech:
    """Reads a message, or its pieces one after the other.

    Attributes:
        begun: Something was said.
        refused: Some of it is a refusal.
        annotated: It tells sources itself.
    """

    def __init__(self, provider: str, answer: Answer) -> None:
        self.begun = False
        self.refused = False
        self.annotated = False
        self._answer = answer
        self._calls = ToolCalls(provider, answer)
        self._sound = Sound(provider, answer)
        self._details = Pieces(answer, grow=_THOUGHTS, whole=("data",))
        # The details only repeat the reasoning.
        self._repeats = False
        self._executed = Pieces(answer)
        self._others: list[Fields] = []
        self._voice: Voice | None = None
        self._part: int | None = None
        # A tool call came since: the same voice begins again.
        self._apart = False
        # What belongs to the text that comes next, and whether there is any of it.
        self._waiting = False
        self._tokens: list[Token] = []
        self._sources: list[message_pb2.Citation] = []
        self._extra: Fields = {}

    def take(self, said: Said, logprobs: Logprobs | None = None, *, whole: bool = False) -> None:
        """Read a message, or a piece of one.

        Raises:
            ValueError: A value in it makes no sense.
            ProviderBadResponse: As above.
        """
        if logprobs is not None:
            # They are told with what is said in the same piece, or else in the next.
            self._wait([*(logprobs.content or ()), *(logprobs.refusal or ())])
        if said.reasoning_content or said.reasoning or said.reasoning_details:
            self._reason(said.reasoning_content or said.reasoning or "", said.reasoning_details or [])
        if content := said.content:
            if isinstance(content, str):
                self._say("text", content)
            else:
                self._read_blocks(content)
        if said.refusal:
            self.refused = True
            self._say("refusal", said.refusal)
        if said.audio:
            self._say("text", said.audio.transcript or "")
            self._sound.take(said.audio)
        if said.tool_calls or said.function_call:
            self._call(said, whole=whole)
        if said.annotations or said.images or said.executed_tools or said.extra_content:
            self._take_rest(said)

    def cite(self, sources: Iterable[message_pb2.Citation]) -> None:
        """Add sources to the text that is being said, else to the next."""
        for source in sources:
            if self._voice == "text" and self._part is not None:
                self._answer.cite(self._part, source)
            else:
                self._answer.hold(source.json)
                self._sources.append(source)
                self._waiting = True

    def settle(self) -> None:
        """Tell what was held back; no more of it is to come.

        Raises:
            ProviderBadResponse: Some of it is not whole.
        """
        self._keep_details()
        if self._voice == "reasoning" and self._part is not None:
            self._answer.finish_part(self._part)
            self._voice = None
        self._calls.settle()
        self._sound.settle()
        message: Fields = {
            "annotations": [msgspec.Raw(source.json.encode()) for source in self._sources],
            "content": self._others,
            "executed_tools": self._executed.taken(),
            "extra_content": {} if self._voice == "text" else self._extra,
        }
        choice: Fields = {"message": {name: value for name, value in message.items() if value}}
        if self._tokens:
            choice["logprobs"] = {"content": self._tokens}
        if choice["message"] or self._tokens:
            self._answer.note({"choices": [choice]})
        self._sources, self._others, self._tokens = [], [], []

    def _say(self, voice: Voice, text: str) -> None:
        if not text:
            return
        if voice != self._voice or self._apart:
            self._turn(voice)
        self._part = self._answer.say(voice, text)
        if self._waiting and voice != "reasoning":
            self._tell_waiting(voice)

    def _reason(self, text: str, details: list[Fields]) -> None:
        self._repeats = self._repeats or bool(text)
        self._say("reasoning", text or ("" if self._repeats else _thoughts(details)))
        self._details.add(details)

    def _wait(self, told: list[Token]) -> None:
        if self._tokens:
            self._answer.hold(told)
        self._tokens += told
        self._waiting = True

    def _tell_waiting(self, voice: Voice) -> None:
        part = self._part
        if part is None:
            return
        self._answer.tell_logprobs(part, tokens(self._tokens))
        self._tokens = []
        if voice == "text":
            for source in self._sources:
                self._answer.cite(part, source)
            if self._extra:
                self._answer.keep(part, extra_content=self._extra)
            self._sources = []
        self._waiting = bool(self._sources) or (voice != "text" and bool(self._extra))

    def _turn(self, voice: Voice) -> None:
        """Begin to speak in a voice: what is known of what came before is told first."""
        if self._voice == "reasoning" or voice != "reasoning":
            self._keep_details()
        if self._voice == "text":
            # The next text has its own.
            self._extra = {}
        if voice == self._voice and self._part is not None:
            self._answer.finish_part(self._part)
        self._calls.begin_known()
        self._voice, self._part, self._apart = voice, None, False
        self.begun = True

    def _keep_details(self) -> None:
        """Keep what OpenRouter must get back with the reasoning that it belongs to; without any it is hidden."""
        details = self._details.taken()
        if not any(one.get(name) for one in details for name in (*_THOUGHTS, "data", "signature")):
            return
        part = self._part if self._voice == "reasoning" else None
        if part is None:
            part = self._answer.start(message_pb2.ContentPart(reasoning=message_pb2.Reasoning(redacted=True)))
        self._answer.keep(part, reasoning_details=details)

    def _call(self, said: Said, *, whole: bool) -> None:
        read = self._calls.add if whole else self._calls.take
        for call in said.tool_calls or [ToolCall(function=said.function_call)]:
            if not says_nothing(call):
                self._apart = self.begun = True
                read(call)

    def _take_rest(self, said: Said) -> None:
        if said.annotations:
            self.annotated = True
            self.cite(map(of_annotation, said.annotations))
        for image in said.images or ():
            self._show(image)
        if said.executed_tools:
            self._executed.add(said.executed_tools)
        if said.extra_content:
            merge(self._extra, said.extra_content)
            self._waiting = True
            if self._voice == "text":
                self._tell_waiting("text")

    def _read_blocks(self, blocks: list[Fields]) -> None:
        """Read Mistral's list of blocks."""
        for block in blocks:
            match block:
                case {"type": "text", "text": str(text)}:
                    self._say("text", text)
                case {"type": "thinking", "thinking": thoughts}:
                    self._think(thoughts, block.get("signature"))
                case {"type": "reference" | "tool_reference"}:
                    self.annotated = True
                    self.cite([of_annotation(msgspec.Raw(msgspec.json.encode(block)))])
                case {"type": "image_url"}:
                    self._show(block)
                case _:
                    self._keep_other(block)

    def _think(self, thoughts: Any, signature: Any) -> None:
        for thought in thoughts if isinstance(thoughts, list) else [{"type": "text", "text": thoughts}]:
            match thought:
                case {"type": "text", "text": str(text)}:
                    self._say("reasoning", text)
                case dict():
                    self._keep_other(thought)
        if isinstance(signature, str) and self._voice == "reasoning" and self._part is not None:
            self._answer.keep(self._part, signature=signature)

    def _show(self, image: Fields) -> None:
        if (media := picture(image)) is None:
            self._keep_other(image)
        else:
            self._apart = self.begun = True
            self._answer.keep(self._answer.start(message_pb2.ContentPart(media=media)), images=True)

    def _keep_other(self, block: Fields) -> None:
        self._answer.hold(block)
        self._others.append(block)


def _thoughts(details: list[Fields]) -> str:
    """Return the reasoning of a vendor that tells it in its details alone."""
    return "".join(text for one in details for name in _THOUGHTS if isinstance(text := one.get(name), str))
