"""Reasoning before the answer, and what answers count, on all wire formats."""

import pytest

from fault_provider import CANONICAL_TEXT, FaultProvider
from fault_provider.answer import REASONING_TEXT
from faults.dialects import asking_usage
from faults.heard import reasoned, reasoned_whole, usage
from faults.wire import ANTHROPIC, COHERE, OPENAI, PATHS, RESPONSES, anthropic_sdk, ask, openai_sdk, text_of

SIX = " ".join(REASONING_TEXT.split()[:6])


@PATHS
async def test_reasoning_comes_first(provider: FaultProvider, path: str) -> None:
    """`reasoning=N` reasons for N tokens, streamed and whole, and then answers as ever."""
    streamed = await ask(provider, path, "reasoning=6")
    whole = await ask(provider, path, "reasoning=6", stream=False)

    assert (SIX, CANONICAL_TEXT) == (reasoned(path, streamed), streamed.text)
    assert (SIX, CANONICAL_TEXT) == (reasoned_whole(path, whole.json), text_of(path, whole.json))


@PATHS
async def test_breaking_off_amid_reasoning(provider: FaultProvider, path: str) -> None:
    """`cut@N` counts its tokens."""
    raw = await ask(provider, path, "reasoning=6+cut@4")

    assert (" ".join(REASONING_TEXT.split()[:4]), "") == (reasoned(path, raw), raw.text)


@PATHS
@pytest.mark.parametrize("stream", [True, False])
async def test_reasoning_counts_as_output(provider: FaultProvider, path: str, stream: bool) -> None:
    """The output's tokens include those of reasoning, and each wire format says how many those are."""
    asked = asking_usage(path) if stream else {}
    raw = await ask(provider, path, "reasoning=6", stream=stream, **asked)
    counted = usage(path, raw, stream=stream)

    assert {
        OPENAI: lambda: (counted["completion_tokens"], counted["completion_tokens_details"]["reasoning_tokens"]),
        RESPONSES: lambda: (counted["output_tokens"], counted["output_tokens_details"]["reasoning_tokens"]),
        ANTHROPIC: lambda: (counted["output_tokens"], counted["output_tokens_details"]["thinking_tokens"]),
        COHERE: lambda: (counted["tokens"]["output_tokens"], counted["tokens"]["reasoning_tokens"]),
    }[path]() == (26, 6)


@PATHS
@pytest.mark.parametrize("stream", [True, False])
async def test_cached_input_is_counted_as_each_wire_does(provider: FaultProvider, path: str, stream: bool) -> None:
    """`cached=N` is part of the input's tokens, except that Anthropic leaves them out of `input_tokens`."""
    raw = await ask(provider, path, "cached=3", stream=stream, **(asking_usage(path) if stream else {}))
    counted = usage(path, raw, stream=stream)

    assert {
        OPENAI: lambda: (counted["prompt_tokens"], counted["prompt_tokens_details"]["cached_tokens"]),
        RESPONSES: lambda: (counted["input_tokens"], counted["input_tokens_details"]["cached_tokens"]),
        ANTHROPIC: lambda: (counted["input_tokens"] + 3, counted["cache_read_input_tokens"]),
        COHERE: lambda: (counted["tokens"]["input_tokens"], counted["cached_tokens"]),
    }[path]() == (5, 3)


@pytest.mark.parametrize("included", [True, False])
async def test_encrypted_reasoning_has_to_be_asked_for(provider: FaultProvider, included: bool) -> None:
    """Responses gives reasoning in encrypted form if `include` says so."""
    asked = {"include": ["reasoning.encrypted_content"]} if included else {}
    raw = await ask(provider, RESPONSES, "reasoning=1", stream=False, **asked)

    assert included == ("encrypted_content" in raw.json["output"][0])


async def test_the_sdks_accumulate_reasoning(provider: FaultProvider) -> None:
    """Thinking with its signature, and a summary, arrive through the vendors' stream helpers."""
    async with (
        anthropic_sdk(provider) as client,
        client.messages.stream(
            model="reasoning=6", max_tokens=50, messages=[{"role": "user", "content": "Hi"}]
        ) as stream,
    ):
        thinking, text = (await stream.get_final_message()).content
    async with openai_sdk(provider) as other, other.responses.stream(model="reasoning=6", input="Hi") as responses:
        response = await responses.get_final_response()

    assert ("thinking", SIX) == (thinking.type, thinking.thinking)  # type: ignore[union-attr]
    assert thinking.signature  # type: ignore[union-attr]
    assert CANONICAL_TEXT == text.text == response.output_text  # type: ignore[union-attr]
    assert SIX == response.output[0].summary[0].text  # type: ignore[union-attr]
