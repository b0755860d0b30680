"""Chat Completions bodies that no vendor should send."""

import contextlib
import itertools
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from llmrpc_server import errors
from llmrpc_server.providers.answer import MAX_ANSWER_CHARACTERS
from providers.openai_chat_bodies import DONE, Fields, calling, chunk, events, piece, stream, told, whole

SECRET = "the prompt, or a key"


@pytest.mark.parametrize(
    "data",
    ["{", "null", "[]", "7", '"x"', "{}x", '{"choices": {}}', '{"choices": [null]}', "\ufeff{}", "[1" * 5000],
)
def test_what_is_no_chunk(data: str) -> None:
    """What is not a chat completion fails the answer."""
    for body in (events(chunk({"content": "Hi"}), data, DONE), data.encode()):
        with pytest.raises(errors.ProviderBadResponse):
            told(body)


@pytest.mark.parametrize(
    "message",
    [
        {"content": 7},
        {"content": [7]},
        {"tool_calls": [None]},
        {"tool_calls": [{"index": "first"}]},
        {"tool_calls": [{"function": {"name": ["look"]}}]},
        {"tool_calls": [{"function": {"arguments": 7}}]},
        {"reasoning_details": ["x"]},
        {"audio": {"data": SECRET}},
        {"annotations": "x"},
    ],
)
def test_fields_of_another_type(message: Fields) -> None:
    """A field of another type than the format's fails the answer, without a word of it."""
    for body in (whole({**message, "refusal": SECRET}), stream({**message, "refusal": SECRET})):
        with pytest.raises(errors.ProviderBadResponse) as failed:
            told(body)

        assert SECRET not in failed.value.message


@pytest.mark.parametrize(
    "body",
    [
        events(DONE),
        events({"choices": []}, DONE),
        b"{}",
        b'{"choices": []}',
        b'{"choices": [{}]}',
        b'{"choices": null}',
    ],
)
def test_an_answer_of_nothing(body: bytes) -> None:
    """Without a choice that says something there is no answer."""
    with pytest.raises(errors.ProviderBadResponse):
        told(body)


@pytest.mark.parametrize("index", [10**30, -(10**30), 2**63, -1])
def test_indexes_beyond_measure(index: int) -> None:
    """An index is a name: it may be any number."""
    assert [("tool_call", "1 look {}")] == told(stream(calling(piece(index, "1", "look", "{}")))).said


def endless(delta: Fields, **fields: Any) -> Iterator[bytes]:
    """Write chunks of a stream that never ends."""
    yield from itertools.repeat(events(chunk(delta, **fields)))


BIG = "x" * (1024 * 1024)


@pytest.mark.parametrize(
    "delta",
    [
        {"content": BIG},
        {"reasoning_details": [{"index": 0, "text": "", "data": BIG}]},
        {"reasoning_details": [{"index": 0, "signature": BIG}]},
        {"executed_tools": [{"index": 0, "output": BIG}]},
        {"executed_tools": [{"index": 0, "search_results": {"results": [BIG]}}]},
        {"annotations": [{"type": "x", "text": BIG}]},
        {"content": [{"type": "of_the_future", "x": BIG}]},
        calling(piece(0, "1", arguments=BIG)),
        calling({"index": 0, "id": "1", "extra_content": {"x": BIG}}),
    ],
)
def test_what_is_held_back_is_bounded(delta: Fields) -> None:
    """What waits to be told counts as the answer does."""
    body = b"".join(itertools.islice(endless(delta), MAX_ANSWER_CHARACTERS // len(BIG) + 1))

    with pytest.raises(errors.ProviderBadResponse):
        told(body)


VALUES: list[Any] = [
    *(None, True, 0, -1, 2**64, 1.5, "", "x", "null", [], [None], {}, {"a": 1}, [{}], [[]]),
    [{"type": "thinking", "thinking": "x"}],
    {"id": "1", "data": "AAAA"},
    {"content": [{"token": "a", "logprob": -1}]},
    [{"index": -5, "function": {"name": "f", "arguments": "{"}}],
    {"code": 500},
]
SAMPLE = chunk(
    {
        "content": "Hi",
        "reasoning": "Hm.",
        "reasoning_details": [{"type": "reasoning.text", "text": "Hm.", "index": 0}],
        "refusal": "No.",
        "annotations": [{"type": "url_citation", "url_citation": {"url": "u", "start_index": 0}}],
        "audio": {"id": "1", "data": "AAAA", "transcript": "a"},
        "images": [{"image_url": {"url": "https://a.example"}}],
        "executed_tools": [{"index": 0, "arguments": "{}"}],
        "extra_content": {"google": {"a": 1}},
        **calling({**piece(0, "1", "look", "{}"), "extra_content": {"a": 1}}),
    },
    choice={"logprobs": {"content": [{"token": "Hi", "logprob": -1, "bytes": [72]}]}, "stop_reason": "x"},
    finish="stop",
    usage={"prompt_tokens": 1, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 0}},
    x_groq={"id": "r", "usage": {"prompt_tokens": 1}},
    citations=["u"],
    search_results=[{"url": "u"}],
    x_new={"a": [1]},
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of each value inside a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield (*path, name)
        yield from places(one, (*path, name))


def mutated(path: tuple[Any, ...], new: Any) -> Fields:
    """Write the sample with another value somewhere."""
    sample: Fields = json.loads(json.dumps(SAMPLE))
    *outer, last = path
    inner: Any = sample
    for name in outer:
        inner = inner[name]
    inner[last] = new
    return sample


@pytest.mark.parametrize("path", list(places(SAMPLE)), ids=lambda path: ".".join(map(str, path)))
def test_any_value_anywhere(path: tuple[Any, ...]) -> None:
    """Whatever stands in a field, an answer comes of it or an error of the provider's, and nothing else."""
    order = random.Random(str(path))
    for value in VALUES:
        data = [chunk({"content": "a"}), mutated(path, value), SAMPLE, mutated(path, value)]
        order.shuffle(data)
        body = {**mutated(path, value), "object": "chat.completion"}
        for made in (events(*data, DONE), json.dumps(body).encode()):
            with contextlib.suppress(errors.ProviderError):
                assert all(part.WhichOneof("kind") for part in told(made).parts)
