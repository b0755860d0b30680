"""What an answer of Responses keeps beside its words: state of parts, items of the vendor's own, metadata."""

import json

import pytest

from llmrpc.v1 import message_pb2
from providers.openai_responses_bodies import (
    CALL,
    MESSAGE,
    TEXT,
    THOUGHTS,
    Fields,
    added,
    body,
    call,
    end,
    event,
    message,
    response,
    stream,
    thoughts,
    told,
)

ECHO: Fields = {
    "background": False,
    "frequency_penalty": 0.0,
    "instructions": "Be brief.",
    "max_output_tokens": 5,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "presence_penalty": 0.0,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "prompt_cache_retention": "in_memory",
    "reasoning": {"effort": "low", "summary": None},
    "safety_identifier": None,
    "store": False,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}, "verbosity": "medium"},
    "tool_choice": "auto",
    "tools": [{"type": "function", "name": "look", "parameters": {}}],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
    "created_at": 1,
    "error": None,
}
KEPT: Fields = {
    "service_tier": "default",
    "completed_at": 2,
    "billing": {"payer": "developer"},
    "tool_usage": {"web_search": {"num_requests": 1}},
    "moderation": {"input": {"type": "moderation_result", "flagged": False}},
    "conversation": {"id": "conv_1"},
}


def test_metadata() -> None:
    """What the vendor did is kept; what repeats the request is not."""
    for sent in (body(MESSAGE, **ECHO, **KEPT), stream(*message(), end(MESSAGE, **ECHO, **KEPT))):
        assert {"id": "resp_1", **KEPT} == told(sent).metadata


def test_fields_that_nobody_knows() -> None:
    """They are kept where they stood, with the answer or with the part that they are of."""
    item = {**MESSAGE, "x": [1.50], "content": [{**TEXT, "y": {"z": None}}]}
    fields: Fields = {"x": 1, "usage": {"input_tokens": 1, "output_tokens_details": {"x": 2}}}
    for sent in (body(item, **fields), stream(*message(0, item), end(item, **fields))):
        answer = told(sent)

        assert {"id": "resp_1", "x": 1, "usage": {"output_tokens_details": {"x": 2}}} == answer.metadata
        assert [{"id": "msg_1", "status": "completed", "x": [1.5], "content": {"y": {"z": None}}}] == answer.states


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (MESSAGE, {"id": "msg_1", "status": "completed"}),
        ({**MESSAGE, "phase": "commentary"}, {"id": "msg_1", "status": "completed", "phase": "commentary"}),
        ({**MESSAGE, "status": None, "phase": None}, {"id": "msg_1"}),
        ({"type": "message", "content": [TEXT]}, {}),
        (CALL, {"id": "fc_1", "status": "completed"}),
        (
            {**CALL, "namespace": "n", "caller": {"type": "direct"}, "async": True, "x": 1},
            {
                "id": "fc_1",
                "status": "completed",
                "namespace": "n",
                "caller": {"type": "direct"},
                "async": True,
                "x": 1,
            },
        ),
        (THOUGHTS, THOUGHTS),
        ({**THOUGHTS, "status": None, "x": 0.10}, {**THOUGHTS, "status": None, "x": 0.1}),
    ],
)
def test_state_of_a_part(item: Fields, expected: Fields) -> None:
    """It has the item's fields that have no place in the part; a reasoning item is its own state."""
    answer = told(body(item))

    assert [expected] == answer.states
    assert {"openai_responses"} >= {part.provider_state.kind for part in answer.parts if part.provider_state.data}


def test_state_of_reasoning_is_the_item_at_its_end() -> None:
    """What an item encloses while it begins can be another thing than in the end."""
    events = thoughts()
    first = {**events[0], "item": {**THOUGHTS, "summary": [], "encrypted_content": "early"}}

    assert ["gAAA"] == [state["encrypted_content"] for state in told(stream(first, *events[1:], end())).states]


@pytest.mark.parametrize(
    "type_",
    [
        "web_search_call",
        "file_search_call",
        "code_interpreter_call",
        "image_generation_call",
        "computer_call",
        "mcp_call",
        "mcp_list_tools",
        "mcp_approval_request",
        "tool_search_call",
        "tool_search_output",
        "custom_tool_call",
        "local_shell_call",
        "compaction",
        "x_new",
    ],
)
def test_items_of_the_vendors_own(type_: str) -> None:
    """Each is a part, as it was sent: hosted tools, and whatever comes one day."""
    item = {"id": "x_1", "type": type_, "status": "completed", "result": "iVBO", "n": [1.10, {"call_id": None}]}
    for sent in (body(item), stream(added(0, item), event("output_item.done", item=item), end(item))):
        (part,) = told(sent).parts

        assert ("openai_responses", type_) == (part.provider_part.kind, part.provider_part.type)
        assert json.dumps(item) == part.provider_part.json
        assert not part.HasField("provider_state")


def test_content_of_a_sort_that_nobody_knows() -> None:
    """It is a part of the vendor's own: a message item with that alone, which can go back."""
    item = {**MESSAGE, "phase": "final_answer", "content": [TEXT, {"type": "x_new", "n": 1.50}]}
    answer = told(body(item))

    assert [("text", "Hi there"), ("provider_part", "x_new")] == answer.said
    assert {**item, "content": [item["content"][1]]} == json.loads(answer.parts[1].provider_part.json)


def test_digits() -> None:
    """Numbers keep the digits that the vendor sent."""
    raw = b'{"type":"x","n":0.1000000000000000055511151231257827,"m":12345678901234567890123}'
    sent = json.dumps(response()).replace("[]", f"[{raw.decode()}]").encode()

    assert message_pb2.ProviderPart(kind="openai_responses", type="x", json=raw.decode()) == (
        told(sent).parts[0].provider_part
    )


def test_the_model_and_the_counts() -> None:
    """The attempt knows the model that answered and the vendor's own counts."""
    counts: Fields = {
        "input_tokens": 10,
        "input_tokens_details": {
            "cached_tokens": 4,
            "cache_write_tokens": 3,
            "cache_write_tokens_details": {"ttl_30m_tokens": 3},
        },
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 2},
        "total_tokens": 15,
    }
    for sent in (body(MESSAGE, usage=counts), stream(*message(), end(MESSAGE, usage=counts))):
        answer = told(sent)
        usage = answer.attempt.usage

        assert "m-1" == answer.attempt.target.reported_model
        assert (10, 5) == (usage.input_tokens, usage.output_tokens)
        assert (4, 3, 2) == (usage.cache_read_tokens, usage.cache_write_tokens, usage.reasoning_tokens)
        details = {"cache_write_tokens_details": {"ttl_30m_tokens": 3}}
        assert {"input_tokens_details": details} == answer.metadata["usage"]


@pytest.mark.parametrize("usage", [None, {}, {"input_tokens": 1, "output_tokens": 2, "input_tokens_details": None}])
def test_counts_that_are_not_told(usage: Fields | None) -> None:
    """They are unset, not 0."""
    counted = told(stream(*call(), end(CALL, usage=usage))).attempt.usage

    assert not counted.HasField("cache_read_tokens")
    assert not counted.HasField("reasoning_tokens")
