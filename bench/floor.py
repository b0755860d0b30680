"""The floor of a call that asks a provider: bare grpc.aio, aiohttp and json. `python -m bench.floor URL [--coalesce]`.

No SDK, no error handling, no limits, nothing kept: what it costs is what remains when everything else is free.
"""

import argparse
import json
from collections.abc import Iterator
from typing import Any

import aiohttp

from bench import lifetime
from bench.messages import completed, delta, serve
from llmrpc.v1 import completion_pb2, message_pb2

_HEADERS = {"Authorization": "Bearer sk-bench", "Content-Type": "application/json"}
_ROLES = {message_pb2.ROLE_SYSTEM: "system", message_pb2.ROLE_USER: "user", message_pb2.ROLE_ASSISTANT: "assistant"}


class Floor:
    """Asks an OpenAI-compatible vendor.

    Args:
        coalesce: Deltas that came in one read of the socket leave as one message; else each is its own.
    """

    def __init__(self, url: str, http: aiohttp.ClientSession, *, coalesce: bool) -> None:
        self._url = url
        self._http = http
        self._coalesce = coalesce

    async def complete(self, request: completion_pb2.CompleteRequest, _context: Any) -> completion_pb2.CompleteResponse:
        """Ask, and answer."""
        async with self._http.post(self._url, data=_body(request), headers=_HEADERS) as response:
            answer = json.loads(await response.read())
        choice = answer["choices"][0]
        return completed(choice["message"]["content"], choice["finish_reason"], answer["usage"])

    async def stream(self, request: completion_pb2.CompleteRequest, context: Any) -> None:
        """Ask, and pass the deltas on."""
        texts: list[str] = []
        usage: dict[str, Any] = {}
        sequence, finish = 0, ""
        async with self._http.post(self._url, data=_body(request, streaming=True), headers=_HEADERS) as response:
            held = b""
            async for read in response.content.iter_any():
                *events, held = (held + read).split(b"\n\n")
                deltas: list[str] = []
                for chunk in _chunks(events):
                    usage = chunk["usage"] or usage
                    for choice in chunk["choices"]:
                        finish = choice["finish_reason"] or finish
                        if text := choice["delta"].get("content"):
                            deltas.append(text)
                texts += deltas
                for text in ["".join(deltas)] if self._coalesce and deltas else deltas:
                    sequence += 1
                    await context.write(delta(sequence, text))
        answer = completed("".join(texts), finish, usage)
        await context.write(completion_pb2.StreamCompleteResponse(sequence=sequence + 1, completed=answer))


def _body(request: completion_pb2.CompleteRequest, *, streaming: bool = False) -> bytes:
    messages = [
        {"role": _ROLES[message.role], "content": "".join(part.text for part in message.parts)}
        for message in request.messages
    ]
    body: dict[str, Any] = {"model": request.model.partition("/")[2], "messages": messages}
    if streaming:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    return json.dumps(body).encode()


def _chunks(events: list[bytes]) -> Iterator[dict[str, Any]]:
    for event in events:
        data = event.removeprefix(b"data: ")
        if data != b"[DONE]":
            yield json.loads(data)


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="bench.floor")
    parser.add_argument("url")
    parser.add_argument("--coalesce", action="store_true")
    options = parser.parse_args()

    async def start() -> str:
        """Open the client on the loop that will use it."""
        # Only the server's own limits bound how many calls run at once; there are none here.
        http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        return await serve(Floor(options.url, http, coalesce=options.coalesce))

    lifetime.run(start)


if __name__ == "__main__":
    main()
