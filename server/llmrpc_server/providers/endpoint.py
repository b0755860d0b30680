"""Where a vendor is, and as whom it is asked: as its official SDK would, or without one."""

import importlib.metadata
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from multidict import CIMultiDict

from llmrpc_server.providers.settings import HttpSettings

_OF_THE_FORMAT = (
    "accept",
    "content-type",
    "user-agent",
    "x-stainless",
    "authorization",
    "x-api-key",
    "anthropic-version",
)
_NAME = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class BadHeader(ValueError):
    """An environment variable of the SDK's adds a header that cannot be sent; the text has its name, not its value."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A vendor's address, and what each request to it says of us.

    Attributes:
        base_url: The address that a request's path follows.
        headers: One set for each key; requests take them in turn.
    """

    base_url: str
    headers: tuple[Mapping[str, str], ...] = field(repr=False)

    def __post_init__(self) -> None:
        for headers in self.headers:
            for name, value in headers.items():
                if not _NAME.fullmatch(name) or _CONTROL.search(value):
                    raise BadHeader(f"the environment adds a header that cannot be sent: {name!r}")


def from_sdk(sdk: ModuleType, client: str, settings: HttpSettings) -> Endpoint:
    """Read the endpoint that the client of an SDK would use, its environment variables included.

    Args:
        client: The name of the client's class.
    """
    # It sends nothing: without a transport of its own it costs a thousandth of one that could.
    idle = sdk.DefaultAsyncHttpxClient(transport=object(), trust_env=False)
    clients = [getattr(sdk, client)(api_key=key, base_url=settings.base_url, http_client=idle) for key in settings.keys]
    everything = settings.base_url is None
    return Endpoint(str(clients[0].base_url), tuple(_headers(client, everything=everything) for client in clients))


def with_bearer(settings: HttpSettings, *, default: str, variable: str) -> Endpoint:
    """Make the endpoint of a vendor that takes each key as a bearer token.

    Args:
        default: Where it is when nobody says anything else.
        variable: The environment variable that says so when the configuration does not.
    """
    base_url = settings.base_url or os.environ.get(variable) or default
    shared = {
        "Accept": "application/json",
        "Content-Type": "application/json",
        "User-Agent": f"llmrpc/{importlib.metadata.version('llmrpc')}",
    }
    return Endpoint(base_url, tuple({**shared, "Authorization": f"Bearer {key}"} for key in settings.keys))


def _headers(client: Any, *, everything: bool) -> Mapping[str, str]:
    """Read the headers that the SDK would send; it marks those that it would not by a value of its own.

    What its environment variables add (an organization, a project, headers of the user's) is meant for its own vendor:
    at another address only the wire format's headers are sent.
    """
    headers: CIMultiDict[str] = CIMultiDict()
    for name, value in [*client.default_headers.items(), *client.auth_headers.items()]:
        if isinstance(value, str) and (everything or name.lower().startswith(_OF_THE_FORMAT)):
            headers[name] = value
    return headers
