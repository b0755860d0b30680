"""The answer that an attempt is putting together, and the events that tell of its growth."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec

from llmrpc.v1 import accounting_pb2, completion_pb2, message_pb2
from llmrpc_server.call import Call, Event
from llmrpc_server.errors import ProviderBadResponse, ProviderStreamBroken
from llmrpc_server.moments import now
from llmrpc_server.providers.part import Part
from llmrpc_server.providers.reading import merge

# Far beyond any real count, and the sum of many still fits into the messages' 64 bits.
_MOST_TOKENS = 2**48
# Of what a vendor calls its model or a request; longer ones would crowd out the rest of an error's details.
MAX_NAME = 256
# Below what one gRPC message can hold.
MAX_ANSWER_CHARACTERS = 8 * 1024 * 1024

# Of what is noted, over a whole stream: later values replace earlier ones. And of log probabilities, which are many.
_MOST_NOTED = _MOST_LOGPROBS = 16 * 1024 * 1024
# What an object takes however little it holds.
_ITS_OWN_SIZE = 64

_MAY_RESTART = {completion_pb2.INTERRUPTION_POLICY_RESTART, completion_pb2.INTERRUPTION_POLICY_CONTINUE}
_ENCODER = msgspec.json.Encoder(decimal_format="number")

Voice = Literal["text", "reasoning", "refusal"]


class Answer:
    """Grows by what a provider sends; between two reads of the socket its news leave as few events as possible.

    Parts have indexes in the order of their start, and may grow in turns. What a caller is told in events is put
    together once more as `completed`.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self._parts: list[Part] = []
        self._news: list[Event] = []
        self._told = False
        self._size = self._noted = self._held = self._weighed = 0
        # The part whose latest pieces no event tells yet.
        self._growing: Part | None = None
        self._speaking: int | None = None
        self._logprobs: list[completion_pb2.TokenLogprob] = []
        self._metadata: dict[str, Any] = {}
        self._finish = completion_pb2.FINISH_REASON_OTHER
        self._provider_finish = ""
        self._stop_sequence = ""

    def start(self, part: message_pb2.ContentPart) -> int:
        """Begin a part with all that is known of it, its kind set, and return its index."""
        self._settle()
        index = len(self._parts)
        self._parts.append(Part(index, part))
        self._grown(part.ByteSize() + _ITS_OWN_SIZE)
        if self._call.streaming:
            started = completion_pb2.PartStarted(part_index=index, part=part)
            self._news.append(Event(part_started=started))
        return index

    def grow(self, index: int, piece: str | bytes) -> None:
        """Append to a part: to its text, its arguments or its data, whichever its kind has."""
        if not piece:
            return
        # Done for every piece of every stream, as `_settle` is: no more than it must be, at the price of its beauty.
        self._size += len(piece)
        if self._size > MAX_ANSWER_CHARACTERS:
            raise self._endless()
        part = self._parts[index]
        if self._growing is not part:
            self._settle()
            self._growing = part
        part.pieces.append(piece)

    def say(self, voice: Voice, text: str) -> int | None:
        """Append to the text, reasoning or refusal that is being said, or begin one; nothing for an empty text.

        For formats that tell what is said but not where a part begins and ends. Another voice or `finish_part` ends it.
        """
        if not text:
            return None
        index = self._speaking
        if index is None or self._parts[index].kind != voice:
            if index is not None:
                self.finish_part(index)
            index = self._speaking = self.start(_EMPTY[voice])
        self.grow(index, text)
        return index

    def cite(self, index: int, citation: message_pb2.Citation) -> None:
        """Add a source to a part."""
        self._grown(citation.ByteSize())
        self._parts[index].citations.append(citation)
        if self._call.streaming:
            self._settle()
            self._news.append(Event(part_delta=completion_pb2.PartDelta(part_index=index, citation=citation)))

    def tell_logprobs(self, index: int, logprobs: Iterable[completion_pb2.TokenLogprob]) -> None:
        """Add the tokens of a part's latest growth."""
        tokens = list(logprobs)
        self._logprobs += tokens
        self._weighed += sum(token.ByteSize() for token in tokens)
        if self._weighed > _MOST_LOGPROBS:
            raise self._endless()
        if self._call.streaming and tokens:
            part = self._parts[index]
            if self._growing is not part:
                self._settle()
                # A delta of nothing, but of the part's own sort.
                self._growing = part
            self._settle()
            self._news[-1].part_delta.logprobs.extend(tokens)

    def keep(self, index: int, /, **fields: Any) -> None:
        """Keep fields of the provider's own with a part, as its opaque state; values are plain JSON."""
        self._parts[index].state.update(fields)

    def finish_part(self, index: int) -> None:
        """End a part; one that has ended stays as it is."""
        part = self._parts[index]
        if part.finished:
            return
        part.finished = True
        part.provider_state = self._state(part)
        if self._speaking == index:
            self._speaking = None
        if self._call.streaming:
            self._settle()
            finished = completion_pb2.PartFinished(part_index=index, provider_state=part.provider_state)
            self._news.append(Event(part_finished=finished))

    def hold(self, kept: Any) -> None:
        """Count what a format keeps aside until it can be told: a text, bytes, or anything of plain JSON."""
        self._held += _ITS_OWN_SIZE + len(kept if isinstance(kept, str | bytes) else _ENCODER.encode(kept))
        if self._held > MAX_ANSWER_CHARACTERS:
            raise self._endless()

    def note(self, fields: Mapping[str, Any]) -> None:
        """Keep fields of the answer that have no place of their own; they end in `provider_metadata_json`."""
        if fields:
            self._noted += len(_ENCODER.encode(fields))
            if self._noted > _MOST_NOTED:
                raise self._endless()
            merge(self._metadata, dict(fields))

    def restart(self) -> None:
        """Begin again: what came so far is void.

        Raises:
            ProviderStreamBroken: The caller has some of it already and did not allow to void it.
        """
        shown = self._told and any(part.pieces for part in self._parts)
        if shown and self._call.request.stream.on_interruption not in _MAY_RESTART:
            raise ProviderStreamBroken(f"{self._call.target.name} began its answer again")
        self._parts.clear()
        self._news.clear()
        self._logprobs.clear()
        self._growing = self._speaking = None
        self._call.attempt.ClearField("usage")
        if self._told:
            reset = completion_pb2.OutputReset(cause=accounting_pb2.ATTEMPT_CAUSE_RETRY)
            self._news.append(Event(output_reset=reset))

    def news(self) -> list[Event]:
        """Return the events since the last time; deltas of one part that follow each other are one event."""
        self._settle()
        news, self._news = self._news, []
        self._told = self._told or bool(news)
        return news

    def end(
        self,
        finish: completion_pb2.FinishReason.ValueType,
        *,
        provider_finish: str = "",
        stop_sequence: str = "",
    ) -> None:
        """Note why the answer ends, and the provider's word for it."""
        self._finish = finish
        self._provider_finish = provider_finish[:MAX_NAME]
        self._stop_sequence = stop_sequence

    def close(self) -> None:
        """End all parts that are still open, in their order."""
        for index in range(len(self._parts)):
            self.finish_part(index)

    def completed(self) -> Event:
        """Make the last event."""
        self.close()
        # Filled in place: a message that is given to another is copied, with all that was said.
        event = Event()
        response = event.completed
        response.message.role = message_pb2.ROLE_ASSISTANT
        for part in self._parts:
            part.fill(response.message.parts.add())
        response.finish_reason = self._finish_reason()
        response.provider_finish_reason = self._provider_finish
        response.stop_sequence = self._stop_sequence
        response.logprobs.extend(self._logprobs)
        response.create_time.CopyFrom(now())
        if self._metadata:
            metadata = _ENCODER.encode(self._metadata)
            self._grown(len(metadata))
            response.provider_metadata_json = metadata.decode()
        return event

    def reported(self, *, model: str = "", request_id: str = "") -> None:
        """Note the model that answers and the provider's id for the request, where it tells them."""
        attempt = self._call.attempt
        if model:
            attempt.target.reported_model = model[:MAX_NAME]
        if request_id:
            attempt.provider_request_id = request_id[:MAX_NAME]

    def used(self, **counts: int | None) -> None:
        """Note the provider's own token counts, by the names of `Usage`; None, or what is no count, is left unset.

        Without input, of which there always is some, or without output the provider has not told what it used: the
        usage has no source yet.
        """
        _count(self._call.attempt.usage, counts)

    def billed(self, **counts: int | None) -> None:
        """Note what the provider says it charges for, where it tells that apart from what it used."""
        # A bill of which a part is missing would be too cheap.
        if all(_is_count(count) for count in counts.values()):
            self._call.billed = accounting_pb2.Usage()
            _count(self._call.billed, counts)

    def _finish_reason(self) -> completion_pb2.FinishReason.ValueType:
        """Return why it ended; vendors differ in what they say when a call of a tool is all that is left to do."""
        unclear = self._finish == completion_pb2.FINISH_REASON_STOP or not self._provider_finish
        if unclear and any(part.kind == "tool_call" for part in self._parts):
            return completion_pb2.FINISH_REASON_TOOL_CALLS
        return self._finish

    def _state(self, part: Part) -> message_pb2.ProviderState | None:
        if not part.state:
            return None
        target = self._call.target
        data = _ENCODER.encode(part.state)
        self._grown(len(data))
        return message_pb2.ProviderState(kind=target.provider.kind, model=target.model, data=data)

    def _grown(self, size: int) -> None:
        self._size += size
        if self._size > MAX_ANSWER_CHARACTERS:
            raise self._endless()

    def _endless(self) -> ProviderBadResponse:
        return ProviderBadResponse(f"{self._call.target.name} sent an answer without end")

    def _settle(self) -> None:
        """Make an event of the growth that no event tells yet."""
        part, self._growing = self._growing, None
        if part is None or not self._call.streaming:
            return
        # Set one by one: as keywords they cost twice as much.
        event = Event()
        delta = event.part_delta
        delta.part_index = part.index
        setattr(delta, part.delta_field, part.news())
        self._news.append(event)


_EMPTY: dict[Voice, message_pb2.ContentPart] = {
    "text": message_pb2.ContentPart(text=""),
    "reasoning": message_pb2.ContentPart(reasoning=message_pb2.Reasoning()),
    "refusal": message_pb2.ContentPart(refusal=""),
}


def _count(usage: accounting_pb2.Usage, counts: Mapping[str, int | None]) -> None:
    usage.Clear()
    # Also where nothing more is said of it, it was told.
    usage.SetInParent()
    for name, count in counts.items():
        if _is_count(count):
            setattr(usage, name, count)
    if usage.input_tokens and _is_count(counts.get("output_tokens")):
        usage.source = accounting_pb2.USAGE_SOURCE_PROVIDER


def _is_count(count: int | None) -> bool:
    return count is not None and 0 <= count <= _MOST_TOKENS
