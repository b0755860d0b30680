"""Requests to one vendor, to the address and with the headers of its endpoint.

The connections and the bytes are our own: the SDKs' clients, and most of all their request and answer models, cost
several times what the rest of a call costs. See docs/decisions/0002.
"""

import asyncio
import contextlib
import http
import ssl
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from llmrpc_server import errors
from llmrpc_server.providers import transport_errors
from llmrpc_server.providers.body import Body
from llmrpc_server.providers.connection import Connector
from llmrpc_server.providers.endpoint import Endpoint
from llmrpc_server.providers.failures import Failure, decoded, to_error
from llmrpc_server.providers.keys import Keys
from llmrpc_server.providers.proxies import proxy_for
from llmrpc_server.providers.retry_after import add_wait
from llmrpc_server.providers.settings import HttpSettings

# How long an answer may take is for the call to say.
_TIMEOUT = aiohttp.ClientTimeout(total=None, connect=10.0)
# The status of a refusal says more than its body: one that is late, endless or cut is done without.
_REFUSAL_SECONDS = 5.0
_MAX_REFUSAL_BYTES = 1024 * 1024
# Of a head, as much as the SDKs' own clients take: some vendors' security policies alone exceed aiohttp's usual 8 kB.
_MAX_FIELD_BYTES = 64 * 1024
_MAX_FIELDS = 1000
_SUCCESSES = range(200, 300)


class Upstream:
    """One vendor's HTTP endpoint. It may be made outside of the event loop that it is used in.

    Args:
        provider: The provider's name in the configuration.
        endpoint: Where the vendor is, and as whom it is asked.
        settings: Which certificates to trust, and whether the environment's proxies hold.

    Raises:
        BadProxy: The environment names a proxy that cannot be used.
    """

    def __init__(self, provider: str, endpoint: Endpoint, settings: HttpSettings) -> None:
        self._provider = provider
        self._base_url = endpoint.base_url.rstrip("/")
        proxy = proxy_for(URL(self._base_url)) if settings.proxied else None
        self._options: dict[str, Any] = {} if proxy is None else {"proxy": proxy.url, "proxy_headers": proxy.headers}
        # Through a tunnel, which https needs, the proxy sees no request but the one for the tunnel.
        seen = {} if proxy is None or self._base_url.startswith("https:") else proxy.headers
        self._headers = [CIMultiDict({**headers, **seen}) for headers in endpoint.headers]
        self._keys = Keys(self._headers)
        self._tls = _trusting(settings.ca_bundle)
        self._session: aiohttp.ClientSession | None = None
        self._under_way = 0
        self._closing = False

    @contextlib.asynccontextmanager
    async def open(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> AsyncIterator[Body]:
        """Send a request, perhaps with more headers than the endpoint's, and hand out the answer's body as it comes.

        Leaving closes it, upstream too. What the answer turns out to be wrong for counts as if its head had said so.

        Raises:
            ProviderError: There was no answer, it was an error, or it broke off.
        """
        key = self._keys.take()
        own = self._keys.headers(key)
        self._under_way += 1
        try:
            response = await self._send("POST", path, CIMultiDict(own, **headers) if headers else own, body)
            answer = Body(self._provider, response)
            try:
                yield answer
            except errors.ProviderRateLimited as limit:
                add_wait(limit, answer.headers)
                raise
            finally:
                response.close()
        except errors.ProviderError as error:
            self._keys.refused(key, error)
            raise
        finally:
            self._under_way -= 1
            if self._closing:
                await self.close()

    async def probe(self, path: str) -> list[str]:
        """Send a GET with each key; return what is wrong, a line each. A vendor without that path answers at least."""
        problems = []
        for number, headers in enumerate(self._headers, start=1):
            try:
                response = await self._send("GET", path, headers)
            except errors.ProviderModelNotFound:
                pass
            except errors.ProviderError as error:
                problems.append(f"key {number} of {len(self._headers)}: {error.message}")
            else:
                response.close()
        return problems

    async def close(self) -> None:
        """Close all connections once no request is under way; one that comes after closes its own."""
        self._closing = True
        if self._session is not None and not self._under_way:
            session, self._session = self._session, None
            await session.close()

    async def _send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> aiohttp.ClientResponse:
        """Send a request and return the answer as soon as it begins, unless it is a refusal."""
        if self._session is None:
            self._session = _session(self._tls)
        try:
            response = await self._session.request(
                method, self._base_url + path, data=body, headers=headers, allow_redirects=False, **self._options
            )
        except Exception as error:
            if (failure := transport_errors.to_error(self._provider, error)) is None:
                raise
            # What aiohttp says of an answer holds the request, with its keys.
            raise failure from (error.__cause__ if isinstance(error, aiohttp.ClientResponseError) else error)
        if response.status in _SUCCESSES:
            return response
        try:
            raise await self._refusal(response)
        finally:
            response.close()

    async def _refusal(self, response: aiohttp.ClientResponse) -> errors.ProviderError:
        if response.status == http.HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            return errors.ProviderConnection(
                f"the connection to {self._provider} failed: the proxy does not let us through", sent=False
            )
        body, content = Body(self._provider, response), b""
        with contextlib.suppress(TimeoutError, errors.ProviderError):
            async with asyncio.timeout(_REFUSAL_SECONDS):
                content = await body.whole(_MAX_REFUSAL_BYTES)
        return to_error(Failure(self._provider, response.status, body.headers, decoded(content)))


def _trusting(bundle: Path | None) -> ssl.SSLContext | None:
    """Make what trusts a bundle alone; None for aiohttp's own, which trusts what the system or SSL_CERT_FILE say."""
    if bundle is None:
        return None
    context = ssl.create_default_context(cafile=bundle)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _session(tls: ssl.SSLContext | None) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=Connector(tls),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=_TIMEOUT,
        max_field_size=_MAX_FIELD_BYTES,
        max_headers=_MAX_FIELDS,
    )
