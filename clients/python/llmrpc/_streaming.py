"""What the streams of both clients share: everything but the reading."""

from llmrpc.assembler import Assembler
from llmrpc.completion import Completion
from llmrpc.v1.completion_pb2 import (
    INTERRUPTION_POLICY_RESTART,
    INTERRUPTION_POLICY_UNSPECIFIED,
    CompleteRequest,
    StreamCompleteResponse,
)


def restartable(request: CompleteRequest) -> CompleteRequest:
    """Let the server start the answer again when a provider breaks off, unless the request says otherwise."""
    if request.stream.on_interruption == INTERRUPTION_POLICY_UNSPECIFIED:
        request.stream.on_interruption = INTERRUPTION_POLICY_RESTART
    return request


class StreamState:
    """How far a stream has come."""

    assembler: Assembler
    """The answer so far."""

    def __init__(self) -> None:
        self.assembler = Assembler()
        self._piece = ""
        self._completion: Completion | None = None

    @property
    def completion(self) -> Completion:
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
        self._completion = Completion(self.assembler.finish())
