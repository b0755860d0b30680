"""What all providers reached over HTTP share; a wire format adds how to render a request and parse an answer."""

import abc
import importlib
from typing import Any, ClassVar, Protocol

import msgspec

from llmrpc.v1 import completion_pb2
from llmrpc_server import errors
from llmrpc_server.call import Call, Event, Events
from llmrpc_server.features import Feature
from llmrpc_server.providers.answer import Answer
from llmrpc_server.providers.failures import request_id
from llmrpc_server.providers.settings import HttpSettings
from llmrpc_server.providers.sse import Decoder, EventTooLarge
from llmrpc_server.providers.upstream import Upstream

_ENCODER = msgspec.json.Encoder()


class StreamParser(Protocol):
    """What a wire format does with the events of a streamed answer.

    Attributes:
        done: The vendor's end marker was read.
    """

    done: bool

    def take(self, name: bytes, data: bytes) -> None:
        """Read one event into the answer.

        Raises:
            ProviderError: It is an error, or not of this format.
        """
        ...

    def completed(self) -> Event:
        """Make the last event, once `done`."""
        ...


class HttpProvider(abc.ABC):
    """A vendor that takes a JSON body by POST and answers with JSON or with server-sent events."""

    kind: ClassVar[str]
    settings: ClassVar[type[HttpSettings]] = HttpSettings
    features: frozenset[Feature] = frozenset()
    # The official SDK, its client's name, and the path that a request goes to.
    sdk: ClassVar[str]
    client: ClassVar[str]
    path: ClassVar[str]
    # A free GET that needs a key.
    probe_path: ClassVar[str]

    def __init__(self, name: str, settings: HttpSettings) -> None:
        self.name = name
        self._upstream = Upstream(name, importlib.import_module(self.sdk), self.client, settings)

    @abc.abstractmethod
    def render(self, call: Call) -> dict[str, Any]:
        """Make the body of the request. A harmless parameter that the format lacks is dropped with `call.drop`."""

    @abc.abstractmethod
    def parse(self, data: bytes, answer: Answer) -> Event:
        """Read an unstreamed answer and make its `completed` event.

        Raises:
            ProviderError: It is an error, or not of this format.
        """

    @abc.abstractmethod
    def stream_parser(self, answer: Answer) -> StreamParser:
        """Make the parser of one streamed answer."""

    async def stream(self, call: Call) -> Events:
        """Make one attempt; see `Provider.stream`. What came in one read of the socket is as few events as possible."""
        if _has_state(call.request):  # of which none is any format's own yet
            call.drop("messages[].parts[].provider_state")
        body = _ENCODER.encode(self.render(call))
        answer = Answer(call)
        if not call.streaming:
            whole = await self._upstream.fetch(self.path, body)
            answer.reported(request_id=request_id(whole.headers))
            yield self.parse(whole.content, answer)
            return
        parser, decoder = self.stream_parser(answer), Decoder()
        async with self._upstream.open(self.path, body) as response:
            answer.reported(request_id=response.request_id)
            async for chunk in response.chunks():
                failure = self._feed(chunk, decoder, parser)
                for event in answer.news():
                    yield event
                if failure is not None:
                    raise failure
                if parser.done:
                    await response.drain()
                    break
        if not parser.done:
            raise errors.ProviderStreamTruncated(f"{self.name} ended its stream without the end marker")
        # Only here, with the connection given back: whoever gets this event may not ask for another.
        yield parser.completed()

    async def probe(self) -> list[str]:
        """Ask the vendor about each key; see `Provider.probe`."""
        return await self._upstream.probe(self.probe_path)

    async def close(self) -> None:
        """Close all connections."""
        await self._upstream.close()

    def _feed(self, chunk: bytes, decoder: Decoder, parser: StreamParser) -> errors.ProviderError | None:
        """Read a chunk; return the failure in it, so that what stands before it still reaches the caller."""
        try:
            for name, data in decoder.feed(chunk):
                parser.take(name, data)
                if parser.done:
                    break
        except errors.ProviderError as error:
            return error
        except EventTooLarge as error:
            failure = errors.ProviderBadResponse(f"{self.name} sent an event without end")
            failure.__cause__ = error
            return failure
        return None


def _has_state(request: completion_pb2.CompleteRequest) -> bool:
    return any(part.HasField("provider_state") for message in request.messages for part in message.parts)
