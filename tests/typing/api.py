"""Uses of the public client. Never run: mypy checks that they mean what they say."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import assert_type

import grpc

import llmrpc
from llmrpc.v1.accounting_pb2 import Accounting, Attempt, Cost, Usage
from llmrpc.v1.cache_pb2 import GetCacheStatsResponse, InvalidateCacheRequest
from llmrpc.v1.completion_pb2 import (
    CompleteRequest,
    CompleteResponse,
    PlanCompletionResponse,
    RoutingPolicy,
    StreamCompleteResponse,
)
from llmrpc.v1.message_pb2 import ROLE_USER, ContentPart, Message, ToolCall
from llmrpc.v1.model_pb2 import ListModelsRequest, ListModelsResponse, Model


def clients() -> None:
    """Every way to make one."""
    llmrpc.Client()
    llmrpc.Client("localhost:50051", token="t", timeout=30)
    llmrpc.Client("gateway:443", token=lambda: "t", tls=True)
    llmrpc.Client("gateway:443", tls="ca.pem")
    llmrpc.Client("gateway:443", tls=Path("ca.pem"))
    llmrpc.Client("gateway:443", tls=llmrpc.TLS(cert_file="client.pem", key_file="client.key"))
    llmrpc.AsyncClient("gateway:50051", token="t", insecure=True, options=[("grpc.keepalive_time_ms", 1000)])


def requests(client: llmrpc.Client) -> None:
    """Every way to say what is wanted."""
    message = Message(role=ROLE_USER, parts=[ContentPart(text="Hello")])
    client.complete("Hello")
    client.complete([message])
    client.complete([("user", "Hello"), {"role": "assistant", "content": "Hi"}, message])
    client.complete(request=CompleteRequest(routing=RoutingPolicy(disable_fallback=True)))
    options: llmrpc.RequestOptions = {"model": "fast", "temperature": None, "labels": {"team": "search"}}
    client.complete("Hello", timeout=1.5, **options)
    client.stream("Hello", system="Be brief.", max_output_tokens=10, stop_sequences=["END"], user="u-1")

    client.complete("Hello", temprature=1.0)  # type: ignore[call-arg]
    client.complete("Hello", temperature="warm")  # type: ignore[arg-type]
    client.complete(1)  # type: ignore[arg-type]


def answers(client: llmrpc.Client) -> None:
    """Use what comes back."""
    completion = client.complete("Hello")
    assert_type(completion, llmrpc.Completion)
    assert_type(completion.text, str)
    assert_type(completion.finish_reason, str)
    assert_type(completion.usage, Usage | None)
    assert_type(completion.cost, Cost | None)
    assert_type(completion.accounting, Accounting)
    assert_type(completion.message, Message)
    assert_type(completion.tool_calls, list[ToolCall])
    assert_type(completion.response, CompleteResponse)
    assert_type(client.plan("Hello"), PlanCompletionResponse)
    assert_type(client.list_models(), Iterator[Model])
    assert_type(client.get_model("fast"), Model)
    assert_type(client.get_cache_stats(), GetCacheStatsResponse)
    client.invalidate_cache(InvalidateCacheRequest(tag="nightly"))
    assert_type(client.stubs.models.ListModels(ListModelsRequest()), ListModelsResponse)


def streams(client: llmrpc.Client) -> None:
    """Read a stream as text or as events."""
    with client.stream("Hello") as stream:
        assert_type(stream, llmrpc.CompletionStream)
        for text in stream.text:
            assert_type(text, str)
        for event in stream:
            assert_type(event, StreamCompleteResponse)
    assert_type(stream.result(), llmrpc.Completion)
    assert_type(stream.completion, llmrpc.Completion)
    assert_type(stream.assembler, llmrpc.Assembler)


async def twins() -> None:
    """Do the same with await."""
    async with llmrpc.AsyncClient() as client:
        assert_type(await client.complete("Hello", model="fast"), llmrpc.Completion)
        async with client.stream("Hello") as stream:
            async for text in stream.text:
                assert_type(text, str)
            async for event in stream:
                assert_type(event, StreamCompleteResponse)
        assert_type(await stream.result(), llmrpc.Completion)
        assert_type(await client.plan("Hello"), PlanCompletionResponse)
        assert_type(client.list_models(), AsyncIterator[Model])
        assert_type(await client.get_model("fast"), Model)
        assert_type(await client.get_cache_stats(), GetCacheStatsResponse)
        await client.invalidate_cache(InvalidateCacheRequest(tag="nightly"))
        assert_type(await client.stubs.models.ListModels(ListModelsRequest()), ListModelsResponse)


def errors(client: llmrpc.Client) -> None:
    """Ask an error what it tells."""
    try:
        client.complete("Hello")
    except llmrpc.RateLimited as error:
        assert_type(error.retry_delay, float | None)
    except llmrpc.LlmrpcError as error:
        assert_type(error.code, grpc.StatusCode)
        assert_type(error.reason, str)
        assert_type(error.call_id, str)
        assert_type(error.attempts, list[Attempt])
        assert_type(error.accounting, Accounting | None)
        assert_type(error.field_violations, list[tuple[str, str]])
        assert_type(error.quota_violations, list[tuple[str, str]])
        assert_type(error.cause, grpc.RpcError | None)


def assembling(events: Iterator[StreamCompleteResponse]) -> CompleteResponse:
    """Raw stubs have the assembler, too."""
    assembler = llmrpc.Assembler()
    for event in events:
        piece = assembler.add(event)
        assert_type(piece is llmrpc.RESET, bool)
    assert_type(assembler.message, Message)
    return assembler.finish()
