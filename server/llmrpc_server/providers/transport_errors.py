"""What the exceptions of an HTTP client mean: aiohttp's, httpx2's and httpx's, as they are or as an SDK wraps them.

For whoever asks a vendor: our own providers, and those of other packages that are built on an SDK. No library is loaded
for this: where one is not there yet, none of its exceptions can have been raised.
"""

import asyncio
import errno
import socket
import ssl
import sys
from typing import Any

from llmrpc_server import errors
from llmrpc_server.errors import ProviderError

_NETWORK = frozenset({errno.EADDRNOTAVAIL, errno.EHOSTUNREACH, errno.ENETDOWN, errno.ENETRESET, errno.ENETUNREACH})
_OF_THE_SYSTEM = (ConnectionError, TimeoutError, socket.gaierror, ssl.SSLError)
# httpx has one class for what is not HTTP and for an answer without its end; only the words differ.
_CLOSED = ("server disconnected", "peer closed connection")


def to_error(provider: str, error: BaseException, *, answering: bool = False) -> ProviderError | None:
    """Make the error that a client's exception means; None for one that is no transport's.

    Args:
        provider: The provider's name in the configuration.
        error: What was raised; the exceptions that it came from are looked at, too.
        answering: The vendor's answer had begun.
    """
    chain = _chain(error)
    if not any(map(_is_transport, chain)):
        return None
    if _timed_out(chain[-1]):
        return errors.ProviderTimeout(f"{provider} did not answer in time")
    if any(map(_is_malformed, chain)):
        return errors.ProviderBadResponse(f"{provider} sent what is not HTTP, or cannot be decompressed")
    if answering:
        return errors.ProviderStreamBroken(f"the connection to {provider} broke in the middle of its answer")
    # The root knows best.
    why = next(filter(None, map(_reason, reversed(chain))), "")
    return errors.ProviderConnection(
        f"the connection to {provider} failed{why and ': '}{why}", sent=not any(map(_is_unconnected, chain))
    )


def _chain(error: BaseException | None) -> list[BaseException]:
    """List an exception and what it came from, down to the root; at that of a timeout stands a cancellation."""
    chain: list[BaseException] = []
    while error is not None and error not in chain and not isinstance(error, asyncio.CancelledError):
        chain.append(error)
        # What was raised "from None", as httpx's core does, hides its cause there.
        error = error.__context__ if error.__suppress_context__ and error.__cause__ is None else error.__cause__
    return chain


def _reason(error: BaseException) -> str:
    """Tell why no connection was made, in words of ours; empty where there is no more to say."""
    if isinstance(error, ssl.SSLCertVerificationError):
        # The rest of these words, which are OpenSSL's, can name the host.
        return f"its certificate is not trusted ({error.verify_message.partition(',')[0]})"
    if isinstance(error, ssl.SSLError):
        return "no encryption could be agreed on"
    if isinstance(error, socket.gaierror):
        return "the host name cannot be resolved"
    if _is(error, "aiohttp", "ClientHttpProxyError") or _is_httpx(error, "ProxyError"):
        return "the proxy does not let us through"
    return "the proxy cannot be reached" if _is(error, "aiohttp", "ClientProxyConnectionError") else ""


def _is_transport(error: BaseException) -> bool:
    if _is(error, "aiohttp", "ClientResponseError"):
        # It can also stand for a good answer with a status that somebody does not want.
        return _is(error, "aiohttp", "ClientHttpProxyError") or _is_malformed(error)
    return (
        isinstance(error, _OF_THE_SYSTEM)
        or (isinstance(error, OSError) and error.errno in _NETWORK)
        or _is(error, "aiohttp", "ClientError")
        or _is_httpx(error, "RequestError", "InvalidURL")
    )


def _is_unconnected(error: BaseException) -> bool:
    """Tell whether no connection was made, so that nothing was sent."""
    return (
        isinstance(error, (ConnectionRefusedError, socket.gaierror, ssl.SSLCertVerificationError))
        or _is(error, "aiohttp", "ClientConnectorError", "ClientHttpProxyError", "InvalidURL")
        or _is_httpx(error, "ConnectError", "ProxyError", "UnsupportedProtocol", "InvalidURL")
    )


def _is_malformed(error: BaseException) -> bool:
    """Tell whether what came cannot be read, rather than did not come."""
    if _is(error, "aiohttp", "ClientResponseError", "ClientPayloadError"):
        cause = error.__cause__
        cut = _is(cause, "aiohttp.http_exceptions", "ContentLengthError", "TransferEncodingError")
        return not cut and _is(cause, "aiohttp.http_exceptions", "HttpProcessingError")
    if _is_httpx(error, "RemoteProtocolError"):
        return not str(error).lower().startswith(_CLOSED)
    return _is_httpx(error, "DecodingError", "TooManyRedirects")


def _timed_out(root: BaseException) -> bool:
    """Tell whether a timeout is at the root; httpx2 over aiohttp calls some lost connections timeouts as well."""
    return isinstance(root, TimeoutError) or _is_httpx(root, "TimeoutException")


def _is_httpx(error: BaseException | None, *names: str) -> bool:
    return _is(error, "httpx2", *names) or _is(error, "httpx", *names)


def _is(error: BaseException | None, module: str, *names: str) -> bool:
    """Tell whether an exception is of one of a module's classes."""
    loaded: Any = sys.modules.get(module)
    return loaded is not None and isinstance(error, tuple(getattr(loaded, name, ()) for name in names))
