"""Going on from the partial answer of a stream that broke off, so that the caller sees one answer."""

import itertools

from llmrpc.v1 import completion_pb2, message_pb2
from llmrpc_server.call import Event
from llmrpc_server.providers.part import Part


class PartialAnswer:
    """What the caller of a stream has up to now."""

    def __init__(self) -> None:
        self._parts: list[Part] = []
        self._logprobs: list[completion_pb2.TokenLogprob] = []

    def note(self, event: Event) -> None:
        """Take in an event that the caller gets."""
        match event.WhichOneof("event"):
            case "part_started":
                self._parts.append(Part(event.part_started.part_index, event.part_started.part))
            case "part_delta":
                delta = event.part_delta
                part, field = self._parts[delta.part_index], delta.WhichOneof("delta")
                if field == "citation":
                    part.citations.append(delta.citation)
                elif field is not None:
                    part.pieces.append(getattr(delta, field))
                self._logprobs.extend(delta.logprobs)
            case "part_finished":
                part = self._parts[event.part_finished.part_index]
                part.finished = True
                if event.part_finished.HasField("provider_state"):
                    part.provider_state = event.part_finished.provider_state
            case "output_reset":
                self._parts.clear()
                self._logprobs.clear()

    def prefill(self) -> message_pb2.Message | None:
        """Return the beginning that another attempt can go on from; None where there is none, or not of text alone."""
        if not self._parts or self._parts[-1].kind != "text":
            return None
        if any(part.kind not in {"text", "reasoning"} for part in self._parts):
            return None
        # Vendors refuse a beginning that ends in white space.
        text = self._text().rstrip()
        return message_pb2.Message(role=message_pb2.ROLE_ASSISTANT, parts=[_text(text)]) if text else None

    def continued(self) -> "Continuation":
        """Begin to go on from here; `prefill` must have returned something."""
        text = self._text()
        return Continuation(
            [part.whole() for part in self._parts],
            goes_on=not self._parts[-1].finished,
            white=text[len(text.rstrip()) :],
            logprobs=list(self._logprobs),
        )

    def _text(self) -> str:
        return "".join(part.whole().text for part in self._parts if part.kind == "text")


class Continuation:
    """Makes the events of an attempt that goes on from a partial answer those of one answer.

    Its first text goes on in the part that was being said, its other parts get the indexes that follow, and the whole
    answer at the end holds both.

    Args:
        earlier: The parts that the caller has.
        goes_on: Whether the last of them had not ended.
        white: White space that the caller has at its end and the model has not.
        logprobs: Of the tokens that the caller has.
    """

    def __init__(
        self,
        earlier: list[message_pb2.ContentPart],
        *,
        goes_on: bool,
        white: str,
        logprobs: list[completion_pb2.TokenLogprob],
    ) -> None:
        self._earlier = earlier
        self._open = len(earlier) - 1 if goes_on else None
        self._prefix = len(earlier[-1].text)
        self._white = self._white_to_come = white if goes_on else ""
        self._logprobs = logprobs
        self._next = len(earlier)
        # By the index that the attempt gives a part: the one that the caller sees.
        self._indexes: dict[int, int] = {}

    def mapped(self, event: Event) -> Event | None:
        """Return an event as the caller is to see it; None for nothing."""
        match event.WhichOneof("event"):
            case "part_started":
                return self._started(event)
            case "part_delta":
                return self._grown(event)
            case "part_finished":
                finished = event.part_finished
                finished.part_index = self._indexes[finished.part_index]
            case "output_reset":  # The vendor begins again, and what came before the attempt is void as well.
                self._earlier, self._open, self._white, self._white_to_come = [], None, "", ""
                self._logprobs, self._next, self._indexes = [], 0, {}
            case "completed":
                self._complete(event.completed)
        return event

    def _started(self, event: Event) -> Event | None:
        started = event.part_started
        if started.part.HasField("text") and self._open is not None and self._open not in self._indexes.values():
            self._indexes[started.part_index] = self._open
            delta = completion_pb2.PartDelta(part_index=started.part_index, text=started.part.text)
            return self._grown(Event(part_delta=delta)) if started.part.text else None
        self._indexes[started.part_index] = started.part_index = self._next
        self._next += 1
        return event

    def _grown(self, event: Event) -> Event | None:
        delta = event.part_delta
        delta.part_index = self._indexes[delta.part_index]
        if delta.part_index != self._open:
            return event
        match delta.WhichOneof("delta"):
            case "text" if self._white_to_come:
                text = _without(self._white_to_come, delta.text)
                cut = len(delta.text) - len(text)
                self._white_to_come = "" if text else self._white_to_come[cut:]
                delta.text = text
                return event if text or delta.logprobs else None
            case "citation":
                _shift(delta.citation, self._prefix)
        return event

    def _complete(self, answer: completion_pb2.CompleteResponse) -> None:
        """Put what the caller had before the attempt's own parts."""
        parts = [_copied(part) for part in self._earlier]
        for index, part in enumerate(answer.message.parts):
            if self._indexes.get(index) != self._open or self._open is None:
                parts.append(part)
                continue
            whole = parts[self._open]
            whole.text += _without(self._white, part.text)
            for citation in part.citations:
                _shift(citation, self._prefix)
            whole.citations.extend(part.citations)
            if part.HasField("provider_state"):
                whole.provider_state.CopyFrom(part.provider_state)
        logprobs = [*self._logprobs, *answer.logprobs]
        message = message_pb2.Message(role=answer.message.role, parts=parts)
        answer.message.CopyFrom(message)
        del answer.logprobs[:]
        answer.logprobs.extend(logprobs)


def _without(white: str, text: str) -> str:
    """Take away what a text begins with and the caller has already."""
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(white, text, strict=False))
    return text[sum(1 for _ in same) :]


def _shift(citation: message_pb2.Citation, characters: int) -> None:
    for name in ("start_index", "end_index"):
        if citation.HasField(name):
            setattr(citation, name, getattr(citation, name) + characters)


def _text(text: str) -> message_pb2.ContentPart:
    return message_pb2.ContentPart(text=text)


def _copied(part: message_pb2.ContentPart) -> message_pb2.ContentPart:
    copy = message_pb2.ContentPart()
    copy.CopyFrom(part)
    return copy
