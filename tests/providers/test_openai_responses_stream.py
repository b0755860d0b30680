"""Streamed answers of Responses, piece by piece."""

import pytest

from llmrpc.assembler import Assembler
from providers.openai_responses_bodies import (
    CALL,
    MESSAGE,
    SEARCH,
    TEXT,
    THOUGHTS,
    Fields,
    added,
    body,
    call,
    end,
    event,
    message,
    stream,
    text,
    thoughts,
    told,
)

SOURCE: Fields = {"type": "url_citation", "url": "https://a.example", "title": "A", "start_index": 0, "end_index": 2}
CITED: Fields = {**MESSAGE, "content": [{**TEXT, "annotations": [SOURCE]}]}


def test_the_same_as_a_whole_answer() -> None:
    """A stream ends with the answer that would have come whole: parts, states, counts and metadata."""
    items = [THOUGHTS, SEARCH, {**CITED, "phase": "final_answer"}, CALL]
    searching = [
        added(1, SEARCH),
        event("web_search_call.searching", 1, item_id="ws_1"),
        event("output_item.done", 1, item=SEARCH),
    ]
    streamed = told(stream(*thoughts(0), *searching, *message(2, items[2]), *call(3), end(*items, service_tier="flex")))
    whole = told(body(*items, service_tier="flex"))
    for answer in (streamed, whole):
        answer.response.ClearField("create_time")

    assert whole.response == streamed.response
    assert whole.attempt == streamed.attempt


def test_events_add_up_to_the_answer() -> None:
    """Whoever appends the events has the message of the last one."""
    answer = told(stream(*thoughts(0), *message(1, CITED), *call(2), end()))
    assembler = Assembler()
    for sequence, one in enumerate(answer.events, start=1):
        one.sequence = sequence
        assembler.add(one)

    assert answer.response.message == assembler.message


def test_a_part_for_what_grows() -> None:
    """A text begins with its first word and ends with its item."""
    assert ["part_started", "part_delta", "part_finished"] == told(stream(*message(), end())).steps
    assert [] == told(stream(added(0, MESSAGE), end())).steps


def test_a_function_call_starts_with_its_name() -> None:
    """Its id and name are told before its arguments."""
    answer = told(stream(*call(), end()))

    started = answer.events[0].part_started.part.tool_call
    assert ("call_1", "look", "") == (started.id, started.name, started.arguments_json)
    assert '{"a":1}' == answer.events[1].part_delta.tool_arguments_json


def test_a_function_call_whose_name_comes_late() -> None:
    """It is held back until its name is known, and nothing of it is lost."""
    first, *rest = call()
    nameless = {**first, "item": {"type": "function_call", "id": "fc_1"}}

    assert [("tool_call", '{"a":1}')] == told(stream(nameless, *rest, end())).said


def test_items_may_interleave() -> None:
    """Pieces go to the items that they are of."""
    first = [added(0, MESSAGE), *text(0, "a")]
    second = call(1)

    answer = told(stream(*first, *second[:2], *text(0, "b"), *second[2:], *text(0, "c"), end()))

    assert [("text", "abc"), ("tool_call", '{"a":1}')] == answer.said


def test_parts_of_a_summary() -> None:
    """They are one reasoning, with empty lines between them, as pieces come."""
    answer = told(stream(*thoughts(), end()))

    assert [("reasoning", "So.\n\nHence.")] == answer.said
    assert [THOUGHTS] == answer.states


def test_reasoning_itself() -> None:
    """The text of open models is reasoning as well."""
    item = {"id": "rs_1", "type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm."}]}
    events = [
        added(0, item),
        event("reasoning_text.delta", content_index=0, delta="Hm"),
        event("reasoning_text.delta", content_index=0, delta="."),
        event("reasoning_text.done", content_index=0, text="Hm."),
        event("output_item.done", item=item),
    ]
    answer = told(stream(*events, end(item)))

    assert [("reasoning", "Hm.")] == answer.said
    assert [item] == answer.states


def test_sources_where_they_came() -> None:
    """An annotation is told after the words before it, and once."""
    first, second = text(0, "Hi", " there")
    cited = event("output_text.annotation.added", content_index=0, annotation_index=0, annotation=SOURCE)
    answer = told(stream(added(0, CITED), first, cited, second, event("output_item.done", item=CITED), end(CITED)))

    deltas = [one.part_delta.WhichOneof("delta") for one in answer.events if one.HasField("part_delta")]
    assert ["text", "citation", "text"] == deltas
    assert ["https://a.example"] == [citation.uri for citation in answer.parts[0].citations]


def test_a_refusal() -> None:
    """Its words are a part of their own sort."""
    item = {**MESSAGE, "content": [{"type": "refusal", "refusal": "No."}]}
    events = [
        added(0, item),
        event("refusal.delta", content_index=0, delta="No"),
        event("refusal.delta", content_index=0, delta="."),
        event("refusal.done", content_index=0, refusal="No."),
        event("output_item.done", item=item),
    ]

    assert [("refusal", "No.")] == told(stream(*events, end(item))).said


def test_log_probabilities() -> None:
    """They travel with the words that they belong to, and are not told again with the whole."""
    token = {"token": "Hi", "logprob": -0.5, "top_logprobs": [{"token": "Ho", "logprob": -2}]}
    item = {**MESSAGE, "content": [{**TEXT, "text": "Hi", "logprobs": [token]}]}
    delta = event("output_text.delta", content_index=0, delta="Hi", logprobs=[token])
    answer = told(stream(added(0, item), delta, event("output_item.done", item=item), end(item)))

    assert ("Hi", "Hi") == (answer.events[1].part_delta.text, answer.events[1].part_delta.logprobs[0].token)
    assert [("Hi", ["Ho"])] == [(one.token, [other.token for other in one.top]) for one in answer.response.logprobs]


@pytest.mark.parametrize(
    "noise",
    [
        event("web_search_call.in_progress", item_id="ws_1"),
        event("image_generation_call.partial_image", partial_image_b64="AAAA", partial_image_index=0),
        event("custom_tool_call_input.delta", delta="x"),
        event("mcp_call_arguments.delta", delta="{}"),
        event("mcp_call.failed", item_id="mcp_1", error={"code": "server_error"}),
        event("audio.delta", delta={"not": "text"}, output_index="x"),
        {"type": "keepalive", "sequence_number": 3},
        {"type": "x_new", "delta": 7},
        {"sequence_number": 1},
        {},
    ],
)
def test_events_that_tell_nothing(noise: Fields) -> None:
    """Those of hosted tools, and such as nobody knows, change nothing, whatever is in them."""
    first, *rest = message()

    answer = told(stream(noise, first, noise, *rest, noise, end()))

    assert ([("text", "Hi there")], {"id": "resp_1"}) == (answer.said, answer.metadata)


def test_a_server_that_does_not_number_items() -> None:
    """There, pieces belong to the items that they name, a function call by the id that its result needs."""
    nameless = {name: value for name, value in CALL.items() if name != "id"}
    events = [
        *({**one, "item_id": "msg_1"} for one in message()),
        *({**one, "item_id": "call_1"} for one in call(0, nameless)),
    ]
    for one in events:
        del one["output_index"]

    assert [("text", "Hi there"), ("tool_call", '{"a":1}')] == told(stream(*events, end(MESSAGE, nameless))).said
