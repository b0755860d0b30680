"""How far estimates are off what providers counted, over all recorded answers; docs/money.md tells the same numbers."""

from collections import defaultdict
from collections.abc import Iterable

import pytest

from llmrpc.v1 import completion_pb2
from llmrpc_server.tokens.estimates import estimate_input
from llmrpc_server.tokens.manners import Manner, manner
from llmrpc_server.tokens.output_estimates import OutputEstimate, estimate_answer
from money.estimate_tables import ENOUGH_ANSWERS, ENOUGH_TOKENS, NEAR, SHORT, answers, at, row
from money.recorded_requests import recorded_request
from replay.recordings import Recording
from toolchains import ROOT

# They count thoughts and searches that they do not show, and do not say how many; and one that lost its thoughts.
_UNTOLD = ("xai/", "groq_model_web_search", "web_search_annotations", "clear_thinking")
# Their vendor adds words for sources that the model is to name, or puts a summary in the place of what was said.
_CHANGED = ("citations", "compaction")
# Most of a long prompt, or of encrypted thoughts, is not in the recording.
_CUT = ("gpt_5_nano_can_handle_multiple_tool", "chat_prompt_cache_round_trip")

_TEXT, _TOOLS, _OWN_TOOLS, _SEALED, _HIDDEN = (
    "text and thoughts that are shown",
    "with calls of tools",
    "with tools that the vendor runs",
    "with thoughts that come encrypted",
    "with thoughts or searches that leave no trace",
)
_PLAIN, _OFFERED, _ADDED, _PREAMBLE = (
    "text, thoughts, schemas of the answer",
    "with tools",
    "with media, sources to be named, or tools that the vendor runs",
    "Cohere, with a preamble that it does not bill",
)
_OF_OUTPUT = (_TEXT, _TOOLS, _OWN_TOOLS, _SEALED)


def _output_sort(recording: Recording, answer: completion_pb2.CompleteResponse) -> str:
    usage, parts = answer.accounting.usage, answer.message.parts
    thoughts = [part for part in parts if part.HasField("reasoning")]
    own = any(part.HasField("provider_part") for part in parts)
    hidden = usage.reasoning_tokens and not thoughts and not own
    if hidden or any(word in recording.name for word in _UNTOLD):
        return _HIDDEN
    if usage.output_tokens < ENOUGH_TOKENS:
        return SHORT
    if any(not part.reasoning.text for part in thoughts):
        return _SEALED
    if own:
        return _OWN_TOOLS
    return _TOOLS if any(part.HasField("tool_call") for part in parts) else _TEXT


def _input_sort(recording: Recording, asked: completion_pb2.CompleteRequest, counted: int) -> str | None:
    parts = [part for message in asked.messages for part in message.parts]
    parts += [inner for part in parts for inner in part.tool_result.parts]
    if any(part.HasField("media") for part in parts) or any(tool.HasField("provider_tool") for tool in asked.tools):
        return _ADDED
    if recording.vendor == "cohere":
        return _PREAMBLE
    if any(word in recording.name for word in (*_CHANGED, *_UNTOLD)):
        return _ADDED
    if any(word in recording.name for word in _CUT):
        return None
    if counted < ENOUGH_TOKENS:
        return SHORT
    return _OFFERED if asked.tools else _PLAIN


def _manner(recording: Recording, answer: completion_pb2.CompleteResponse) -> Manner:
    return manner(recording.kind, answer.accounting.target.reported_model)


def _missing(rows: Iterable[str]) -> list[str]:
    page = (ROOT / "docs" / "money.md").read_text()
    return [line for line in rows if line not in page]


async def test_how_far_estimates_of_output_are_off() -> None:
    """Of answers that show all that was counted 95 % are at most 30 % off; the rest is as the page tells."""
    errors: dict[str, list[float]] = defaultdict(list)
    async for recording, told in answers():
        how = _manner(recording, told.completed)
        shown = OutputEstimate(how)
        for event in told.events:
            shown.add(event)
        guess = shown.tokens if recording.streamed else estimate_answer(told.completed.message, how)
        counted = told.completed.accounting.usage.output_tokens
        errors[_output_sort(recording, told.completed)].append(abs(guess - counted) / counted)
    if not errors:
        pytest.skip("no recordings: ../shared/wire is absent")

    assert [] == _missing(row(sort, errors[sort]) for sort in (*_OF_OUTPUT, _HIDDEN, SHORT))
    assert [] == [sort for sort in _OF_OUTPUT if at(0.95, errors[sort]) > NEAR]
    assert ENOUGH_ANSWERS <= min(len(errors[sort]) for sort in (_TEXT, _TOOLS))


async def test_how_far_estimates_of_input_are_off() -> None:
    """Of requests with tools, with all that was read, 90 % are at most 30 % off; the rest is as the page tells."""
    errors: dict[str, list[float]] = defaultdict(list)
    async for recording, told in answers():
        asked = recorded_request(recording)
        counted = told.completed.accounting.usage.input_tokens
        if asked is None or not counted:
            continue
        guess = estimate_input(asked, _manner(recording, told.completed))
        if sort := _input_sort(recording, asked, counted):
            errors[sort].append(abs(guess - counted) / counted)
    if not errors:
        pytest.skip("no recordings: ../shared/wire is absent")

    assert [] == _missing(row(sort, errors[sort]) for sort in (_PLAIN, _OFFERED, _ADDED, _PREAMBLE, SHORT))
    assert at(0.9, errors[_OFFERED]) <= NEAR
    assert len(errors[_OFFERED]) >= ENOUGH_ANSWERS
