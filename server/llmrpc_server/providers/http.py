"""What all providers reached over HTTP share; a wire format adds how to render a request and parse an answer."""

import abc
import importlib
from typing import Any, ClassVar

import msgspec

from llmrpc_server.call import Call, Events
from llmrpc_server.providers.answer import Answer
from llmrpc_server.providers.connection import on_connected
from llmrpc_server.providers.endpoint import Endpoint, from_sdk
from llmrpc_server.providers.incoming import Incoming
from llmrpc_server.providers.options import merge_options
from llmrpc_server.providers.settings import HttpSettings
from llmrpc_server.providers.stream_parser import StreamParser
from llmrpc_server.providers.upstream import Upstream
from llmrpc_server.requests.features import Feature, Harmless

_ENCODER = msgspec.json.Encoder()


class HttpProvider(abc.ABC):
    """A vendor that takes a JSON body by POST and answers with JSON or with server-sent events.

    Attributes:
        features: What the wire format can do beyond text.
        drops: The harmless parameters that it does not have.
        owned: Fields of its body that the API sets, as dotted paths; a request's own options for a provider may not.
        streams: Whether the vendor can stream; if not, a stream is made of its whole answer.
    """

    kind: ClassVar[str]
    settings: ClassVar[type[HttpSettings]] = HttpSettings
    features: frozenset[Feature] = frozenset()
    drops: frozenset[Harmless] = frozenset()
    owned: frozenset[str] = frozenset()
    streams: bool = True
    # The official SDK, its client's name, and the path that a request goes to.
    sdk: ClassVar[str]
    client: ClassVar[str]
    path: ClassVar[str]
    # A free GET that needs a key.
    probe_path: ClassVar[str]

    def __init__(self, name: str, settings: HttpSettings) -> None:
        self.name = name
        self.streams = settings.stream
        self._upstream = Upstream(name, self.endpoint(settings), settings)

    def endpoint(self, settings: HttpSettings) -> Endpoint:
        """Say where the vendor is, and as whom it is asked: as its official SDK would."""
        return from_sdk(importlib.import_module(self.sdk), self.client, settings)

    def headers(self, call: Call) -> dict[str, str]:
        """Return what this request says in its head beside what all requests do."""
        return {"traceparent": call.traceparent} if call.traceparent else {}

    @abc.abstractmethod
    def render(self, call: Call) -> dict[str, Any]:
        """Make the body of the request.

        What `features` and `drops` say is refused or warned of elsewhere; anything else that cannot be said to the
        vendor is told with `call.drop`.

        Raises:
            ProviderInvalidRequest: The conversation cannot be said in this format.
        """

    @abc.abstractmethod
    def parse(self, data: bytes, answer: Answer) -> None:
        """Read an unstreamed answer, up to `answer.end`.

        Raises:
            ProviderError: It is an error, or not of this format.
        """

    @abc.abstractmethod
    def stream_parser(self, answer: Answer) -> StreamParser:
        """Make the parser of one streamed answer."""

    def body(self, call: Call) -> bytes:
        """Render the request with the provider's own options, and warn of what is dropped."""
        for parameter in sorted(call.demands.harmless & self.drops):
            call.drop(parameter)
        body = self.render(call)
        if options := call.request.provider_options_json.get(self.name):
            merge_options(body, msgspec.json.decode(options))
        return _ENCODER.encode(body)

    def incoming(self, answer: Answer) -> Incoming:
        """Make the reader of one answer's body."""
        return Incoming(self.name, lambda: self.stream_parser(answer), lambda data: self.parse(data, answer))

    async def stream(self, call: Call) -> Events:
        """Make one attempt; see `Provider.stream`. What came in one read of the socket is as few events as possible."""
        call.reached = False
        on_connected.set(call.reach)
        body = self.body(call)
        answer = Answer(call)
        incoming = self.incoming(answer)
        async with self._upstream.open(self.path, body, self.headers(call)) as response:
            answer.reported(request_id=response.request_id)
            if call.streaming and self.streams:
                async for chunk in response.chunks():
                    failure = incoming.feed(chunk)
                    for event in answer.news():
                        yield event
                    if failure is not None:
                        raise failure
                    if incoming.done:
                        await response.drain()
                        break
            elif (failure := incoming.feed(await response.whole())) is not None:
                raise failure
            incoming.end()
        answer.close()
        for event in answer.news():
            yield event
        # Only here, with the connection given back: whoever gets this event may not ask for another.
        yield answer.completed()

    async def probe(self) -> list[str]:
        """Ask the vendor about each key; see `Provider.probe`."""
        return await self._upstream.probe(self.probe_path)

    async def close(self) -> None:
        """Close all connections."""
        await self._upstream.close()
