"""Token counts where the provider says none: close to what providers count, and bounds that hold."""

import pytest

from gateway import request
from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server.plans.estimates import estimate, estimate_answer, estimate_delta, most_input
from replay.feeding import feed, provider_of
from replay.recordings import recordings

ENOUGH_TOKENS = 40
# In the names of recordings whose answer holds what was found or thought elsewhere.
NOT_SHOWN = ("search", "clear_thinking")
# They count thoughts and searches that they do not show, and do not say how many.
UNTOLD = ("perplexity", "xai")


def _is_told(message: message_pb2.Message) -> bool:
    """Tell whether all that the provider counts is in the answer's text: no tool of its own, no hidden reasoning."""
    shown = all(
        part.HasField("text") or (part.reasoning.text and not part.reasoning.redacted) for part in message.parts
    )
    return bool(message.parts) and shown


async def test_close_to_what_providers_count() -> None:
    """Over the recorded answers whose text is all that was counted, 95 % of estimates are at most 30 % off."""
    errors = []
    for recording in recordings():
        if not recording.streamed or recording.status != 200 or recording.vendor in UNTOLD:
            continue
        provider = provider_of(recording.kind)
        completed = (await feed(provider, [recording.body])).completed
        await provider.close()
        usage = completed.accounting.usage
        hidden = usage.reasoning_tokens and not any(part.HasField("reasoning") for part in completed.message.parts)
        elsewhere = any(word in recording.name for word in NOT_SHOWN)
        counted = usage.output_tokens >= ENOUGH_TOKENS and not hidden and not elsewhere
        if counted and _is_told(completed.message):
            errors.append(abs(estimate_answer(completed.message) - usage.output_tokens) / usage.output_tokens)
    if not errors:
        pytest.skip("no recordings: ../shared/wire is absent")

    errors.sort()
    assert len(errors) >= 10
    assert errors[int(len(errors) * 0.95)] <= 0.30


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("Hello, world!", 4),
        ("Why is the sky blue?", 6),
        ("internationalization", 4),
        ("3.14159265", 5),
        ("=====", 3),
        ("日本語のテキスト", 6),
    ],
)
def test_words_numbers_signs_and_other_scripts(text: str, tokens: int) -> None:
    """Each sort of text has its own measure."""
    assert tokens == estimate(text)


def test_a_long_text_is_like_its_beginning() -> None:
    """A long text is estimated from a part of it, close to the whole."""
    text = "The quick brown fox jumps over the lazy dog. " * 10_000

    assert estimate("The quick brown fox jumps over the lazy dog. ") * 10_000 == pytest.approx(estimate(text), rel=0.05)


@pytest.mark.parametrize("text", ["\x00" * 400, "日本" * 200, "a b " * 100, '{"k": [1, 2]}' * 30])
def test_the_bound_holds_for_any_text(text: str) -> None:
    """No tokenizer makes more tokens of a text than it has bytes, and the bound counts no fewer."""
    assert most_input(request("m/m", text)) >= len(text.encode())


@pytest.mark.parametrize(
    ("mime_type", "least"), [("application/pdf", 25_000), ("text/plain", 100_000), ("image/png", 5_000)]
)
def test_the_bound_of_media(mime_type: str, least: int) -> None:
    """A document counts by its bytes: text each of them, one that is packed every fourth."""
    media = message_pb2.Media(mime_type=mime_type, data=bytes(100_000))
    message = message_pb2.Message(role=message_pb2.ROLE_USER, parts=[message_pb2.ContentPart(media=media)])

    assert least <= most_input(completion_pb2.CompleteRequest(messages=[message])) < least + 7_000


def test_the_bound_has_the_options() -> None:
    """A provider's own options, which can hold a prompt, count by their bytes."""
    asked = request("m/m", "a b")

    assert 4_000 == most_input(asked, "é" * 2_000) - most_input(asked)


def test_pieces_of_every_sort_count() -> None:
    """Text, reasoning, refusals and tool arguments of a stream count; citations do not."""
    deltas = [
        completion_pb2.PartDelta(**{name: "some words here"})  # type: ignore[arg-type]
        for name in ("text", "reasoning", "refusal", "tool_arguments_json")
    ]

    assert [3] * 4 == [estimate_delta(delta) for delta in deltas]
    assert 0 == estimate_delta(completion_pb2.PartDelta(citation=message_pb2.Citation(quote="some words")))
