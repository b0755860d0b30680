"""The client for asyncio: `client.py` with `await`."""
# ruff: noqa: ASYNC109 - a timeout here is the deadline that the server is told.

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack

import grpc
import grpc.aio

from llmrpc._channel import TLS, Endpoint, Token
from llmrpc._requests import Messages, RequestOptions, build_request, repeatable
from llmrpc._status import error_from
from llmrpc._streaming import StreamState, restartable
from llmrpc.completion import Completion
from llmrpc.errors import Cancelled
from llmrpc.v1.cache_pb2 import GetCacheStatsRequest, GetCacheStatsResponse, InvalidateCacheRequest
from llmrpc.v1.cache_pb2_grpc import CacheServiceStub
from llmrpc.v1.completion_pb2 import PlanCompletionRequest, PlanCompletionResponse, StreamCompleteResponse
from llmrpc.v1.completion_pb2_grpc import CompletionServiceStub
from llmrpc.v1.model_pb2 import GetModelRequest, ListModelsRequest, Model
from llmrpc.v1.model_pb2_grpc import ModelServiceStub
from llmrpc.v1.prompt_pb2_grpc import PromptServiceStub
from llmrpc.v1.usage_pb2_grpc import UsageServiceStub

if TYPE_CHECKING:
    from llmrpc.v1.completion_pb2 import CompleteRequest

    Call = grpc.aio.UnaryStreamCall[CompleteRequest, StreamCompleteResponse]

Request = TypeVar("Request")
Response = TypeVar("Response")


class AsyncStubs:
    """The generated stubs, on the client's channel. Give each call `metadata=client.metadata()`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.completion = CompletionServiceStub(channel)
        self.models = ModelServiceStub(channel)
        self.prompts = PromptServiceStub(channel)
        self.usage = UsageServiceStub(channel)
        self.cache = CacheServiceStub(channel)


class AsyncCompletionStream(StreamState):
    """An answer as it comes: iterate over `text`, or over the stream itself for every event.

    Both read the same stream, once. Leaving the `async with` block, or `close`, cancels what is left of the
    call; so does cancelling the task that reads.
    """

    def __init__(self, call: "Call") -> None:
        super().__init__()
        self._call = call
        self._events = aiter(call)
        self._closed = False

    def __aiter__(self) -> AsyncIterator[StreamCompleteResponse]:
        return self

    async def __anext__(self) -> StreamCompleteResponse:
        try:
            event = await anext(self._events)
        except StopAsyncIteration:
            self._end()
            raise
        except grpc.RpcError as error:
            raise error_from(error) from error
        except asyncio.CancelledError:
            # grpc.aio cancels whoever reads from a call that was cancelled; the task itself goes on.
            if self._closed and not _task_is_cancelled():
                raise Cancelled(
                    "the stream was closed", code=grpc.StatusCode.CANCELLED, call_id=self.assembler.call_id
                ) from None
            raise
        return self._take(event)

    @property
    async def text(self) -> AsyncIterator[str]:
        """The answer's text in pieces.

        Should a provider break off, the answer may start again: then comes `llmrpc.RESET`, which prints as an
        empty line, and all pieces before it are void.
        """
        async for _ in self:
            if self._piece:
                yield self._piece

    async def result(self) -> Completion:
        """Read the stream to its end and return the whole answer."""
        async for _ in self:
            pass
        return self.completion

    async def close(self) -> None:
        """Cancel the call unless it has ended; what follows raises Cancelled."""
        self._closed = True
        self._call.cancel()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class AsyncClient:
    """A connection to an llmrpc server, for one event loop; make one and keep it.

    The arguments are those of `Client`.
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
            grpc.aio.secure_channel(end.address, end.credentials, end.options)
            if end.credentials
            else grpc.aio.insecure_channel(end.address, end.options)
        )
        self.stubs = AsyncStubs(self._channel)

    @property
    def address(self) -> str:
        """Where the server is."""
        return self._endpoint.address

    def metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        """Metadata for one call through `stubs`."""
        return self._endpoint.metadata()

    async def complete(
        self, messages: Messages = (), *, timeout: float | None = None, **options: Unpack[RequestOptions]
    ) -> Completion:
        """Run one completion and return it whole. `timeout` is the deadline in seconds for all of it."""
        request = repeatable(build_request(messages, **options))
        return Completion(await self._run(self.stubs.completion.Complete, request, timeout))

    def stream(
        self, messages: Messages = (), *, timeout: float | None = None, **options: Unpack[RequestOptions]
    ) -> AsyncCompletionStream:
        """Run one completion and give it as it comes. `timeout` is the deadline in seconds for all of it.

        Errors come out of the stream. When a provider breaks off the answer starts again (RESTART), unless
        `request.stream.on_interruption` says otherwise.
        """
        return AsyncCompletionStream(
            self.stubs.completion.StreamComplete(
                restartable(repeatable(build_request(messages, **options))),
                timeout=self._endpoint.timeout if timeout is None else timeout,
                metadata=self.metadata(),
            )
        )

    async def plan(
        self, messages: Messages = (), *, timeout: float | None = None, **options: Unpack[RequestOptions]
    ) -> PlanCompletionResponse:
        """Tell which models would be tried, and what it would cost at worst. Runs nothing, costs nothing."""
        request = PlanCompletionRequest(request=build_request(messages, **options))
        return await self._run(self.stubs.completion.PlanCompletion, request, timeout)

    async def list_models(self, *, timeout: float | None = None) -> AsyncIterator[Model]:
        """Give all routes and models that the caller may use, by name. `timeout` is for each page."""
        request = ListModelsRequest()
        while True:
            page = await self._run(self.stubs.models.ListModels, request, timeout)
            for model in page.models:
                yield model
            if not page.next_page_token:
                return
            request = ListModelsRequest(page_token=page.next_page_token)

    async def get_model(self, name: str, *, timeout: float | None = None) -> Model:
        """Describe one route or "provider/model". Raises ModelNotFound."""
        return (await self._run(self.stubs.models.GetModel, GetModelRequest(name=name), timeout)).model

    async def invalidate_cache(self, request: InvalidateCacheRequest, *, timeout: float | None = None) -> None:
        """Make stored answers unreachable; when it returns, no server process serves them any more."""
        await self._run(self.stubs.cache.InvalidateCache, request, timeout)

    async def get_cache_stats(self, *, timeout: float | None = None) -> GetCacheStatsResponse:
        """Count what the cache did, by route, in the one server process that the call reaches."""
        return await self._run(self.stubs.cache.GetCacheStats, GetCacheStatsRequest(), timeout)

    async def close(self) -> None:
        """Close the connection; calls under way are cancelled."""
        await self._channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _run(
        self,
        method: "grpc.aio.UnaryUnaryMultiCallable[Request, Response]",
        request: Request,
        timeout: float | None,
    ) -> Response:
        """Make one call with one answer."""
        try:
            return await method(
                request,
                timeout=self._endpoint.timeout if timeout is None else timeout,
                metadata=self.metadata(),
            )
        except grpc.RpcError as error:
            raise error_from(error) from error


def _task_is_cancelled() -> bool:
    """Whether somebody asked to cancel the task that runs."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
