"""What every provider must do, as data: what is asked, and what the answer must hold.

One table for the fault provider and for the clouds. Over the fault provider `behaviour` is the model's name and makes
the answer certain; a cloud is asked with a prompt that leaves it little choice.
"""

import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server.requests.features import Feature

Answer = completion_pb2.CompleteResponse
Part = message_pb2.ContentPart

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "degrees": {"type": "integer"}},
    "required": ["city", "degrees"],
    "additionalProperties": False,
}
PARAMETERS = json.dumps({k: v for k, v in SCHEMA.items() if k != "additionalProperties"})


@dataclass(frozen=True, slots=True)
class Case:
    """One promise.

    Attributes:
        needs: Features without which a kind is not asked.
        check: Raises AssertionError where the answer does not keep it.
    """

    name: str
    behaviour: str
    request: completion_pb2.CompleteRequest
    check: Callable[[Answer], None]
    needs: frozenset[Feature] = frozenset()


def user(*parts: Part | str) -> message_pb2.Message:
    """Make a user's message."""
    made = [Part(text=part) if isinstance(part, str) else part for part in parts]
    return message_pb2.Message(role=message_pb2.ROLE_USER, parts=made)


def ask(*parts: Part | str, **fields: Any) -> completion_pb2.CompleteRequest:
    """Make a request of one message."""
    return completion_pb2.CompleteRequest(messages=[user(*parts)], **fields)


def tool(name: str) -> message_pb2.Tool:
    """Make a tool that looks something up for a city."""
    return message_pb2.Tool(
        function=message_pb2.FunctionTool(
            name=name, description=f"Look up the {name} of a city.", parameters_json_schema=PARAMETERS
        )
    )


def red_square() -> bytes:
    """Draw a red PNG of 32 by 32 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        """Frame a chunk."""
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\x00" + b"\xff\x00\x00" * 32) * 32
    header = struct.pack(">IIBBBBB", 32, 32, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


PICTURE = Part(media=message_pb2.Media(mime_type="image/png", data=red_square()))


def text_of(answer: Answer) -> str:
    """Join the text parts."""
    return "".join(part.text for part in answer.message.parts)


def calls_of(answer: Answer) -> list[message_pb2.ToolCall]:
    """List the tool calls."""
    return [part.tool_call for part in answer.message.parts if part.HasField("tool_call")]


def _says_something(answer: Answer) -> None:
    assert text_of(answer)
    assert completion_pb2.FINISH_REASON_STOP == answer.finish_reason


def _has_usage(answer: Answer) -> None:
    usage = answer.accounting.usage
    assert usage.input_tokens > 0
    assert usage.output_tokens > 0


def _calls(least: int) -> Callable[[Answer], None]:
    def check(answer: Answer) -> None:
        calls = calls_of(answer)
        assert completion_pb2.FINISH_REASON_TOOL_CALLS == answer.finish_reason
        assert len(calls) >= least
        assert len(calls) == len({call.id for call in calls})
        assert {call.name for call in calls} <= {"weather", "time"}
        assert all(isinstance(json.loads(call.arguments_json), dict) for call in calls)

    return check


def _is_cut_short(answer: Answer) -> None:
    assert completion_pb2.FINISH_REASON_MAX_TOKENS == answer.finish_reason


def _is_shaped(answer: Answer) -> None:
    value = json.loads(text_of(answer))
    assert {"city", "degrees"} == set(value)
    assert isinstance(value["degrees"], int)


def _stops_before_five(answer: Answer) -> None:
    assert "5" not in text_of(answer)
    assert completion_pb2.FINISH_REASON_STOP == answer.finish_reason


CONFIG = completion_pb2.GenerationConfig
REQUIRED = message_pb2.ToolChoice(mode=message_pb2.TOOL_CHOICE_MODE_REQUIRED)
COUNT = "Count from 1 to 9, digits alone, separated by spaces."
SHAPE = completion_pb2.OutputFormat(
    json_schema=completion_pb2.JsonSchemaFormat(name="weather", schema_json=json.dumps(SCHEMA))
)

CASES = (
    Case("text", "gpt-4o", ask("Say hello."), _says_something),
    Case("usage", "gpt-4o", ask("Say hello."), _has_usage),
    Case(
        "a tool call",
        "tool-calls=1",
        ask("What is the weather in Oslo?", tools=[tool("weather")], tool_choice=REQUIRED),
        _calls(1),
        frozenset({Feature.TOOLS}),
    ),
    Case(
        "parallel tool calls",
        "tool-calls=2",
        ask("Call both tools for Oslo, at once.", tools=[tool("weather"), tool("time")], tool_choice=REQUIRED),
        _calls(2),
        frozenset({Feature.TOOLS}),
    ),
    Case("an image", "gpt-4o", ask("What colour is this?", PICTURE), _says_something, frozenset({Feature.IMAGES})),
    Case(
        "JSON Schema",
        "json",
        ask("It is 3 degrees in Oslo. Answer in JSON.", output=SHAPE),
        _is_shaped,
        frozenset({Feature.JSON_SCHEMA}),
    ),
    # No vendor takes a lower limit than Responses: 16.
    Case("a limit", "gpt-4o", ask("Count from 1 to 99.", config=CONFIG(max_output_tokens=16)), _is_cut_short),
    Case(
        "a stop sequence",
        "text=1 2 3 4 5 6",
        ask(COUNT, config=CONFIG(stop_sequences=["5"])),
        _stops_before_five,
        frozenset({Feature.STOP_SEQUENCES}),
    ),
)
