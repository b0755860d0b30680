"""Requests to one vendor, over its official SDK's transport and with its SDK's address, headers and authentication.

The bytes out and in are our own: the SDKs' request and answer models cost several times what the rest of a call costs.
See docs/decisions/0002.
"""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Iterator
from types import ModuleType
from typing import Any

import aiohttp
import httpx2
import msgspec

from llmrpc_server import errors
from llmrpc_server.providers.failures import Failure, request_id, to_error
from llmrpc_server.providers.settings import HttpSettings

# How long an answer may take is for the call to say.
_TIMEOUT = {"timeout": httpx2.Timeout(None, connect=10.0).as_dict()}
# How many calls run at once is for the server's limits to say, not for a pool; 0 is aiohttp's word for no limit.
_UNLIMITED = httpx2.Limits(max_connections=0, max_keepalive_connections=None, keepalive_expiry=15.0)
# How long to wait, after the end marker, for the end of the body that lets the connection be used again.
_DRAIN_SECONDS = 0.25
_OF_THE_FORMAT = (
    "accept",
    "content-type",
    "user-agent",
    "x-stainless",
    "authorization",
    "x-api-key",
    "anthropic-version",
)


class Upstream:
    """One vendor's HTTP endpoint.

    Args:
        provider: The provider's name in the configuration.
        sdk: The vendor's SDK, and the name of its client.
    """

    def __init__(self, provider: str, sdk: ModuleType, client: str, settings: HttpSettings) -> None:
        self._provider = provider
        self._http: httpx2.AsyncClient = sdk.DefaultAioHttpClient(limits=_UNLIMITED, follow_redirects=False)
        clients = [
            getattr(sdk, client)(api_key=key, base_url=settings.base_url, http_client=self._http)
            for key in settings.keys
        ]
        self._base_url = str(clients[0].base_url).rstrip("/")
        self._headers = [_headers(client, everything=settings.base_url is None) for client in clients]
        self._turns = itertools.cycle(self._headers)

    async def fetch(self, path: str, body: bytes) -> httpx2.Response:
        """Send a request and return the whole answer.

        Raises:
            ProviderError: There was none, or it was an error.
        """
        return await self._send("POST", path, next(self._turns), body)

    @contextlib.asynccontextmanager
    async def open(self, path: str, body: bytes) -> AsyncIterator["Body"]:
        """Send a request and hand out the answer's body as it comes; leaving closes it, upstream too.

        Raises:
            ProviderError: There was no answer, it was an error, or it broke off.
        """
        response = await self._send("POST", path, next(self._turns), body, stream=True)
        try:
            yield Body(self._provider, response)
        finally:
            await response.aclose()

    async def probe(self, path: str) -> list[str]:
        """Send a GET with each key; return what is wrong, a line each. A vendor without that path answers at least."""
        problems = []
        for number, headers in enumerate(self._headers, start=1):
            try:
                await self._send("GET", path, headers)
            except errors.ProviderModelNotFound:
                pass
            except errors.ProviderError as error:
                problems.append(f"key {number} of {len(self._headers)}: {error.message}")
        return problems

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def _send(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None = None, *, stream: bool = False
    ) -> httpx2.Response:
        request = httpx2.Request(method, self._base_url + path, headers=headers, content=body, extensions=_TIMEOUT)
        with _translated(self._provider, errors.ProviderConnection):
            response = await self._http.send(request, stream=stream)
            if not response.is_success:
                async with contextlib.aclosing(response):
                    content = await response.aread()
                raise to_error(Failure(self._provider, response.status_code, response.headers, _read(content)))
            return response


class Body:
    """The body of a streamed answer."""

    def __init__(self, provider: str, response: httpx2.Response) -> None:
        self._provider = provider
        self._response = response
        self._chunks = response.aiter_bytes()

    @property
    def request_id(self) -> str:
        """The vendor's own id for the request; empty where it gives none."""
        return request_id(self._response.headers)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the bytes as they come off the socket."""
        with _translated(self._provider, errors.ProviderStreamBroken):
            async for chunk in self._chunks:
                yield chunk

    async def drain(self) -> None:
        """Read what is left after the end marker, so that the connection can be used again; give up soon."""
        with contextlib.suppress(TimeoutError, httpx2.HTTPError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                async for _ in self._chunks:
                    pass


def _headers(client: Any, *, everything: bool) -> dict[str, str]:
    """Read the headers that the SDK would send; it marks those that it would not by a value of its own.

    What its environment variables add (an organization, a project, headers of the user's) is meant for its own vendor:
    at another address only the wire format's headers are sent.
    """
    headers = {**client.default_headers, **client.auth_headers}
    return {
        name: value
        for name, value in headers.items()
        if isinstance(value, str) and (everything or name.lower().startswith(_OF_THE_FORMAT))
    }


def _read(content: bytes) -> Any:
    """Decode an error's body; None where it is not JSON, such as a proxy's page."""
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


@contextlib.contextmanager
def _translated(provider: str, broken: type[errors.ProviderError]) -> Iterator[None]:
    """Turn what the transport raises into our errors; `broken` is what a lost connection is."""
    try:
        yield
    except (httpx2.DecodingError, aiohttp.ClientResponseError) as error:
        raise errors.ProviderBadResponse(f"{provider} sent what is not HTTP, or cannot be decompressed") from error
    except (httpx2.RequestError, httpx2.InvalidURL, aiohttp.ClientError, OSError) as error:
        if _timed_out(error):
            raise errors.ProviderTimeout(f"{provider} did not answer in time") from error
        raise broken(f"the connection to {provider} failed") from error


def _timed_out(error: BaseException) -> bool:
    """Tell whether a timeout is at the root; the aiohttp transport calls some lost connections timeouts as well."""
    while error.__cause__ is not None:
        error = error.__cause__
    return isinstance(error, TimeoutError)
