"""Chat Completions as its vendors' documentation has it, where no recording does."""

import base64
import functools
from typing import Any

from replay.composing import Exchange, Fields, bare, exchange, told, written
from replay.reading import Audio, Citation, Failure, Part, Reasoning, Refusal, Text, ToolCall, Usage

_FRAME = {"id": "c1", "created": 1, "model": "m"}
_USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
_COUNTED = Usage(3, 4)
_HI = Text("Hi")
_SOUND = b"RIFF1234WAVEabcdefg"
_BASE64 = base64.b64encode(_SOUND).decode()

_said = functools.partial(told, finish="STOP", word="stop", usage=None)
_called = functools.partial(told, finish="TOOL_CALLS", word="tool_calls", usage=None)


def delta(said: Fields | None, finish: str | None = None, **choice: Any) -> Fields:
    """Write a chunk of the one choice."""
    return {"choices": [{"index": 0, "delta": said, "finish_reason": finish, **choice}]}


def call(**fields: Any) -> Fields:
    """Write a chunk with a piece of a tool call."""
    return delta({"tool_calls": [fields]})


def token(text: str) -> Fields:
    """Write a token's log probability."""
    one = {"token": text, "logprob": -0.5, "bytes": list(text.encode())}
    return {**one, "top_logprobs": [one]}


_STOP, _CALLS = delta({}, "stop"), delta({}, "tool_calls")
_COUNTS = {"choices": [], "usage": _USAGE}


def streams() -> dict[str, tuple[list[Fields], Any]]:
    """Return chunks, with what they say."""
    no_index = [
        call(id="a", type="function", function={"name": "f", "arguments": ""}),
        call(function={"arguments": '{"x"'}),
        call(function={"arguments": ":1}"}),
        call(id="b", type="function", function={"name": "g", "arguments": "{}"}),
    ]
    interleaved = [
        call(index=1, id="a", function={"name": "f", "arguments": "{"}),
        call(index=2, id="b", function={"name": "g", "arguments": "{"}),
        delta({"tool_calls": [{"index": number, "function": {"arguments": "}"}} for number in (1, 2)]}),
    ]
    nulls = [
        call(index=0, id="a", type=None, function={"name": "f", "arguments": None}),
        call(index=0, id=None, function={"name": None, "arguments": "{}"}),
    ]
    custom = [
        call(index=0, id="a", type="custom", custom={"name": "sh", "input": ""}),
        call(index=0, custom={"input": "ls "}),
        call(index=0, custom={"input": "-l"}),
    ]
    sound = [
        {"id": "a1", "transcript": "He"},
        {"data": _BASE64[:5]},
        {"transcript": "llo"},
        {"data": _BASE64[5:]},
        {"expires_at": 99},
    ]
    refusals = [
        delta({"refusal": text}, logprobs={"content": None, "refusal": [token(text)]}) for text in ("I ", "can't.")
    ]
    f = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    nothing = {"index": 0, "id": "", "type": "function", "function": {"name": "", "arguments": ""}}
    repeated = {"role": "assistant", "content": "Hi", "reasoning_content": "Hm", "tool_calls": [f]}
    said_again = {"choices": [{"index": 0, "message": repeated, "finish_reason": "tool_calls"}], "usage": _USAGE}
    with_audio = {"choices": [], "usage": {**_USAGE, "completion_tokens_details": {"audio_tokens": 3}}}
    of_two = [
        {"choices": [{"index": 0, "delta": {"content": "Hi"}}, {"index": 1, "delta": {"content": "Ho"}}]},
        {"choices": [{"index": 1, "delta": {}, "finish_reason": "length"}]},
    ]
    return {
        "refusal with its probabilities": (
            [delta({"role": "assistant", "content": None, "refusal": ""}), *refusals, _STOP, _COUNTS],
            told(Refusal("I can't."), finish="REFUSAL", word="stop", usage=_COUNTED, logprobs=2),
        ),
        "sound": (
            [*(delta({"audio": piece}) for piece in sound), _STOP, with_audio],
            _said(Text("Hello"), Audio(_SOUND), usage=Usage(3, 4, audio_output=3)),
        ),
        "usage in the last chunk": ([delta({"content": "Hi"}), {**_STOP, "usage": _USAGE}], _said(_HI, usage=_COUNTED)),
        "reasoning by both names": (
            [delta({"reasoning": "Hm", "reasoning_content": "Hm"}), delta({"content": "Hi"}), _STOP],
            _said(Reasoning("Hm"), _HI),
        ),
        "calls without an index": (
            [*no_index, _CALLS],
            _called(ToolCall("a", "f", '{"x":1}'), ToolCall("b", "g", "{}")),
        ),
        "calls from index 1": ([*interleaved, _CALLS], _called(ToolCall("a", "f", "{}"), ToolCall("b", "g", "{}"))),
        "a call with nulls": ([*nulls, _CALLS], _called(ToolCall("a", "f", "{}"))),
        "arguments as an object": (
            [call(index=0, id="a", function={"name": "f", "arguments": {"x": 1}}), _CALLS],
            _called(ToolCall("a", "f", '{"x":1}')),
        ),
        "a name again and again": (
            [call(index=0, id="a", function={"name": "ff", "arguments": text}) for text in ("", "{", "}")] + [_CALLS],
            _called(ToolCall("a", "ff", "{}")),
        ),
        "an id after the name": (
            [call(index=0, function={"name": "f"}), call(index=0, id="z", function={"arguments": "{}"}), _CALLS],
            _called(ToolCall("z", "f", "{}")),
        ),
        "a custom tool": ([*custom, _CALLS], _called(ToolCall("a", "sh", "ls -l"))),
        "text after a call": (
            [call(index=0, id="a", function={"name": "f", "arguments": "{}"}), delta({"content": "Hi"}), _CALLS],
            _called(ToolCall("a", "f", "{}"), _HI),
        ),
        "two choices": ([*of_two, _STOP], _said(_HI)),
        "deltas of null": ([delta(None), delta({"content": "Hi"}), delta(None, "stop")], _said(_HI)),
        "probabilities before the text": (
            [delta({}, logprobs={"content": [token("Hi")]}), delta({"content": "Hi"}), _STOP],
            _said(_HI, logprobs=1),
        ),
        "all of it once more at the end": (
            [
                delta({"reasoning_content": "Hm"}),
                delta({"content": "Hi", "role": ""}),
                call(index=0, **f),
                {**said_again, "object": "chat.completion", "base_resp": {"status_code": 0}},
            ],
            _called(Reasoning("Hm"), _HI, ToolCall("a", "f", "{}"), usage=_COUNTED),
        ),
        "calls of nothing": (
            [
                delta({"content": "H", "tool_calls": [nothing]}),
                delta({"content": "i", "tool_calls": [nothing]}),
                delta({"tool_calls": [nothing]}, "stop"),
            ],
            _said(_HI),
        ),
        "messages in place of deltas": (
            [{"choices": [{"index": 0, "message": {"content": text}}]} for text in "Hi"] + [_STOP],
            _said(_HI),
        ),
        "an error in the middle": (
            [delta({"content": "Hi"}), {"error": {"message": "no", "code": "rate_limit_exceeded"}}],
            Failure("RESOURCE_EXHAUSTED", "PROVIDER_RATE_LIMITED"),
        ),
        "an error without a field of its own": (
            [delta({"content": "Hi"}), {"code": 429, "message": "no"}],
            Failure("RESOURCE_EXHAUSTED", "PROVIDER_RATE_LIMITED"),
        ),
        "an error of words alone": (
            [delta({"content": "Hi"}), {"error": "no"}],
            Failure("UNAVAILABLE", "PROVIDER_ERROR"),
        ),
    }


# Why answers end, in the words of vendors that have other ones than OpenAI.
FINISHES = {
    "STOP": "STOP",
    "COMPLETE": "STOP",
    "MAX_TOKENS": "MAX_TOKENS",
    "max_output_tokens": "MAX_TOKENS",
    "SAFETY": "CONTENT_FILTER",
    "RECITATION": "CONTENT_FILTER",
    "content_filter: PROHIBITED_CONTENT": "CONTENT_FILTER",
    "guardrail_intervened": "CONTENT_FILTER",
    "function_call_filter: MALFORMED_FUNCTION_CALL": "OTHER",
}


def wholes() -> dict[str, tuple[Fields, Any]]:
    """Return choices, with what they say."""
    source = {"start_index": 0, "end_index": 2, "title": "T", "url": "https://t"}
    f = {"id": "a", "type": "function", "function": {"name": "f", "arguments": {"x": 1}}}
    cited: Part = Text("Hi", (Citation("https://t", "T", 0, 2),))
    nothing = dict.fromkeys(("refusal", "tool_calls", "function_call", "audio", "reasoning"))
    return {
        "cited": ({"content": "Hi", "annotations": [{"type": "url_citation", "url_citation": source}]}, _said(cited)),
        "a call": ({"content": None, "tool_calls": [f]}, _called(ToolCall("a", "f", '{"x":1}'), word="stop")),
        "sound": (
            {"content": None, "audio": {"id": "a1", "data": _BASE64, "transcript": "Hello", "expires_at": 9}},
            _said(Text("Hello"), Audio(_SOUND)),
        ),
        "nulls": ({"content": "Hi", "annotations": [], **nothing}, _said(_HI)),
        "nothing": ({"content": None}, _said()),
    }


def exchanges() -> list[Exchange]:
    """Compose all of them."""
    finishes = {
        f"finish {word}": ([delta({"content": "Hi"}, word)], told(_HI, finish=meaning, word=word, usage=None))
        for word, meaning in FINISHES.items()
    }
    made = []
    for name, (chunks, heard) in (streams() | finishes).items():
        whole = [{**_FRAME, "object": "chat.completion.chunk", **chunk} for chunk in chunks]
        made.append(exchange("chat", name, bare(whole), heard, streamed=True))
    for name, (message, heard) in wholes().items():
        choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}
        body = {**_FRAME, "object": "chat.completion", "choices": [choice]}
        made.append(exchange("chat", f"whole {name}", written(body), heard, streamed=False))
    return made
