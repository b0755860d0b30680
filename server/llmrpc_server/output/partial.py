"""What can be known of a JSON value while it grows: each partial value is a beginning of the next one."""

import json
import re
import time

import jiter

from llmrpc.v1 import completion_pb2

Event = completion_pb2.StreamCompleteResponse

# A number may go on; so may what looks like one at the end of a text, which the next partial value has.
_PERHAPS_A_NUMBER = b"-+0123456789.eE"
_BEGINNING = re.compile(rb"[{\[]")


class Partials:
    """Follows the events of one attempt and tells the value so far, at most once an interval.

    Args:
        interval: In seconds.
    """

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._next = time.monotonic()
        self._text = bytearray()
        self._parts: set[int] = set()
        self._told = ""

    def after(self, event: Event) -> Event | None:
        """Take in an event that the caller gets; return the event that tells the value so far, if there is one."""
        match event.WhichOneof("event"):
            case "part_started" if event.part_started.part.HasField("text"):
                self._parts.add(event.part_started.part_index)
                self._text += event.part_started.part.text.encode()
            case "part_delta" if event.part_delta.part_index in self._parts:
                self._text += event.part_delta.text.encode()
            case "output_reset":
                self._text.clear()
                self._parts.clear()
                self._told = ""
                return None
            case _:
                return None
        return self._due()

    def _due(self) -> Event | None:
        now = time.monotonic()
        if now < self._next:
            return None
        beginning = _BEGINNING.search(self._text)
        if beginning is None:
            return None
        so_far = bytes(self._text[beginning.start() :]).rstrip(_PERHAPS_A_NUMBER)
        try:
            value = jiter.from_json(so_far, partial_mode="trailing-strings", allow_inf_nan=False)
        except ValueError:
            return None  # Not JSON so far; what can be rewritten is rewritten at the end.
        told = json.dumps(value, ensure_ascii=False)
        if told == self._told:
            return None
        self._told, self._next = told, now + self._interval
        return Event(output_partial=completion_pb2.OutputPartial(json=told))
