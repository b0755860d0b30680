"""The answers: what is said to a request, token by token, and why it ends."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, cycle, islice
from typing import Literal

from .behaviour import Behaviour, BehaviourError, Finish
from .instance import instance
from .prompt import Prompt, Tool

VOICES = {
    "a": "The sky is blue because air scatters short waves of sunlight far more than long ones; à midi, naturally 🌍.",
    "b": "Ships float since the water they push aside weighs exactly as much as they do; même en fer, indeed ⚓.",
}
"""Twenty tokens each, with characters of two and four bytes."""

CANONICAL_TEXT = VOICES["a"]
"""What a model without behaviours answers."""

REASONING_TEXT = "They ask about the sky: déjà vu 🤔, so short waves it is."
REFUSAL_TEXT = "I would rather not say anything about the sky, à vrai dire 🙏."

_TOKEN = re.compile(r"\s*\S+(?:\s+$)?|\s+")
_PIECE = 5
"""Characters of a tool call's arguments in one token."""
_CITED = 2
"""How many tokens the citation is about: the last ones."""

Kind = Literal["reasoning", "unknown", "text", "refusal", "call"]


@dataclass(frozen=True)
class Block:
    """A part of the answer, in tokens that join to its text; a tool call's is its arguments."""

    kind: Kind
    tokens: Sequence[str] = ()
    tool: str = ""
    position: int = 0
    """Of a tool call among the tool calls."""

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.tokens)


@dataclass(frozen=True)
class Citation:
    """The characters [start, end) of the answer's text, which a source stands behind."""

    start: int
    end: int
    words: str


@dataclass(frozen=True)
class Answer:
    """What is said, and why it ends."""

    blocks: Sequence[Block]
    finish: Finish | Literal["tool-calls", "refusal"]
    word: str | None = None
    """The wire format's own word for why, in place of the one for `finish`."""
    stop_sequence: str | None = None
    citation: Citation | None = None
    cached: int = 0
    """How many of the prompt's words come from the provider's cache."""

    @property
    def size(self) -> int:
        """How many tokens it has."""
        return sum(len(block.tokens) for block in self.blocks)

    def of(self, kind: Kind) -> Block | None:
        """Return the block of this kind."""
        return next((block for block in self.blocks if block.kind == kind), None)

    @property
    def calls(self) -> list[Block]:
        """The tool calls."""
        return [block for block in self.blocks if block.kind == "call"]

    @property
    def reasoning_tokens(self) -> int:
        """How many tokens are reasoning."""
        return len(block.tokens) if (block := self.of("reasoning")) else 0


def canonical_text(model: str = "") -> str:
    """Return the text that this model answers when nothing cuts it short; raises BehaviourError."""
    return "".join(_canonical_tokens(Behaviour.parse(model)))


def compose(behaviour: Behaviour, prompt: Prompt) -> Answer:
    """Return the answer within the prompt's limits; raises BehaviourError if the prompt has not what it needs."""
    said, stop_sequence = _said(behaviour, prompt)
    blocks = [*_before(behaviour), *said, *_calls(behaviour, prompt.tools)]
    limit = None if behaviour.says == "echo" else prompt.max_tokens
    answer = Answer(blocks, _finish(behaviour), behaviour.finish_word, stop_sequence)
    if limit is not None and answer.size > limit:
        kept = list(_limited(blocks, limit))
        answer = replace(answer, blocks=kept, finish=behaviour.finish or "length", stop_sequence=None)
    cited = _citation(answer.of("text")) if behaviour.citations else None
    return replace(answer, citation=cited, cached=min(behaviour.cached, prompt.words))


def _before(behaviour: Behaviour) -> Iterator[Block]:
    """Yield what comes before the text."""
    if behaviour.reasoning:
        yield Block("reasoning", _repeated(REASONING_TEXT, behaviour.reasoning))
    if behaviour.unknown:
        yield Block("unknown")


def _said(behaviour: Behaviour, prompt: Prompt) -> tuple[list[Block], str | None]:
    """Return the text, or what stands in its place, and the stop sequence that ended it."""
    if behaviour.says == "echo":
        described = json.dumps(prompt.described(), ensure_ascii=False, separators=(",", ":"))
        return [Block("text", _tokens_of(described))], None
    if behaviour.refusal:
        return [Block("refusal", _tokens_of(behaviour.text or REFUSAL_TEXT))], None
    if behaviour.says == "json":
        tokens = _tokens_of(json.dumps(_json(prompt), ensure_ascii=False))
    elif behaviour.tool_calls and behaviour.text is None and behaviour.tokens is None:
        return [], None
    else:
        tokens = _canonical_tokens(behaviour)
        tokens = tokens if prompt.prefill is None else _after(prompt.prefill, tokens)
    text = "".join(tokens)
    found = [(text.index(stop), stop) for stop in prompt.stops if stop in text]
    if not found:
        return [Block("text", tokens)], None
    end, stop_sequence = min(found)
    return [Block("text", _tokens_of(text[:end]))], stop_sequence


def _json(prompt: Prompt) -> object:
    """Return what is of the shape that the prompt asks for."""
    wanted = prompt.format or {}
    return instance(wanted["schema"]) if "schema" in wanted else {"ok": True}


def _calls(behaviour: Behaviour, tools: Sequence[Tool]) -> Iterator[Block]:
    """Yield calls of the first tools, or of the first one as often."""
    if behaviour.tool_calls and not tools:
        raise BehaviourError("tool-calls needs tools in the request")
    called = tools if len(tools) >= behaviour.tool_calls else [tools[0]] * behaviour.tool_calls
    for position, tool in enumerate(called[: behaviour.tool_calls]):
        schema = tool.parameters or {}
        arguments = instance({**schema, "required": list(schema.get("properties", ()))})
        text = json.dumps(arguments, ensure_ascii=False, separators=(",", ":"))
        yield Block("call", re.findall(f".{{1,{_PIECE}}}", text), tool.name, position)


def _finish(behaviour: Behaviour) -> Finish | Literal["tool-calls", "refusal"]:
    """Return why the answer ends if no limit ends it."""
    return behaviour.finish or ("refusal" if behaviour.refusal else "tool-calls" if behaviour.tool_calls else "stop")


def _limited(blocks: Sequence[Block], limit: int) -> Iterator[Block]:
    """Yield so many tokens of the blocks."""
    for block in blocks:
        if block.tokens and not limit:
            return
        yield replace(block, tokens=block.tokens[:limit])
        limit -= min(limit, len(block.tokens))


def _citation(text: Block | None) -> Citation | None:
    """Return a citation about the text's end."""
    if text is None or not text.tokens:
        return None
    words = "".join(text.tokens[-_CITED:]).lstrip()
    return Citation(len(text.text) - len(words), len(text.text), words)


def _canonical_tokens(behaviour: Behaviour) -> list[str]:
    """Return the tokens before any limit."""
    text = VOICES[behaviour.voice] if behaviour.text is None else behaviour.text
    return _tokens_of(text) if behaviour.tokens is None else _repeated(text, behaviour.tokens)


def _repeated(text: str, count: int) -> list[str]:
    """Return so many tokens of the text, over and over."""
    return list(islice(chain(_tokens_of(text), cycle(_tokens_of(" " + text))), count))


def _after(prefill: str, tokens: list[str]) -> list[str]:
    """Return what follows the prefill; after somebody else's words, as many words later."""
    text = "".join(tokens)
    if text.startswith(prefill):
        return _tokens_of(text[len(prefill) :])
    return tokens[len(prefill.split()) :]


def _tokens_of(text: str) -> list[str]:
    """Return the words, each with the space before it."""
    return _TOKEN.findall(text)
