"""Requests to one vendor through its official SDK's client.

The SDK brings authentication, headers and error classes; the bytes out and in are our own, because the SDKs' object
models cost ten times as much as the rest of a call.
"""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Iterator
from types import ModuleType
from typing import Any

import httpx2

from llmrpc_server import errors
from llmrpc_server.providers.failures import Failure, request_id, to_error
from llmrpc_server.providers.settings import HttpSettings

# Asks either SDK not to read the body: https://github.com/openai/openai-python, `with_streaming_response`.
_STREAMED = {"headers": {"X-Stainless-Raw-Response": "stream"}}

CONNECT_TIMEOUT_SECONDS = 10.0
# How long to wait, after the end marker, for the end of the body that lets the connection be used again.
_DRAIN_SECONDS = 0.25
# 0 is aiohttp's word for no limit. How many calls run at once is for the server's limits to say, not for a pool of connections.
_UNLIMITED = httpx2.Limits(max_connections=0, max_keepalive_connections=None, keepalive_expiry=15.0)


class Upstream:
    """One vendor's HTTP endpoint.

    Args:
        provider: The provider's name in the configuration.
        sdk: The vendor's SDK, and the name of its client.
    """

    def __init__(self, provider: str, sdk: ModuleType, client: str, settings: HttpSettings) -> None:
        self._provider = provider
        self._sdk: Any = sdk
        http = self._sdk.DefaultAioHttpClient(limits=_UNLIMITED)
        timeout = httpx2.Timeout(None, connect=CONNECT_TIMEOUT_SECONDS)
        self._clients = [
            getattr(sdk, client)(
                api_key=key, base_url=settings.base_url, http_client=http, max_retries=0, timeout=timeout
            )
            for key in settings.keys
        ]
        self._turns = itertools.cycle(self._clients)

    async def fetch(self, path: str, body: bytes) -> httpx2.Response:
        """Send a request and return the whole answer.

        Raises:
            ProviderError: There was none, or it was an error.
        """
        with self._translated(errors.ProviderConnection):
            response: httpx2.Response = await next(self._turns).post(path, content=body, cast_to=httpx2.Response)
            return response

    @contextlib.asynccontextmanager
    async def open(self, path: str, body: bytes) -> AsyncIterator["Body"]:
        """Send a request and hand out the answer's body as it comes; leaving closes it, upstream too.

        Raises:
            ProviderError: There was no answer, it was an error, or it broke off.
        """
        with self._translated(errors.ProviderConnection):
            response = await next(self._turns).post(path, content=body, cast_to=httpx2.Response, options=_STREAMED)
        try:
            yield Body(response, self._translated)
        finally:
            await response.aclose()

    async def probe(self, path: str) -> list[str]:
        """Send a GET with each key; return what is wrong, a line each. A vendor without that path answers at least."""
        problems = []
        for number, client in enumerate(self._clients, start=1):
            try:
                with self._translated(errors.ProviderConnection):
                    await client.get(path, cast_to=httpx2.Response)
            except errors.ProviderModelNotFound:
                pass
            except errors.ProviderError as error:
                problems.append(f"key {number} of {len(self._clients)}: {error.message}")
        return problems

    async def close(self) -> None:
        """Close all connections."""
        for client in self._clients:
            await client.close()

    @contextlib.contextmanager
    def _translated(self, broken: type[errors.ProviderError]) -> Iterator[None]:
        """Turn what the SDK and the transports below raise into our errors; `broken` is what a lost connection is."""
        try:
            yield
        except self._sdk.APIStatusError as error:
            raise to_error(_failure(self._provider, error)) from error
        except (self._sdk.APIConnectionError, httpx2.TransportError, OSError) as error:
            if _timed_out(error):
                raise errors.ProviderTimeout(f"{self._provider} did not answer in time") from error
            raise broken(f"the connection to {self._provider} failed") from error
        except httpx2.DecodingError as error:
            raise errors.ProviderBadResponse(f"{self._provider} sent what cannot be decompressed") from error


class Body:
    """The body of a streamed answer."""

    def __init__(self, response: httpx2.Response, translated: Any) -> None:
        self._response = response
        self._translated = translated
        self._chunks = response.aiter_bytes()

    @property
    def request_id(self) -> str:
        """The vendor's own id for the request; empty where it gives none."""
        return request_id(self._response.headers)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the bytes as they come off the socket."""
        with self._translated(errors.ProviderStreamBroken):
            async for chunk in self._chunks:
                yield chunk

    async def drain(self) -> None:
        """Read what is left after the end marker, so that the connection can be used again; give up soon."""
        with contextlib.suppress(TimeoutError, httpx2.HTTPError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                async for _ in self._chunks:
                    pass


def _failure(provider: str, error: Any) -> Failure:
    return Failure(provider, error.status_code, error.response.headers, error.body)


def _timed_out(error: BaseException | None) -> bool:
    """Tell whether a timeout is at the root; the aiohttp transport calls some lost connections timeouts as well."""
    while error is not None and error.__cause__ is not None:
        error = error.__cause__
    return isinstance(error, TimeoutError)
