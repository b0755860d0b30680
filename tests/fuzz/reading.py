"""Bytes into a provider's reader, and the rules that hold whatever they are: an answer, or a provider's error."""

import functools
import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from attempts import attempt
from fuzz.answers import Counts, Part
from llmrpc.assembler import Assembler
from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server.call import Event
from llmrpc_server.errors import ProviderError
from llmrpc_server.providers.answer import Answer
from replay.feeding import RESTART, provider_of

_OWN_ID = re.compile(r"call_[0-9a-f]{32}")


@dataclass(frozen=True)
class Outcome:
    """What came of a body.

    Attributes:
        failure: The error's class; empty where there is an answer.
        counts: Tokens, those that were told.
    """

    failure: str
    events: tuple[Event, ...] = ()
    completed: completion_pb2.CompleteResponse | None = None
    counts: Counts | None = None

    @property
    def parts(self) -> list[Part]:
        """What the answer says."""
        return [] if self.completed is None else list(map(_part, self.completed.message.parts))

    @property
    def gist(self) -> Any:
        """All that is the same however the body was cut; ids of our own are not."""
        if self.completed is None:
            return self.failure
        same = completion_pb2.CompleteResponse()
        same.CopyFrom(self.completed)
        same.ClearField("create_time")
        for part in same.message.parts:
            if _OWN_ID.fullmatch(part.tool_call.id):
                part.tool_call.id = "own"
        # Of the same bytes NaN is not equal to itself.
        same.ClearField("logprobs")
        return same, self.counts


@functools.cache
def provider(kind: str) -> Any:
    """Return the provider of a kind, which never connects."""
    return provider_of(kind)


def read(kind: str, pieces: Iterable[bytes], *, streaming: bool = True) -> Outcome:
    """Read a body as `HttpProvider.stream` does, and hold what comes of it to the rules of all answers."""
    request = completion_pb2.CompleteRequest(stream=RESTART)
    call = attempt(request, streaming=streaming, kind=kind)
    answer = Answer(call)
    incoming = provider(kind).incoming(answer)
    events: list[Event] = []
    try:
        for piece in pieces:
            failure = incoming.feed(piece)
            events += answer.news()
            if failure is not None:
                raise failure
            if incoming.done:
                break
        incoming.end()
        answer.close()
        events += answer.news()
        completed = answer.completed()
    except ProviderError as error:
        _check_errors(error)
        return Outcome(type(error).__name__)
    usage = call.attempt.usage
    counts = Counts(usage.input_tokens, usage.cache_read_tokens, usage.output_tokens, usage.reasoning_tokens)
    outcome = Outcome("", (*events, completed), completed.completed, counts)
    check(outcome, streaming=streaming)
    call.attempt.SerializeToString()
    return outcome


def check(outcome: Outcome, *, streaming: bool) -> None:
    """Hold an answer to what every answer keeps."""
    completed = outcome.completed
    assert completed is not None
    for event in outcome.events:
        assert event == Event.FromString(event.SerializeToString()) or _has_nan(event)
    for part in completed.message.parts:
        assert part.WhichOneof("kind") is not None
        if part.HasField("provider_state"):
            assert isinstance(_json(part.provider_state.data), dict)
        if part.HasField("provider_part"):
            assert isinstance(_json(part.provider_part.json), dict)
        for citation in part.citations:
            _json(citation.json)
    if completed.provider_metadata_json:
        assert isinstance(_json(completed.provider_metadata_json), dict)
    if streaming:
        assert assembled(outcome.events) == completed.message
        _check_order(outcome.events)


def assembled(events: Iterable[Event]) -> message_pb2.Message:
    """Put events together as a client does."""
    assembler = Assembler()
    for sequence, event in enumerate(events, 1):
        numbered = Event()
        numbered.CopyFrom(event)
        numbered.sequence = sequence
        assembler.add(numbered)
    return assembler.message


def _check_order(events: Iterable[Event]) -> None:
    """Hold the events to their order: a part grows after it began and before it ends, and all end."""
    begun, growing = 0, set[int]()
    for event in events:
        match event.WhichOneof("event"):
            case "output_reset":
                begun, growing = 0, set()
            case "part_started":
                assert begun == event.part_started.part_index
                growing.add(begun)
                begun += 1
            case "part_delta":
                assert event.part_delta.part_index in growing
            case "part_finished":
                growing.remove(event.part_finished.part_index)
    assert set() == growing


def _check_errors(error: ProviderError) -> None:
    assert error.message.isascii()
    assert error.retry_after is None or math.isfinite(error.retry_after)


def _has_nan(event: Event) -> bool:
    tokens = [*event.part_delta.logprobs, *event.completed.logprobs]
    return any(math.isnan(token.logprob) or any(math.isnan(other.logprob) for other in token.top) for token in tokens)


def _json(text: str | bytes) -> Any:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    # A number of any length is JSON.
    return json.loads(text, parse_constant=refuse, parse_int=str)


def _part(part: message_pb2.ContentPart) -> Part:
    match part.WhichOneof("kind"):
        case "text":
            return ("text", part.text)
        case "reasoning":
            return ("reasoning", part.reasoning.text)
        case "tool_call":
            return ("call", part.tool_call.id, part.tool_call.name, part.tool_call.arguments_json)
        case kind:
            return (kind or "",)
