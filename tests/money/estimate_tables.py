"""Whole recorded answers with what their vendors counted, and rows of how far estimates are off that."""

from collections.abc import AsyncIterator, Sequence

from replay.feeding import Told, feed, provider_of
from replay.recordings import Recording, recordings

# Of fewer, one that is missing is soon a third, and they cost next to nothing.
ENOUGH_TOKENS = 40
SHORT = f"of fewer than {ENOUGH_TOKENS} tokens"
ENOUGH_ANSWERS = 20
NEAR = 0.30

_MADE_UP = ("handwritten", "composed")
# Whose events are not those that were counted: who recorded them left most out, or put two answers together; and one
# whose vendor counts thoughts as what it read.
_NOT_COUNTED = (
    "xai/chat.stream.vercel.xai_text",
    "perplexity/chat.stream.vercel.perplexity_citations",
    "cerebras/chat.stream.vercel.cererebras_structured_output_tools_1",
    "anthropic/messages.stream.vercel.spliced_message_start",
    "ollama/chat.unary.ruby_llm.chat_with_params_ollama_qwen3_supports_response_format_param",
)


async def answers() -> AsyncIterator[tuple[Recording, Told]]:
    """Yield each recorded answer that says what it counted; streams as their events came."""
    for recording in recordings():
        if recording.status != 200 or recording.fidelity in _MADE_UP or recording.name in _NOT_COUNTED:
            continue
        provider = provider_of(recording.kind)
        # An event a piece, as providers send them.
        pieces = [piece + b"\n\n" for piece in recording.body.split(b"\n\n") if piece]
        told = await feed(provider, pieces if recording.streamed else [recording.body])
        await provider.close()
        if told.completed.accounting.usage.output_tokens:
            yield recording, told


def at(share: float, errors: Sequence[float]) -> float:
    """Return what this share of the errors is at most."""
    ordered = sorted(errors)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def row(sort: str, errors: Sequence[float]) -> str:
    """Return a row of the page's table."""
    near = sum(error <= NEAR for error in errors)
    return f"| {sort} | {len(errors)} | {at(0.5, errors):.0%} | {at(0.95, errors):.0%} | {near} |"
