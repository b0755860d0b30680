"""Streams of Responses that leave events out, or tell things twice: nothing is lost and nothing is told again."""

import itertools
from collections.abc import Iterable

import pytest

from providers.openai_responses_bodies import (
    CALL,
    MESSAGE,
    SEARCH,
    TEXT,
    THOUGHTS,
    Fields,
    call,
    end,
    event,
    message,
    stream,
    thoughts,
    told,
)

SOURCE: Fields = {"type": "url_citation", "url": "https://a.example", "title": "A"}
TOKEN: Fields = {"token": "Hi there", "logprob": -0.5}
SAID: Fields = {**MESSAGE, "content": [{**TEXT, "annotations": [SOURCE], "logprobs": [TOKEN]}]}
OUTPUT = [THOUGHTS, SAID, CALL, SEARCH]
EVENTS = [*thoughts(0), *message(1, SAID), *call(2), event("output_item.done", 3, item=SEARCH)]
EXPECTED = [
    ("reasoning", "So.\n\nHence."),
    ("text", "Hi there"),
    ("tool_call", '{"a":1}'),
    ("provider_part", "web_search_call"),
]

# By the end of an event's type, which tells of one thing in different words.
KINDS = ("added", "delta", "text.done", "arguments.done", "part.done", "item.done")


def without(endings: Iterable[str]) -> list[Fields]:
    """Leave out events."""
    return [one for one in EVENTS if not one["type"].endswith(tuple(endings))]


LEFT_OUT = [kinds for size in range(len(KINDS) + 1) for kinds in itertools.combinations(KINDS, size)]


@pytest.mark.parametrize("left_out", LEFT_OUT, ids=" ".join)
def test_whichever_events_come(left_out: tuple[str, ...]) -> None:
    """The last event has it all, and any of those before it may be missing; parts are in the order of their start."""
    answer = told(stream(*without(left_out), end(*OUTPUT)))
    states = dict(zip(answer.said, answer.states, strict=True))

    assert sorted(EXPECTED) == sorted(answer.said)
    assert ["rs_1", "msg_1", "fc_1", None] == [states[said].get("id") for said in EXPECTED]
    assert ["https://a.example"] == [citation.uri for part in answer.parts for citation in part.citations]
    assert ["Hi there"] == [token.token for token in answer.response.logprobs]


@pytest.mark.parametrize(
    "left_out", [(), ("delta",), ("delta", "text.done"), ("delta", "text.done", "arguments.done", "part.done")]
)
def test_without_the_items_in_the_last_event(left_out: tuple[str, ...]) -> None:
    """A stream may have told all of them before."""
    answer = told(stream(*without(left_out), end()))

    assert EXPECTED == answer.said


@pytest.mark.parametrize("only", ["delta", "text.done", "part.done"])
def test_a_message_in_one_sort_of_event(only: str) -> None:
    """Its words may come in any of them alone."""
    events = [one for one in message() if one["type"].endswith(only)]

    assert [("text", "Hi there")] == told(stream(*events, end())).said


@pytest.mark.parametrize("only", ["text.done", "part.done"])
def test_a_summary_in_one_sort_of_event(only: str) -> None:
    """Its parts may come whole."""
    events = [one for one in thoughts() if one["type"].endswith(only)]

    assert [("reasoning", "So.\n\nHence.")] == told(stream(*events, end())).said


def test_what_is_in_the_arguments_end_alone() -> None:
    """Arguments may come whole, after the call's name."""
    first, *_, whole, _ = call()

    assert [("tool_call", '{"a":1}')] == told(stream(first, whole, end())).said


@pytest.mark.parametrize("events", [message(1, SAID), call(2), thoughts(0)], ids=["message", "call", "reasoning"])
def test_events_that_come_twice(events: list[Fields]) -> None:
    """An end, or a whole, that comes again tells nothing new."""
    again = [one for one in events if one["type"].endswith("done")]

    assert told(stream(*events, end())).said == told(stream(*events, *again, *again, end())).said


def test_an_index_that_is_used_again() -> None:
    """An item that begins where another has ended is an item of its own."""
    assert [("text", "Hi there"), ("text", "Bye")] == told(
        stream(*message(), *message(0, {**MESSAGE, "id": "msg_2", "content": [{**TEXT, "text": "Bye"}]}), end())
    ).said


def test_items_that_are_numbered_in_another_way_in_the_end() -> None:
    """By their ids they are known again."""
    assert [("text", "Hi there")] == told(stream(*message(7), end(MESSAGE))).said
    assert [("text", "Hi there")] == told(stream(*message(7)[:-1], end(MESSAGE))).said


def test_ids_that_change() -> None:
    """By their indexes items are known where a proxy gives them other ids in every event."""
    answer = told(stream(*message(), *call(1), end({**MESSAGE, "id": "a"}, {**CALL, "id": "b"})))

    assert [("text", "Hi there"), ("tool_call", '{"a":1}')] == answer.said
