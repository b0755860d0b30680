"""How far estimates are off what providers counted, over all recorded answers; docs/money.md tells the same numbers."""

from collections import defaultdict
from collections.abc import Sequence

import pytest

from llmrpc.v1 import completion_pb2
from llmrpc_server.plans.output_estimates import OutputEstimate, estimate_answer, manner
from replay.feeding import feed, provider_of
from replay.recordings import Recording, recordings
from toolchains import ROOT

# Fewer are soon twice as many, and cost next to nothing.
_ENOUGH_TOKENS = 40
# They count thoughts and searches that they do not show, and do not say how many.
_UNTOLD = ("perplexity", "xai")
# In the names of recordings whose answer holds what was found elsewhere, or whose thoughts were taken out.
_OTHERWISE = ("web_search_tool_stream", "web_search_annotations", "clear_thinking")

_TEXT, _TOOLS, _OWN_TOOLS, _SEALED, _HIDDEN, _SHORT = (
    "text and thoughts that are shown",
    "with calls of tools",
    "with tools that the vendor runs",
    "with thoughts that come encrypted",
    "with thoughts or searches that leave no trace",
    f"of fewer than {_ENOUGH_TOKENS} tokens",
)


def _sort(recording: Recording, answer: completion_pb2.CompleteResponse) -> str:
    usage, parts = answer.accounting.usage, answer.message.parts
    thoughts = [part for part in parts if part.HasField("reasoning")]
    otherwise = recording.vendor in _UNTOLD or any(word in recording.name for word in _OTHERWISE)
    if otherwise or not parts or (usage.reasoning_tokens and not thoughts):
        return _HIDDEN
    if usage.output_tokens < _ENOUGH_TOKENS:
        return _SHORT
    if any(not part.reasoning.text for part in thoughts):
        return _SEALED
    if any(part.HasField("provider_part") for part in parts):
        return _OWN_TOOLS
    return _TOOLS if any(part.HasField("tool_call") for part in parts) else _TEXT


async def _errors() -> dict[str, list[float]]:
    """Return by sort of answer how far estimates are off, in shares of the count; streams as their events came."""
    found: dict[str, list[float]] = defaultdict(list)
    for recording in recordings():
        if recording.status != 200:
            continue
        provider = provider_of(recording.kind)
        # An event a piece, as providers send them.
        pieces = [piece + b"\n\n" for piece in recording.body.split(b"\n\n") if piece]
        told = await feed(provider, pieces if recording.streamed else [recording.body])
        await provider.close()
        counted = told.completed.accounting.usage.output_tokens
        if not counted:
            continue
        how = manner(recording.kind, told.completed.accounting.target.reported_model)
        shown = OutputEstimate(how)
        for event in told.events:
            shown.add(event)
        guess = shown.tokens if recording.streamed else estimate_answer(told.completed.message, how)
        found[_sort(recording, told.completed)].append(abs(guess - counted) / counted)
    return found


def _row(sort: str, errors: Sequence[float]) -> str:
    ordered = sorted(errors)
    half, most = (f"{ordered[min(int(len(ordered) * share), len(ordered) - 1)]:.0%}" for share in (0.5, 0.95))
    near = sum(error <= 0.30 for error in ordered)
    return f"| {sort} | {len(ordered)} | {half} | {most} | {near} |"


async def test_how_far_estimates_are_off() -> None:
    """Of answers that show all that was counted 95 % are at most 30 % off; the rest is as the page tells."""
    errors = await _errors()
    if not errors:
        pytest.skip("no recordings: ../shared/wire is absent")

    rows = [_row(sort, errors[sort]) for sort in (_TEXT, _TOOLS, _OWN_TOOLS, _SEALED, _HIDDEN, _SHORT)]
    page = (ROOT / "docs" / "money.md").read_text()
    for sort in (_TEXT, _TOOLS):
        ordered = sorted(errors[sort])
        assert len(ordered) >= 20
        assert ordered[int(len(ordered) * 0.95)] <= 0.30
    assert [] == [row for row in rows if row not in page]
