"""The answer that an attempt is putting together, and the events that tell of its growth."""

from llmrpc.v1 import accounting_pb2, completion_pb2, message_pb2
from llmrpc_server.call import Call, Event, now
from llmrpc_server.errors import ProviderBadResponse

# Far beyond any real count, and the sum of many still fits into the messages' 64 bits.
_MOST_TOKENS = 2**48
# Of what a vendor calls its model or a request; longer ones would crowd out the rest of an error's details.
MAX_NAME = 256
# Below what one gRPC message can hold.
MAX_ANSWER_CHARACTERS = 8 * 1024 * 1024


class Answer:
    """Grows by what a provider sends; between two reads of the socket its news leave as few events as possible."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._parts: list[list[str]] = []
        self._news: list[Event] = []
        self._size = 0
        self._growing: tuple[int, list[str]] | None = None

    def start_text(self) -> int:
        """Begin a text part and return its index."""
        index = len(self._parts)
        self._parts.append([])
        self._settle()
        part = message_pb2.ContentPart(text="")
        self._news.append(Event(part_started=completion_pb2.PartStarted(part_index=index, part=part)))
        return index

    def grow(self, index: int, text: str) -> None:
        """Append text to a part."""
        if not text:
            return
        self._size += len(text)
        if self._size > MAX_ANSWER_CHARACTERS:
            raise ProviderBadResponse(f"{self._call.target.name} sent an answer without end")
        self._parts[index].append(text)
        if self._growing is None or self._growing[0] != index:
            self._settle()
            self._growing = (index, [])
        self._growing[1].append(text)

    def finish_part(self, index: int) -> None:
        """End a part."""
        self._settle()
        self._news.append(Event(part_finished=completion_pb2.PartFinished(part_index=index)))

    def news(self) -> list[Event]:
        """Return the events since the last time; deltas of one part that follow each other are one event."""
        self._settle()
        news, self._news = self._news, []
        return news

    def _settle(self) -> None:
        if self._growing is not None:
            index, pieces = self._growing
            delta = completion_pb2.PartDelta(part_index=index, text="".join(pieces))
            self._news.append(Event(part_delta=delta))
            self._growing = None

    def completed(
        self,
        finish: completion_pb2.FinishReason.ValueType,
        *,
        provider_finish: str,
        stop_sequence: str = "",
    ) -> Event:
        """Make the last event. The call's attempt gets the provider's usage beforehand, where it sent any."""
        parts = [message_pb2.ContentPart(text="".join(pieces)) for pieces in self._parts]
        response = completion_pb2.CompleteResponse(
            message=message_pb2.Message(role=message_pb2.ROLE_ASSISTANT, parts=parts),
            finish_reason=finish,
            provider_finish_reason=provider_finish,
            stop_sequence=stop_sequence,
            create_time=now(),
        )
        return Event(completed=response)

    def reported(self, *, model: str = "", request_id: str = "") -> None:
        """Note the model that answers and the provider's id for the request, where it tells them."""
        attempt = self._call.attempt
        if model:
            attempt.target.reported_model = model[:MAX_NAME]
        if request_id:
            attempt.provider_request_id = request_id[:MAX_NAME]

    def used(self, **counts: int | None) -> None:
        """Note the provider's own token counts, by the names of `Usage`; None, or what is no count, is left unset."""
        known = {name: count for name, count in counts.items() if count is not None and 0 <= count <= _MOST_TOKENS}
        usage = accounting_pb2.Usage(source=accounting_pb2.USAGE_SOURCE_PROVIDER, **known)
        self._call.attempt.usage.CopyFrom(usage)
