"""What models of a family read and write beside what is sent and shown, as far as vendors tell or their counts show."""

import functools
import re
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Manner:
    """How a model counts, in tokens where nothing else is said.

    Attributes:
        density: Tokens for each that other models make of the same text.
        call: Written for each call of a tool, beside its name and arguments.
        citation: Written for each source that is named.
        frame: Written around each text.
        echoes: Whether its thoughts repeat what its tools found, which it did not write.
        asked: Read with every request.
        offered: Read with any tools, where the model may choose.
        demanded: Read with any tools, where it must call one.
        shaped: Read with a schema of the answer.
        thinking: Read where thoughts are asked for.
        typed: Whether it reads schemas of tools as types, which are shorter than JSON.
    """

    density: float = 1.0
    call: int = 8
    citation: int = 0
    frame: int = 0
    echoes: bool = False
    asked: int = 0
    offered: int = 0
    demanded: int = 0
    shaped: int = 0
    thinking: int = 0
    typed: bool = False


USUAL = Manner()
_CLAUDE = Manner(call=26, citation=21, shaped=135, thinking=30)
# Anthropic's table of its system prompt for tools: from a version on, where the model may call one and where it must.
_PROMPTS_OF_CLAUDE = (
    ((5, 0), 354, 474),
    ((4, 8), 290, 410),
    ((4, 7), 675, 804),
    ((4, 5), 496, 588),
    ((4, 0), 313, 315),
    ((0, 0), 264, 340),
)
_VERSION_OF_CLAUDE = re.compile(r"claude-(?:[a-z]+-)?(\d{1,2})(?:[.-](\d{1,2}))?(?!\d)")
_USUAL_VERSION_OF_CLAUDE = (4, 5)
# Since then its tokenizer makes 1.0 to 1.35 times as many of a text, as Anthropic says; of English and code the most.
_DENSER_CLAUDE, _DENSITY_OF_CLAUDE = (4, 7), 1.3

# OpenAI's cookbook counts 12 tokens for the end of the tools. Later models mark a text by four tokens, as the published
# format of gpt-oss tells; that has a system message, too.
_TYPED = Manner(typed=True, offered=12, demanded=12)
_MARKED = replace(_TYPED, frame=4)
# By a word in the provider's kind or the model's name, the first that is found; numbers without a source are measured.
_MANNERS = {
    r"cohere": Manner(call=18, citation=10),
    r"deepseek-r1": Manner(call=24),
    r"deepseek": Manner(call=24, offered=180, demanded=180),
    r"gemini": Manner(density=0.8),
    r"mistral": Manner(call=2),
    r"qwen": Manner(offered=80, demanded=80),
    r"compound": Manner(echoes=True),
    r"gpt-oss": replace(_MARKED, asked=65),
    r"gpt-[5-9]": _MARKED,
    r"gpt-|chatgpt|\bo[1-9]\b|openai_responses": _TYPED,
}


@functools.lru_cache(maxsize=1024)
def manner(kind: str, model: str) -> Manner:
    """Return how a model at a kind of provider reads and writes."""
    name = f"{kind}/{model}".lower()
    if "claude" in name or "anthropic" in name:
        return _claude(name)
    return next((found for word, found in _MANNERS.items() if re.search(word, name)), USUAL)


def _claude(name: str) -> Manner:
    found = _VERSION_OF_CLAUDE.search(name)
    version = (int(found[1]), int(found[2] or 0)) if found else _USUAL_VERSION_OF_CLAUDE
    _, offered, demanded = next(row for row in _PROMPTS_OF_CLAUDE if version >= row[0])
    density = _DENSITY_OF_CLAUDE if version >= _DENSER_CLAUDE else 1.0
    return replace(_CLAUDE, density=density, offered=offered, demanded=demanded)
