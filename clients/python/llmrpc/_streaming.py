"""What the streams of both clients share: everything but the reading."""

import json
from collections.abc import Callable
from typing import Any, Generic

from llmrpc.assembler import Assembler
from llmrpc.completion import Completion, T
from llmrpc.v1.completion_pb2 import (
    INTERRUPTION_POLICY_RESTART,
    INTERRUPTION_POLICY_UNSPECIFIED,
    CompleteRequest,
    CompleteResponse,
    StreamCompleteResponse,
)


def restartable(request: CompleteRequest) -> CompleteRequest:
    """Let the server start the answer again when a provider breaks off, unless the request says otherwise."""
    if request.stream.on_interruption == INTERRUPTION_POLICY_UNSPECIFIED:
        request.stream.on_interruption = INTERRUPTION_POLICY_RESTART
    return request


class StreamState(Generic[T]):
    """How far a stream has come."""

    assembler: Assembler
    """The answer so far."""

    def __init__(self, read: Callable[[CompleteResponse], T]) -> None:
        self.assembler = Assembler()
        self._piece = ""
        self._read = read
        self._completion: Completion[T] | None = None

    @property
    def partial(self) -> Any:
        """The value so far as plain Python data, where `output` and `partial_interval` ask for it; None before any."""
        return json.loads(self.assembler.partial_json) if self.assembler.partial_json else None

    @property
    def completion(self) -> Completion[T]:
        """The whole answer. Raises RuntimeError before the stream has been read to its end."""
        if self._completion is None:
            raise RuntimeError("the stream has not ended; read it to its end, or call result()")
        return self._completion

    def _take(self, event: StreamCompleteResponse) -> StreamCompleteResponse:
        """Put an event where it belongs and pass it on."""
        self._piece = self.assembler.add(event)
        return event

    def _end(self) -> None:
        """Take the end of the stream for what it is. Raises BrokenStream where the answer is missing."""
        response = self.assembler.finish()
        self._completion = Completion(response, self._read(response))
