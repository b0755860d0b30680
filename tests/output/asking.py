"""A call whose model gives certain answers, one after the other."""

import itertools
import json
from typing import Any

import grpc

from details import detail
from fault_provider import Behaviour, ThreadedFaultProvider
from gateway import Gateway, request
from llmrpc.v1 import accounting_pb2, completion_pb2

_numbers = itertools.count(1)


def schema(schema_: Any, name: str = "") -> completion_pb2.OutputFormat:
    """Ask for JSON that satisfies a schema."""
    wanted = completion_pb2.JsonSchemaFormat(name=name, schema_json=json.dumps(schema_))
    return completion_pb2.OutputFormat(json_schema=wanted)


def answering(faults: ThreadedFaultProvider, *texts: str, provider: str = "openai", **more: Any) -> str:
    """Return "provider/model" of a model that gives these answers, the last of them again and again."""
    model = f"answers{next(_numbers)}"
    faults.script(model, [Behaviour(text=text, **more) for text in texts])
    return f"{provider}/{model}"


async def complete(
    gateway: Gateway, model: str, output: completion_pb2.OutputFormat, **fields: Any
) -> completion_pb2.CompleteResponse:
    """Ask for a whole answer in a shape."""
    answer: completion_pb2.CompleteResponse = await gateway.completion.Complete(
        request(model, output=output, **fields), timeout=20
    )
    return answer


def causes(attempts: Any) -> list[str]:
    """Name why each attempt was made."""
    return [accounting_pb2.AttemptCause.Name(one.cause).removeprefix("ATTEMPT_CAUSE_") for one in attempts]


def failure(error: grpc.aio.AioRpcError) -> completion_pb2.CompletionFailure:
    """Return the books of a call that failed."""
    return detail(error, completion_pb2.CompletionFailure)
