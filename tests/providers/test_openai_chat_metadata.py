"""What a Chat Completions answer says of itself: all of it is kept, in a stream as in an unstreamed answer."""

import pytest

from providers.openai_chat_bodies import DONE, FRAME, Fields, chunk, events, stream, told, whole

FILTER: Fields = {"hate": {"filtered": False, "severity": "safe"}}


@pytest.mark.parametrize(
    ("fields", "choice", "metadata"),
    [
        ({}, {}, {}),
        ({"service_tier": "default", "system_fingerprint": "fp_1"}, {}, {}),
        ({"provider": "Acme", "request_id": "r", "user_id": "u"}, {"native_finish_reason": "end_turn"}, {}),
        ({"prompt_filter_results": [{"prompt_index": 0}]}, {"content_filter_results": FILTER}, {}),
        ({"time_info": {"total_time": 0.25}, "usage": {"cost": 1e-05}}, {"seed": 7}, {}),
        ({"x_groq": {"id": "req_1", "seed": 7}, "usage_breakdown": {"models": []}}, {}, {}),
        ({"service_tier": None, "system_fingerprint": None}, {"stop_reason": None}, {"id": "chatcmpl-1"}),
        # What nobody told us of.
        ({"x_new": {"a": [1, {"b": 2}]}}, {"x_new": [1]}, {}),
        ({"usage": {"x_new": 1}}, {}, {}),
    ],
)
def test_what_is_kept(fields: Fields, choice: Fields, metadata: Fields) -> None:
    """A stream's chunks and an unstreamed answer leave the same object, shaped like the unstreamed answer's own."""
    expected = metadata or {"id": "chatcmpl-1", **fields, **({"choices": [choice]} if choice else {})}
    streamed = events(
        chunk({"content": "H"}, **{name: value for name, value in fields.items() if name != "usage"}),
        chunk({"content": "i"}),
        chunk(finish="stop", choice=choice, **fields),
        DONE,
    )

    assert expected == told(whole({"content": "Hi"}, choice=choice, **fields)).metadata
    assert expected == told(streamed).metadata


def test_unknown_fields_of_the_message() -> None:
    """In a stream a message's unknown field stands in its deltas."""
    expected = {"id": "chatcmpl-1", "choices": [{"message": {"x_new": {"a": 1, "b": 2}}}]}

    assert expected == told(whole({"content": "Hi", "x_new": {"a": 1, "b": 2}})).metadata
    assert expected == told(stream({"content": "Hi", "x_new": {"a": 1}}, {"x_new": {"b": 2}})).metadata


def test_unknown_fields_keep_their_numbers() -> None:
    """A number that we do not know keeps its digits."""
    body = whole({"content": "Hi"}).replace(b'"model"', b'"x_new": 0.10000000000000000001, "model"')

    assert '"x_new":0.10000000000000000001' in told(body).response.provider_metadata_json


def test_what_is_not_kept() -> None:
    """Constants, padding and what only repeats the answer are left out."""
    body = events(
        chunk({"role": "assistant", "content": "Hi", "token_id": 7, "channel": "final"}, obfuscation="x", p="abc"),
        chunk(choice={"text": ""}, finish="stop"),
        DONE,
    )

    assert {"id": "chatcmpl-1"} == told(body).metadata


def test_the_first_id_holds() -> None:
    """Some vendors give every chunk an id of its own."""
    assert (
        "chatcmpl-1" == told(events(chunk({"content": "Hi"}), {**FRAME, "id": "2", "choices": []}, DONE)).metadata["id"]
    )


def test_tools_that_the_vendor_ran() -> None:
    """Groq tells of a tool that it ran twice: when it starts, and with what came of it."""
    call: Fields = {"index": 0, "type": "search", "arguments": "{}"}
    other: Fields = {"index": 1, "type": "python", "arguments": "[]", "output": "7"}
    done: Fields = {**call, "output": "words", "search_results": {"results": [{"url": "u"}]}}
    started = {**call, "search_results": {"results": []}}
    expected = [{"message": {"executed_tools": [done, other]}}]

    assert expected == told(whole({"content": "Hi", "executed_tools": [done, other]})).metadata["choices"]
    deltas = [{"executed_tools": [one]} for one in (started, done, other)]
    assert expected == told(stream(*deltas, {"content": "Hi"})).metadata["choices"]


def test_blocks_of_another_type() -> None:
    """A block that is no part of the API is kept beside the answer."""
    block = {"type": "of_the_future", "x": 1}
    answer = told(whole({"content": [{"type": "text", "text": "Hi"}, block]}))

    assert ([("text", "Hi")], [{"message": {"content": [block]}}]) == (answer.said, answer.metadata["choices"])


@pytest.mark.parametrize(
    ("deltas", "state", "kept"),
    [
        ([{"content": "Hi", "extra_content": {"google": {"a": 1}}}], {"extra_content": {"google": {"a": 1}}}, None),
        (
            [{"content": "", "extra_content": {"google": {"a": 1}}}, {"content": "Hi"}],
            {"extra_content": {"google": {"a": 1}}},
            None,
        ),
        (
            [{"content": "Hi", "extra_content": {"google": {"a": 1}}}, {"extra_content": {"google": {"b": 2}}}],
            {"extra_content": {"google": {"a": 1, "b": 2}}},
            None,
        ),
        (
            [{"content": "Hi"}, {"refusal": "No."}, {"extra_content": {"google": {"a": 1}}}],
            {},
            [{"message": {"extra_content": {"google": {"a": 1}}}}],
        ),
    ],
)
def test_what_gemini_must_get_back(deltas: list[Fields], state: Fields, kept: object) -> None:
    """Gemini's own fields of a message belong to its text; where there is none they are kept beside the answer."""
    answer = told(stream(*deltas))

    assert (state, kept) == (answer.states[0], answer.metadata.get("choices"))
