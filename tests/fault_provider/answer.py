"""The canonical answers: which tokens a request gets, and why the answer ends."""

import re
from dataclasses import dataclass
from itertools import chain, cycle, islice

from .behaviour import Behaviour, Finish
from .prompt import Prompt

VOICES = {
    "a": "The sky is blue because air scatters short waves of sunlight far more than long ones; à midi, naturally 🌍.",
    "b": "Ships float since the water they push aside weighs exactly as much as they do; même en fer, indeed ⚓.",
}
"""Twenty tokens each, with characters of two and four bytes."""

CANONICAL_TEXT = VOICES["a"]
"""What a model without behaviours answers."""

_TOKEN = re.compile(r"\s*\S+(?:\s+$)?|\s+")


@dataclass(frozen=True)
class Answer:
    """What is said, in tokens that join to the text, and why it ends."""

    tokens: tuple[str, ...]
    finish: Finish
    stop_sequence: str | None = None

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.tokens)


def canonical_text(model: str = "") -> str:
    """Return the text that this model answers when nothing cuts it short; raises BehaviourError."""
    return "".join(_canonical_tokens(Behaviour.parse(model)))


def compose(behaviour: Behaviour, prompt: Prompt) -> Answer:
    """Return the answer: the canonical text, or what a prefill left of it, within the prompt's limits."""
    tokens, stop_sequence = _canonical_tokens(behaviour), None
    finish: Finish = "stop"
    if prompt.prefill is not None:
        tokens = _after(prompt.prefill, tokens)
    text = "".join(tokens)
    found = [(text.index(stop), stop) for stop in prompt.stops if stop in text]
    if found:
        end, stop_sequence = min(found)
        tokens = _tokens_of(text[:end])
    if prompt.max_tokens is not None and len(tokens) > prompt.max_tokens:
        tokens, finish, stop_sequence = tokens[: prompt.max_tokens], "length", None
    return Answer(tuple(tokens), behaviour.finish or finish, stop_sequence)


def _canonical_tokens(behaviour: Behaviour) -> list[str]:
    """Return the tokens before any limit."""
    text = VOICES[behaviour.voice] if behaviour.text is None else behaviour.text
    if behaviour.tokens is None:
        return _tokens_of(text)
    repeated = chain(_tokens_of(text), cycle(_tokens_of(" " + text)))
    return list(islice(repeated, behaviour.tokens))


def _after(prefill: str, tokens: list[str]) -> list[str]:
    """Return what follows the prefill; after somebody else's words, as many words later."""
    text = "".join(tokens)
    if text.startswith(prefill):
        return _tokens_of(text[len(prefill) :])
    return tokens[len(prefill.split()) :]


def _tokens_of(text: str) -> list[str]:
    """Return the words, each with the space before it."""
    return _TOKEN.findall(text)
