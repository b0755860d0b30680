"""The official SDK's call of Chat, and the body that it sends.

The half of the package that speaks v2, by itself: the client around both halves imports a tokenizer.
"""

from collections.abc import Callable, Mapping
from typing import Any, ParamSpec

import httpx
from cohere.core.client_wrapper import SyncClientWrapper
from cohere.v2.client import V2Client

from rendering.expectation import Sent

MODEL = "command-a-03-2025"

Arguments = ParamSpec("Arguments")

_BODIES: list[bytes] = []


def _answer(request: httpx.Request) -> httpx.Response:
    _BODIES.append(request.read())
    # Good for a whole answer and for a stream alike.
    return httpx.Response(200, content=b"{}", headers={"content-type": "text/event-stream"})


_CLIENT = V2Client(
    client_wrapper=SyncClientWrapper(
        token="sk-test-1",
        base_url="https://api.cohere.com",
        httpx_client=httpx.Client(transport=httpx.MockTransport(_answer)),
    ),
)


def _like(_create: Callable[Arguments, object]) -> Callable[Arguments, Sent]:
    def sent(*_none: Arguments.args, **arguments: Arguments.kwargs) -> Sent:
        return Sent(arguments)

    return sent


# Takes the SDK's arguments, and expects what the SDK sends for them.
sent = _like(_CLIENT.chat)


def body(arguments: Mapping[str, Any], *, streaming: bool) -> bytes:
    """Let the SDK send a request, and return its body."""
    if streaming:
        list(_CLIENT.chat_stream(**arguments))
    else:
        _CLIENT.chat(**arguments)
    return _BODIES.pop()
