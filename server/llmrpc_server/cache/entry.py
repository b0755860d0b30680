"""A stored answer, and how it becomes bytes and events again."""

import time
from collections.abc import Iterator, Mapping

import msgspec
from google.protobuf.message import DecodeError

from llmrpc.v1 import accounting_pb2, completion_pb2, message_pb2
from llmrpc_server.call import Call, Event

# What no timestamp reaches, in seconds since 1970.
_YEAR_10000 = 253402300800
_STORED = frozenset({completion_pb2.FINISH_REASON_STOP, completion_pb2.FINISH_REASON_TOOL_CALLS})


class Entry(msgspec.Struct, array_like=True, frozen=True):
    """A stored answer.

    Attributes:
        target: Who answered, serialized.
        call_id: The call that made it.
        generations: Of the scopes that it lies in, when it was made.
        stored: When, in seconds since 1970.
        expires: Likewise.
        response: The answer without its books, serialized.
        cost: What asking again would cost, serialized; empty where no price is known.
    """

    target: bytes
    call_id: str
    generations: dict[str, str]
    stored: float
    expires: float
    response: bytes
    cost: bytes

    @property
    def ttl(self) -> float:
        """How long it is still good, in seconds."""
        return self.expires - time.time()


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Entry)


class Answer:
    """A stored answer, read."""

    def __init__(self, entry: Entry) -> None:
        self.target = accounting_pb2.Target.FromString(entry.target)
        self.cost = accounting_pb2.Cost.FromString(entry.cost) if entry.cost else None
        self.entry = entry
        self._response = completion_pb2.CompleteResponse.FromString(entry.response)

    @property
    def name(self) -> str:
        """Who answered, as "provider/model"."""
        return f"{self.target.provider}/{self.target.model}"

    @property
    def info(self) -> accounting_pb2.CacheInfo:
        """What a call that it answers says of it."""
        info = accounting_pb2.CacheInfo(status=accounting_pb2.CACHE_STATUS_HIT, origin_call_id=self.entry.call_id)
        info.store_time.FromNanoseconds(int(self.entry.stored * 1e9))
        return info

    def events(self, *, streaming: bool) -> Iterator[Event]:
        """Yield the events of a call that is answered by it."""
        if streaming:
            yield from replayed(self._response)
        yield Event(completed=self._response)


def write(entry: Entry) -> bytes:
    """Make an entry's bytes."""
    return _ENCODER.encode(entry)


def read(data: bytes) -> Answer | None:
    """Read an entry; None for bytes that are none."""
    try:
        found = _DECODER.decode(data)
        # No other times can be told to a caller; nothing compares to NaN.
        good = 0 <= found.stored < _YEAR_10000 and 0 <= found.expires < _YEAR_10000
        return Answer(found) if good else None
    except (msgspec.MsgspecError, DecodeError, ValueError):
        return None


def keepable(response: completion_pb2.CompleteResponse) -> bool:
    """Return whether an answer may be stored: it is whole."""
    return response.finish_reason in _STORED


def entry_of(
    call: Call, response: completion_pb2.CompleteResponse, generations: Mapping[str, str], ttl: float
) -> Entry:
    """Make the entry of a call's answer."""
    kept = completion_pb2.CompleteResponse()
    kept.CopyFrom(response)
    kept.ClearField("accounting")
    # The edge adds the warnings of the call itself.
    del kept.warnings[:]
    kept.warnings.extend([*response.warnings, *call.warnings])
    attempt, now = call.attempt, time.time()
    return Entry(
        target=attempt.target.SerializeToString(),
        call_id=call.id,
        generations=dict(generations),
        stored=now,
        expires=now + ttl,
        response=kept.SerializeToString(),
        cost=attempt.cost.SerializeToString() if attempt.HasField("cost") else b"",
    )


def replayed(response: completion_pb2.CompleteResponse) -> Iterator[Event]:
    """Yield the events, but for the last, of a stream that has this answer: each part begins, grows once and ends."""
    logprobs = list(response.logprobs)
    for index, part in enumerate(response.message.parts):
        begun = message_pb2.ContentPart()
        begun.CopyFrom(part)
        begun.ClearField("provider_state")
        deltas = list(_deltas(begun))
        if logprobs and part.text:
            deltas[0].logprobs.extend(logprobs)
            logprobs = []
        yield Event(part_started=completion_pb2.PartStarted(part_index=index, part=begun))
        for delta in deltas:
            delta.part_index = index
            yield Event(part_delta=delta)
        finished = completion_pb2.PartFinished(part_index=index)
        if part.HasField("provider_state"):
            finished.provider_state.CopyFrom(part.provider_state)
        yield Event(part_finished=finished)


def _deltas(part: message_pb2.ContentPart) -> Iterator[completion_pb2.PartDelta]:
    """Take out of a part what grows in a stream, and yield it as deltas."""
    match part.WhichOneof("kind"):
        case "text" if part.text:
            yield completion_pb2.PartDelta(text=part.text)
            part.text = ""
        case "refusal" if part.refusal:
            yield completion_pb2.PartDelta(refusal=part.refusal)
            part.refusal = ""
        case "reasoning" if part.reasoning.text:
            yield completion_pb2.PartDelta(reasoning=part.reasoning.text)
            part.reasoning.text = ""
        case "tool_call" if part.tool_call.arguments_json:
            yield completion_pb2.PartDelta(tool_arguments_json=part.tool_call.arguments_json)
            part.tool_call.arguments_json = ""
        case "media" if part.media.data:
            yield completion_pb2.PartDelta(media_data=part.media.data)
            part.media.data = b""
    for citation in part.citations:
        yield completion_pb2.PartDelta(citation=citation)
    del part.citations[:]
