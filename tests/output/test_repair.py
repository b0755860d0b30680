"""An answer that does not fit is asked for again with the errors, within the call's bounds."""

import json
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2

from details import detail
from fault_provider import ThreadedFaultProvider
from gateway import Gateway, faulty, request, running, said
from llmrpc.v1 import accounting_pb2, completion_pb2, error_reason_pb2, message_pb2
from output.asking import answering, causes, complete, failure, schema

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
WRONG, WORSE, RIGHT = '{"n": "one"}', "one", '{"n": 1}'
CHATS = "openai"


def shape(repairs: int | None = None) -> completion_pb2.OutputFormat:
    """Ask for {"n": 1}."""
    made = schema(SCHEMA)
    if repairs is not None:
        made.max_repairs = repairs
    return made


def conversation(faults: ThreadedFaultProvider, number: int) -> list[tuple[str, str]]:
    """Return role and text of each message of a request."""
    return [(message["role"], message["content"]) for message in faults.attempts[number].body["messages"]]


async def test_wrong_wrong_right(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """Two wrong answers and a right one: the value, repairs = 2, three attempts on the books."""
    answer = await complete(gateway, answering(faults, WRONG, WORSE, RIGHT), shape(2))

    assert {"n": 1} == json.loads(answer.parsed.json)
    assert 2 == answer.parsed.repairs
    assert ["FIRST", "REPAIR", "REPAIR"] == causes(answer.accounting.attempts)
    invalid, unset = error_reason_pb2.ERROR_REASON_OUTPUT_INVALID, error_reason_pb2.ERROR_REASON_UNSPECIFIED
    assert [invalid, invalid, unset] == [attempt.reason for attempt in answer.accounting.attempts]
    assert 3 == len(faults.attempts)


async def test_the_model_hears_what_is_wrong(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """The conversation goes on with the latest answer and its errors, earlier ones are forgotten."""
    await complete(gateway, answering(faults, WRONG, WORSE, RIGHT), shape(2))

    (asked,) = conversation(faults, 0)
    first, assistant, user = conversation(faults, 1)
    assert asked == first
    assert ("assistant", WRONG) == assistant
    assert 'n: "one" is not of type "integer"' in user[1]
    assert [asked, ("assistant", WORSE)] == conversation(faults, 2)[:2]
    assert 3 == len(conversation(faults, 2))


async def test_an_empty_answer_is_no_turn(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """An answer of nothing is not sent back, for no vendor takes an empty message."""
    await complete(gateway, answering(faults, " ", RIGHT, provider="anthropic"), shape(1))

    messages = faults.attempts[1].body["messages"]
    assert ["user"] == [message["role"] for message in messages]


@pytest.mark.parametrize("repairs", [0, 2])
async def test_never_right(gateway: Gateway, faults: ThreadedFaultProvider, repairs: int) -> None:
    """A model that is never right: FAILED_PRECONDITION, OUTPUT_INVALID, the last errors, all attempts on the books."""
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await complete(gateway, answering(faults, WORSE, WRONG), shape(repairs))

    assert grpc.StatusCode.FAILED_PRECONDITION is failed.value.code()
    assert "OUTPUT_INVALID" == detail(failed.value, error_details_pb2.ErrorInfo).reason
    assert (("n: " if repairs else "is not JSON") in (failed.value.details() or "")) is True
    assert ["FIRST", *["REPAIR"] * repairs] == causes(failure(failed.value).accounting.attempts)


async def test_a_route_says_how_often(faults: ThreadedFaultProvider) -> None:
    """Where the call does not say how often, the route does."""
    config = faulty(faults)
    model = answering(faults, WRONG, WRONG, WRONG, RIGHT)
    config["routes"] = {"default": {"targets": [model], "output": {"max_repairs": 3}}}
    async with running(config) as gateway:
        answer = await complete(gateway, "", shape())

    assert 3 == answer.parsed.repairs


async def test_repairs_are_not_taken_from_the_retries(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """After a repair the call still has the attempts that it had: a fault in between is retried."""
    model = answering(faults, WRONG)
    faults.script(model.partition("/")[2], [_text(WRONG), "status=503", _text(RIGHT)])
    answer = await complete(gateway, model, shape(1), routing={"max_attempts": 2})

    assert 1 == answer.parsed.repairs
    assert ["FIRST", "REPAIR", "RETRY"] == causes(answer.accounting.attempts)


async def test_the_deadline_bounds_repairs(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """No repair begins that would end too late; the caller hears what was wrong."""
    model = answering(faults, WRONG, slow_headers=1.2)
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await gateway.completion.Complete(request(model, output=shape(9)), timeout=2.4)

    assert grpc.StatusCode.FAILED_PRECONDITION is failed.value.code()
    assert 1 == len(faults.attempts)


@pytest.mark.parametrize(
    ("more", "said_"),
    [
        ({"finish": "length"}, "cut off"),
        ({"refusal": True}, "declined"),
        ({"finish": "filter"}, "withheld"),
    ],
)
async def test_what_asking_again_does_not_fix(
    gateway: Gateway, faults: ThreadedFaultProvider, more: dict[str, Any], said_: str
) -> None:
    """An answer that was cut off, withheld or declined is never taken for whole, and not asked for again."""
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await complete(gateway, answering(faults, RIGHT, **more), shape(3))

    assert said_ in (failed.value.details() or "")
    assert 1 == len(faults.attempts)


async def test_a_call_of_a_tool_comes_first(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """A model that waits for a tool has not answered yet: nothing is checked, nothing is parsed."""
    tool = message_pb2.Tool(function=message_pb2.FunctionTool(name="weather"))
    answer = await complete(gateway, "openai/tool-calls=1", shape(), tools=[tool])

    assert completion_pb2.FINISH_REASON_TOOL_CALLS == answer.finish_reason
    assert not answer.HasField("parsed")


async def test_native_support_is_used(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """A provider that holds answers to a schema gets the schema and the caller's own words, no more."""
    await complete(gateway, answering(faults, RIGHT), shape())
    (attempt,) = faults.attempts

    assert SCHEMA == attempt.body["response_format"]["json_schema"]["schema"]
    assert [("user", "Why is the sky blue?")] == conversation(faults, 0)


async def test_instructions_where_there_is_none(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """Anthropic has no JSON mode: the instructions say it, after those that the caller gave."""
    asked = completion_pb2.OutputFormat(json=completion_pb2.JsonFormat())
    system = said(message_pb2.ROLE_SYSTEM, "Be brief.")
    model = answering(faults, RIGHT, provider="anthropic")
    whole = request(model, output=asked)
    whole.messages.insert(0, system)
    await gateway.completion.Complete(whole, timeout=20)
    (attempt,) = faults.attempts

    (block,) = attempt.body["system"]
    assert block["text"].startswith("Be brief.\n\nAnswer with one JSON object")


async def test_json_mode_speaks_of_json(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """OpenAI refuses JSON mode where nobody speaks of JSON; the instructions do, unless the caller did."""
    asked = completion_pb2.OutputFormat(json=completion_pb2.JsonFormat())
    await complete(gateway, answering(faults, RIGHT), asked)
    await gateway.completion.Complete(request(answering(faults, RIGHT), "As JSON!", output=asked), timeout=20)

    assert ["system", "user"] == [role for role, _ in conversation(faults, 0)]
    assert ["user"] == [role for role, _ in conversation(faults, 1)]


@pytest.mark.parametrize(
    ("output", "field"),
    [
        (schema({"type": "strange"}), "output.json_schema.schema_json"),
        (schema({"$ref": "https://a.example/schema.json"}), "output.json_schema.schema_json"),
        (schema({"$ref": "#/nowhere"}), "output.json_schema.schema_json"),
        (schema({"pattern": "("}), "output.json_schema.schema_json"),
        (schema({"description": "x" * 300_000}), "output.json_schema.schema_json"),
        (completion_pb2.OutputFormat(parser="nobody"), "output.parser"),
    ],
)
async def test_bad_shapes_cost_nothing(
    gateway: Gateway, faults: ThreadedFaultProvider, output: completion_pb2.OutputFormat, field: str
) -> None:
    """A shape that no answer could be checked with is refused with its field, before any provider is asked."""
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await complete(gateway, "", output)

    assert grpc.StatusCode.INVALID_ARGUMENT is failed.value.code()
    assert [field] == [v.field for v in detail(failed.value, error_details_pb2.BadRequest).field_violations]
    assert [] == faults.attempts


async def test_fallback_goes_on_below(gateway: Gateway, faults: ThreadedFaultProvider) -> None:
    """A shape that two vendors are told of in their own ways is the same shape: the second one's answer is checked."""
    backup = answering(faults, RIGHT, provider="anthropic")
    routing = completion_pb2.RoutingPolicy(fallback_models=[backup])
    answer = await complete(gateway, "openai/status=529", shape(), routing=routing)

    assert {"n": 1} == json.loads(answer.parsed.json)
    assert accounting_pb2.ATTEMPT_CAUSE_FALLBACK == answer.accounting.attempts[-1].cause


def _text(text: str) -> Any:
    from fault_provider import Behaviour

    return Behaviour(text=text)
