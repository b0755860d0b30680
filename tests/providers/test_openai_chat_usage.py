"""Token counts and log probabilities of a Chat Completions answer."""

from typing import Any

import pytest

from llmrpc.v1 import accounting_pb2, completion_pb2
from llmrpc_server import errors
from providers.openai_chat_bodies import DONE, Fields, chunk, events, stream, told, whole

Usage = accounting_pb2.Usage


def usage(**fields: int) -> Usage:
    """Make what the API tells."""
    return Usage(source=accounting_pb2.USAGE_SOURCE_PROVIDER, **fields)


@pytest.mark.parametrize(
    ("told_usage", "expected", "kept"),
    [
        (
            {"prompt_tokens": 5, "completion_tokens": 9, "total_tokens": 14},
            usage(input_tokens=5, output_tokens=9),
            {},
        ),
        (
            {
                "prompt_tokens": 5,
                "completion_tokens": 9,
                "prompt_tokens_details": {
                    "cached_tokens": 4,
                    "cache_write_tokens": 1,
                    "audio_tokens": 2,
                    "text_tokens": 3,
                },
                "completion_tokens_details": {"reasoning_tokens": 7, "audio_tokens": 0},
            },
            usage(
                input_tokens=5,
                output_tokens=9,
                cache_read_tokens=4,
                cache_write_tokens=1,
                audio_input_tokens=2,
                reasoning_tokens=7,
                audio_output_tokens=0,
            ),
            {"prompt_tokens_details": {"text_tokens": 3}},
        ),
        # DeepSeek's and Hugging Face's ways to tell of the cache.
        (
            {"prompt_tokens": 5, "completion_tokens": 9, "prompt_cache_hit_tokens": 4, "prompt_cache_miss_tokens": 1},
            usage(input_tokens=5, output_tokens=9, cache_read_tokens=4),
            {"prompt_cache_miss_tokens": 1},
        ),
        (
            {"prompt_tokens": 5, "completion_tokens": 9, "cached_tokens": 0},
            usage(input_tokens=5, output_tokens=9, cache_read_tokens=0),
            {},
        ),
        # xAI's reasoning is beside the output, Gemini's is in the total alone.
        (
            {
                "prompt_tokens": 12,
                "completion_tokens": 1,
                "total_tokens": 303,
                "completion_tokens_details": {"reasoning_tokens": 290},
            },
            usage(input_tokens=12, output_tokens=291, reasoning_tokens=290),
            {},
        ),
        (
            {"prompt_tokens": 12, "completion_tokens": 1, "total_tokens": 303},
            usage(input_tokens=12, output_tokens=291, reasoning_tokens=290),
            {},
        ),
        # That of Perplexity's research is in no other count, not even in the total.
        (
            {"prompt_tokens": 108, "completion_tokens": 3256, "total_tokens": 3364, "reasoning_tokens": 73248},
            usage(input_tokens=108, output_tokens=76504, reasoning_tokens=73248),
            {"reasoning_tokens": 73248},
        ),
        (
            {"prompt_tokens": 9, "completion_tokens": 30, "total_tokens": 39, "reasoning_tokens": 20},
            usage(input_tokens=9, output_tokens=30, reasoning_tokens=20),
            {"reasoning_tokens": 20},
        ),
        # Alibaba's way to tell of what its cache wrote.
        (
            {
                "prompt_tokens": 50,
                "completion_tokens": 9,
                "prompt_tokens_details": {"cached_tokens": 0, "cache_creation_input_tokens": 40, "cache_type": "x"},
            },
            usage(input_tokens=50, output_tokens=9, cache_read_tokens=0, cache_write_tokens=40),
            {"prompt_tokens_details": {"cache_type": "x"}},
        ),
        # A total that says something else.
        (
            {
                "prompt_tokens": 12,
                "completion_tokens": 9,
                "total_tokens": 303,
                "completion_tokens_details": {"reasoning_tokens": 7},
            },
            usage(input_tokens=12, output_tokens=9, reasoning_tokens=7),
            {},
        ),
        # In text, as a fraction, and what is no count.
        (
            {"prompt_tokens": "5", "completion_tokens": 9.0, "total_tokens": None, "cached_tokens": True},
            usage(input_tokens=5, output_tokens=9),
            {},
        ),
        (
            {"prompt_tokens": "many", "completion_tokens": 1.5, "prompt_tokens_details": [], "cost": {"total": 1e-05}},
            Usage(),
            {"prompt_tokens_details": [], "cost": {"total": 1e-05}},
        ),
    ],
)
def test_counts(told_usage: Fields, expected: Usage, kept: Fields) -> None:
    """Counts mean the same for every vendor; what has no place is kept beside the answer."""
    for body in (whole({"content": "Hi"}, usage=told_usage), stream({"content": "Hi"}, usage=told_usage)):
        answer = told(body)

        assert expected == answer.attempt.usage
        assert kept == answer.metadata.get("usage", {})


@pytest.mark.parametrize(
    ("told_usage", "expected"),
    [
        ({"total_tokens": 14}, Usage()),
        ({"input_tokens": 5, "output_tokens": 9}, Usage()),
        ({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, Usage()),
        ({"prompt_tokens": 5, "completion_tokens": None}, Usage(input_tokens=5)),
        ({"prompt_tokens": -1, "completion_tokens": 9}, Usage(output_tokens=9)),
    ],
)
def test_half_a_usage(told_usage: Fields, expected: Usage) -> None:
    """What a vendor does not say, or cannot be, is not known to be zero: it has no source yet."""
    for body in (whole({"content": "Hi"}, usage=told_usage), stream({"content": "Hi"}, usage=told_usage)):
        assert expected == told(body).attempt.usage


def test_a_usage_in_a_choice() -> None:
    """Moonshot's streams tell the counts in the last chunk's choice."""
    counts = {"prompt_tokens": 5, "completion_tokens": 9, "total_tokens": 14}
    answer = told(events(chunk({"content": "Hi"}), chunk(finish="stop", choice={"usage": counts}), DONE))

    assert usage(input_tokens=5, output_tokens=9) == answer.attempt.usage
    assert {} == answer.metadata.get("usage", {})


@pytest.mark.parametrize("last", [{"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, {}])
def test_zeros_at_the_end(last: Fields) -> None:
    """Zeros that follow counts take nothing back."""
    counts = {"prompt_tokens": 5, "completion_tokens": 9, "total_tokens": 14}
    body = events(chunk({"content": "Hi"}), chunk(finish="stop", usage=counts), chunk(usage=last), DONE)

    assert usage(input_tokens=5, output_tokens=9) == told(body).attempt.usage


@pytest.mark.parametrize("told_usage", [None, {}])
def test_no_counts(told_usage: Fields | None) -> None:
    """A vendor that does not count says nothing."""
    assert not told(whole({"content": "Hi"}, usage=told_usage)).attempt.HasField("usage")


def token(word: str, **fields: Any) -> Fields:
    """Write a token."""
    return {"token": word, "logprob": -0.5, **fields}


def test_log_probabilities() -> None:
    """Each token is told with its alternatives; its bytes where its text does not tell them."""
    tokens = [
        token("Hi", bytes=[72, 105], top_logprobs=[token("Hi", bytes=None), token("\ufffd", bytes=[226, 128])]),
        token("\ufffd", bytes=[240, 159]),
    ]
    expected = [
        completion_pb2.TokenLogprob(
            token="Hi",
            logprob=-0.5,
            top=[
                completion_pb2.TopLogprob(token="Hi", logprob=-0.5),
                completion_pb2.TopLogprob(token="\ufffd", logprob=-0.5, raw_bytes=b"\xe2\x80"),
            ],
        ),
        completion_pb2.TokenLogprob(token="\ufffd", logprob=-0.5, raw_bytes=b"\xf0\x9f"),
    ]

    answer = told(whole({"content": "Hi"}, choice={"logprobs": {"content": tokens, "refusal": None}}))

    assert expected == list(answer.response.logprobs)


def test_tokens_go_with_their_text() -> None:
    """The event that tells a text tells its tokens; those without a text of their own go with the next."""
    body = stream({"content": ""}, {"content": "Hi"})
    body = body.replace(b'"delta": {"content": ""}', b'"delta": {"content": ""}, "logprobs": {"content": [%s]}' % _JSON)
    body = body.replace(
        b'"delta": {"content": "Hi"}', b'"delta": {"content": "Hi"}, "logprobs": {"content": [%s]}' % _JSON
    )
    deltas = [event.part_delta for event in told(body).events if event.HasField("part_delta")]

    assert [("Hi", 2)] == [(delta.text, len(delta.logprobs)) for delta in deltas]


_JSON = b'{"token": "x", "logprob": -1}'


def test_tokens_of_a_refusal() -> None:
    """A refusal has tokens, too."""
    choice = {"logprobs": {"content": None, "refusal": [token("No.")]}}

    assert ["No."] == [one.token for one in told(whole({"refusal": "No."}, choice=choice)).response.logprobs]


def test_tokens_without_a_text() -> None:
    """Tokens of nothing that was said are kept beside the answer."""
    answer = told(whole({"content": ""}, choice={"logprobs": {"content": [token("x")]}}))

    assert ["x"] == [one["token"] for one in answer.metadata["choices"][0]["logprobs"]["content"]]


@pytest.mark.parametrize("raw", [[256], [-1]])
def test_bytes_that_are_none(raw: list[int]) -> None:
    """A token's bytes must be bytes."""
    with pytest.raises(errors.ProviderBadResponse):
        told(whole({"content": "Hi"}, choice={"logprobs": {"content": [token("Hi", bytes=raw)]}}))
