"""Tool calls in the stream of a Chat Completions answer, in all the ways in which vendors tell them."""

from typing import Any

import pytest

from llmrpc_server import errors
from providers.openai_chat_bodies import Fields, calling, piece, stream, told


@pytest.mark.parametrize(
    ("pieces", "calls"),
    [
        ([piece(0, "1", "look", ""), piece(0, arguments="{"), piece(0, arguments="}")], ["1 look {}"]),
        ([piece(0, "1", "look", "{}")], ["1 look {}"]),
        ([piece(0, "1", "look")], ["1 look "]),
        # The id empty or repeated, the name empty or repeated.
        ([piece(0, "1", "look", "{"), piece(0, "", "", "}")], ["1 look {}"]),
        ([piece(0, "1", "look", "{"), piece(0, "1", "look", "}")], ["1 look {}"]),
        # All of the arguments once more, with or without what else is known; what only looks like it.
        ([piece(0, "1", "look", ""), piece(0, arguments='{"a":1}'), piece(0, arguments='{"a":1}')], ['1 look {"a":1}']),
        ([piece(0, "1", "look", "{"), piece(0, arguments="}"), piece(0, "1", "look", "{}")], ["1 look {}"]),
        ([piece(0, "1", "look", "1"), piece(0, arguments="1")], ["1 look 11"]),
        ([piece(0, "1", "look", "["), piece(0, arguments="{}"), piece(0, arguments="{}")], ["1 look [{}{}"]),
        # An id that changes without a new name.
        ([piece(0, "1", "look", "{"), piece(0, "2", arguments="}")], ["1 look {}"]),
        # Late: the name, the id, both; a name in pieces.
        ([piece(0, "1"), piece(0, name="look"), piece(0, arguments="{}")], ["1 look {}"]),
        ([piece(0, name="look", arguments="{"), piece(0, "1", arguments="}")], ["1 look {}"]),
        ([piece(0, arguments="{"), piece(0, "1", "look", "}")], ["1 look {}"]),
        ([piece(0, "1", "lo"), piece(0, name="ok"), piece(0, arguments="{}")], ["1 look {}"]),
        # Several, interleaved; their indexes mean nothing but which is which.
        (
            [
                piece(0, "1", "look", "{"),
                piece(7, "2", "find", "["),
                piece(0, arguments="}"),
                piece(7, arguments="]"),
                piece(-3, "3", "ask", "{}"),
            ],
            ["1 look {}", "2 find []", "3 ask {}"],
        ),
        # In the order in which they were first told of.
        ([piece(1, "1", "look"), piece(0, "2", "find", "[]"), piece(1, arguments="{}")], ["1 look {}", "2 find []"]),
        # One index for all.
        ([piece(0, "1", "look", "{}"), piece(0, "2", "look", "[]")], ["1 look {}", "2 look []"]),
        # No index: a new id is a new call, no id goes on.
        ([piece(None, "1", "look", "{"), piece(None, arguments="}")], ["1 look {}"]),
        ([piece(None, "1", "look", "{}"), piece(None, "2", "look", "[]")], ["1 look {}", "2 look []"]),
        ([piece(None, "1", "look", "{"), piece(None, "1", arguments="}")], ["1 look {}"]),
        ([piece(None, name="look"), piece(None, "1", arguments="{}")], ["1 look {}"]),
        # Arguments as an object keep their numbers.
        ([piece(0, "1", "look", {"a": 1.0, "b": [10**20]})], ['1 look {"a":1.0,"b":[100000000000000000000]}']),
        ([{"index": 0, "id": "1", "custom": {"name": "write", "input": "a"}}], ["1 write a"]),
        (
            [{"index": 0, "id": "1", "custom": {"name": "write", "input": text}} for text in ("{}", "{}")],
            ["1 write {}{}"],
        ),
        ([{"index": "0", "id": "1", "function": {"name": "look", "arguments": None}}], ["1 look "]),
        ([{"index": 0, "id": "1", "type": "function", "function": {"name": "look"}}, {"index": 0}], ["1 look "]),
    ],
)
def test_calls(pieces: list[Fields], calls: list[str]) -> None:
    """Pieces find their call by index, by id, or by their order."""
    for streaming in (True, False):
        answer = told(stream(*map(calling, pieces), finish="tool_calls"), streaming=streaming)

        assert [("tool_call", call) for call in calls] == answer.said
    assert [("tool_call", call) for call in calls] == told(stream(calling(*pieces), finish="tool_calls")).said


@pytest.mark.parametrize(
    ("pieces", "calls"),
    [
        ([("look", "{}"), ("find", "{}")], ["look {}", "find {}"]),
        ([("look", '{"a":1}'), ("look", "{}")], ['look {"a":1}', "look {}"]),
        ([("look", '{"a":'), ("look", "1}")], ['look {"a":1}']),
        ([("look", "{}"), ("look", "")], ["look {}"]),
        ([("lo", ""), ("ok", "{}")], ["look {}"]),
    ],
)
@pytest.mark.parametrize("id_", ["", None])
def test_calls_without_ids_of_one_index(pieces: list[tuple[str, str]], calls: list[str], id_: str | None) -> None:
    """Another name, or the same one after whole arguments, is another call."""
    told_pieces = [calling(piece(0, id_, name, arguments)) for name, arguments in pieces]

    said = [words.partition(" ")[2] for _, words in told(stream(*told_pieces, finish="tool_calls")).said]

    assert calls == said


def test_a_call_begins_with_its_id_and_name() -> None:
    """The event that starts a call has both: they are waited for."""
    pieces = [piece(0, arguments="{"), piece(0, "1"), piece(0, name="look", arguments="}")]

    started, delta = told(stream(*map(calling, pieces))).events[:2]

    assert ("1", "look", "") == (
        started.part_started.part.tool_call.id,
        started.part_started.part.tool_call.name,
        started.part_started.part.tool_call.arguments_json,
    )
    assert "{}" == delta.part_delta.tool_arguments_json


def test_legacy_function_calls() -> None:
    """A call without an id gets one of its own."""
    answer = told(
        stream({"function_call": {"name": "look", "arguments": ""}}, {"function_call": {"arguments": "{}"}}, finish="x")
    )
    (part,) = answer.parts

    assert ("look", "{}") == (part.tool_call.name, part.tool_call.arguments_json)
    assert part.tool_call.id.startswith("call_")


def test_calls_without_ids_get_different_ones() -> None:
    """Ids of our own are unique, in this answer and beyond."""
    pieces = [piece(0, name="look", arguments="{}"), piece(1, name="look", arguments="{}")]
    answers = [told(stream(*map(calling, pieces))) for _ in range(2)]

    assert 4 == len({part.tool_call.id for answer in answers for part in answer.parts})


@pytest.mark.parametrize(
    ("pieces", "state"),
    [
        (
            [{**piece(0, "1", "look", "{}"), "extra_content": {"google": {"thought_signature": "s"}}}],
            {"extra_content": {"google": {"thought_signature": "s"}}},
        ),
        (
            [piece(0, "1", "look", "{}"), {"index": 0, "extra_content": {"google": {"thought_signature": "s"}}}],
            {"extra_content": {"google": {"thought_signature": "s"}}},
        ),
        ([{"index": 0, "id": "1", "custom": {"name": "write", "input": "a"}}], {"type": "custom"}),
        ([piece(0, "1", "look", "{}")], {}),
    ],
)
def test_state(pieces: list[Fields], state: Fields) -> None:
    """What Gemini must get back with a call, and that a call is of a custom tool, is kept with it."""
    assert [state] == told(stream(*map(calling, pieces))).states


@pytest.mark.parametrize(
    "pieces",
    [
        [piece(0, "1", arguments="{}")],
        [piece(0, "1", "look" * 100, "{}")],
        [piece(index, "1") for index in range(200)],
    ],
)
def test_calls_that_make_no_sense(pieces: list[Any]) -> None:
    """A call without a name, or with an endless one, and more calls than can be meant are no answer."""
    with pytest.raises(errors.ProviderBadResponse) as failed:
        told(stream(*map(calling, pieces)))

    assert failed.value.message.startswith("acme sent ")
