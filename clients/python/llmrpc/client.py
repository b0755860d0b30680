"""The client for programs that block."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

import grpc

from llmrpc._channel import TLS, Endpoint, Token
from llmrpc._requests import Messages, RequestOptions, build_request, repeatable
from llmrpc._status import error_from
from llmrpc._streaming import StreamState, restartable
from llmrpc.completion import Completion
from llmrpc.v1.cache_pb2 import GetCacheStatsRequest, GetCacheStatsResponse, InvalidateCacheRequest
from llmrpc.v1.cache_pb2_grpc import CacheServiceStub
from llmrpc.v1.completion_pb2 import PlanCompletionRequest, PlanCompletionResponse, StreamCompleteResponse
from llmrpc.v1.completion_pb2_grpc import CompletionServiceStub
from llmrpc.v1.model_pb2 import GetModelRequest, ListModelsRequest, Model
from llmrpc.v1.model_pb2_grpc import ModelServiceStub
from llmrpc.v1.prompt_pb2_grpc import PromptServiceStub
from llmrpc.v1.usage_pb2 import (
    Budget,
    Call,
    GetCallRequest,
    ListBudgetsRequest,
    ListCallsRequest,
    QueryUsageRequest,
    UsageRow,
)
from llmrpc.v1.usage_pb2_grpc import UsageServiceStub

Request = TypeVar("Request")
Response = TypeVar("Response")


class Stubs:
    """The generated stubs, on the client's channel. Give each call `metadata=client.metadata()`."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.completion = CompletionServiceStub(channel)
        self.models = ModelServiceStub(channel)
        self.prompts = PromptServiceStub(channel)
        self.usage = UsageServiceStub(channel)
        self.cache = CacheServiceStub(channel)


class CompletionStream(StreamState):
    """An answer as it comes: iterate over `text`, or over the stream itself for every event.

    Both read the same stream, once. Leaving the `with` block, or `close`, cancels what is left of the call.
    """

    def __init__(self, call: "grpc._CallIterator[StreamCompleteResponse]") -> None:
        super().__init__()
        self._call = call

    def __iter__(self) -> Iterator[StreamCompleteResponse]:
        return self

    def __next__(self) -> StreamCompleteResponse:
        try:
            event = next(self._call)
        except StopIteration:
            self._end()
            raise
        except grpc.RpcError as error:
            raise error_from(error) from error
        return self._take(event)

    @property
    def text(self) -> Iterator[str]:
        """The answer's text in pieces.

        Should a provider break off, the answer may start again: then comes `llmrpc.RESET`, which prints as an
        empty line, and all pieces before it are void.
        """
        for _ in self:
            if self._piece:
                yield self._piece

    def result(self) -> Completion:
        """Read the stream to its end and return the whole answer."""
        for _ in self:
            pass
        return self.completion

    def close(self) -> None:
        """Cancel the call unless it has ended; what follows raises Cancelled."""
        self._call.cancel()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Client:
    """A connection to an llmrpc server. Safe to share between threads; make one and keep it.

    `address` is HOST:PORT or another gRPC target; default $LLMRPC_ADDRESS, else localhost:50051. `token` is
    the bearer token, or a function that returns it for each call; default $LLMRPC_TOKEN. `tls` is True for
    public authorities, a file with the authority's certificate, or a TLS. A token goes unencrypted to this
    machine alone, unless `insecure` says that the network is trusted. `timeout` is the deadline in seconds of
    calls that do not give their own; None leaves it to the server. `options` are gRPC channel options.

    Nothing is connected before the first call. Raises ValueError for unsafe or contradictory arguments. All
    calls raise LlmrpcError.
    """

    def __init__(
        self,
        address: str | None = None,
        *,
        token: Token | None = None,
        tls: bool | str | Path | TLS = False,
        insecure: bool = False,
        timeout: float | None = None,
        options: Sequence[tuple[str, Any]] = (),
    ) -> None:
        self._endpoint = end = Endpoint.of(
            address, token=token, tls=tls, insecure=insecure, timeout=timeout, options=options
        )
        self._channel = (
            grpc.secure_channel(end.address, end.credentials, end.options)
            if end.credentials
            else grpc.insecure_channel(end.address, end.options)
        )
        self.stubs = Stubs(self._channel)

    @property
    def address(self) -> str:
        """Where the server is."""
        return self._endpoint.address

    def metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        """Metadata for one call through `stubs`."""
        return self._endpoint.metadata()

    def complete(
        self, messages: Messages = (), *, timeout: float | None = None, **options: Unpack[RequestOptions]
    ) -> Completion:
        """Run one completion and return it whole. `timeout` is the deadline in seconds for all of it."""
        request = repeatable(build_request(messages, **options))
        return Completion(self._run(self.stubs.completion.Complete, request, timeout))

    def stream(
        self, messages: Messages = (), *, timeout: float | None = None, **options: Unpack[RequestOptions]
    ) -> CompletionStream:
        """Run one completion and give it as it comes. `timeout` is the deadline in seconds for all of it.

        Errors come out of the stream. When a provider breaks off the answer starts again (RESTART), unless
        `request.stream.on_interruption` says otherwise.
        """
        return CompletionStream(
            self.stubs.completion.StreamComplete(
                restartable(repeatable(build_request(messages, **options))),
                timeout=self._endpoint.timeout if timeout is None else timeout,
                metadata=self.metadata(),
            )
        )

    def plan(
        self, messages: Messages = (), *, timeout: float | None = None, **options: Unpack[RequestOptions]
    ) -> PlanCompletionResponse:
        """Tell which models would be tried, and what it would cost at worst. Runs nothing, costs nothing."""
        request = PlanCompletionRequest(request=build_request(messages, **options))
        return self._run(self.stubs.completion.PlanCompletion, request, timeout)

    def list_models(self, *, timeout: float | None = None) -> Iterator[Model]:
        """Give all routes and models that the caller may use, by name. `timeout` is for each page."""
        request = ListModelsRequest()
        while True:
            page = self._run(self.stubs.models.ListModels, request, timeout)
            yield from page.models
            if not page.next_page_token:
                return
            request = ListModelsRequest(page_token=page.next_page_token)

    def get_model(self, name: str, *, timeout: float | None = None) -> Model:
        """Describe one route or "provider/model". Raises ModelNotFound."""
        return self._run(self.stubs.models.GetModel, GetModelRequest(name=name), timeout).model

    def invalidate_cache(self, request: InvalidateCacheRequest, *, timeout: float | None = None) -> None:
        """Make stored answers unreachable; when it returns, no server process serves them any more."""
        self._run(self.stubs.cache.InvalidateCache, request, timeout)

    def get_cache_stats(self, *, timeout: float | None = None) -> GetCacheStatsResponse:
        """Count what the cache did, by route, in the one server process that the call reaches."""
        return self._run(self.stubs.cache.GetCacheStats, GetCacheStatsRequest(), timeout)

    def query_usage(self, request: QueryUsageRequest, *, timeout: float | None = None) -> Iterator[UsageRow]:
        """Give the sums of usage that are asked for, all pages. `timeout` is for each page."""
        while True:
            page = self._run(self.stubs.usage.QueryUsage, request, timeout)
            yield from page.rows
            if not page.next_page_token:
                return
            request = _next_page(request, page.next_page_token)

    def list_calls(self, request: ListCallsRequest, *, timeout: float | None = None) -> Iterator[Call]:
        """Give the calls on the ledger, newest first, all pages. `timeout` is for each page."""
        while True:
            page = self._run(self.stubs.usage.ListCalls, request, timeout)
            yield from page.calls
            if not page.next_page_token:
                return
            request = _next_page(request, page.next_page_token)

    def get_call(self, call_id: str, *, timeout: float | None = None) -> Call:
        """Tell the whole story of one call, every attempt."""
        return self._run(self.stubs.usage.GetCall, GetCallRequest(call_id=call_id), timeout).call

    def list_budgets(self, *, timeout: float | None = None) -> list[Budget]:
        """Give the budgets that the caller may see."""
        return list(self._run(self.stubs.usage.ListBudgets, ListBudgetsRequest(), timeout).budgets)

    def close(self) -> None:
        """Close the connection; calls under way are cancelled."""
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(
        self,
        method: "grpc.UnaryUnaryMultiCallable[Request, Response]",
        request: Request,
        timeout: float | None,
    ) -> Response:
        """Make one call with one answer."""
        try:
            return method(
                request,
                timeout=self._endpoint.timeout if timeout is None else timeout,
                metadata=self.metadata(),
            )
        except grpc.RpcError as error:
            raise error_from(error) from error


Paged = TypeVar("Paged", QueryUsageRequest, ListCallsRequest)


def _next_page(request: Paged, token: str) -> Paged:
    """Ask the same for the page after."""
    following = type(request)()
    following.CopyFrom(request)
    following.page_token = token
    return following
