"""What an answer says of itself beside the message, kept as one object that is shaped like a whole answer."""

import operator
from typing import Any

from llmrpc_server.providers.answer import Answer
from llmrpc_server.providers.openai_chat.wire import Choice, Completion, Fields

# In a stream nearly every chunk repeats them.
_FRAME = (
    "provider",
    "request_id",
    "user_id",
    "service_tier",
    "system_fingerprint",
    "moderation",
    "prompt",
    "prompt_filter_results",
    "prompt_logprobs",
    "prompt_token_ids",
    "kv_transfer_params",
    "related_questions",
    "time_info",
    "timings",
    "usage_breakdown",
)
_CHOICE_FRAME = (
    "native_finish_reason",
    "content_filter_results",
    "content_filter_result",
    "content_filter_offsets",
    "stop_reason",
    "matched_stop",
    "seed",
)
_GROQ = ("id", "seed", "usage_breakdown")
_frame = operator.attrgetter(*_FRAME)
_choice_frame = operator.attrgetter(*_CHOICE_FRAME)
_groq = operator.attrgetter(*_GROQ)
_Values = tuple[Any, ...]


class Metadata:
    """Notes what is new in a completion, or in each of its chunks."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._id: Any = None
        self._frame: _Values = (None,) * len(_FRAME)
        self._choice_frame: _Values = (None,) * len(_CHOICE_FRAME)

    def take(self, completion: Completion, unknown: Fields) -> None:
        """Note what a completion or a chunk says of itself, and its unknown fields."""
        frame = _frame(completion)
        if frame != self._frame:
            self._answer.note(_told(_FRAME, frame))
            self._frame = frame
        if completion.id and not self._id:
            # Some vendors give every chunk an id of its own.
            self._id = completion.id
            self._answer.note({"id": completion.id})
        if completion.x_groq:
            self._answer.note({"x_groq": _told(_GROQ, _groq(completion.x_groq))})
        if unknown:
            self._answer.note(_shaped(unknown, completion.choices or []))

    def take_choice(self, choice: Choice) -> None:
        """Note what a choice says of itself."""
        frame = _choice_frame(choice)
        if frame != self._choice_frame:
            self._answer.note({"choices": [_told(_CHOICE_FRAME, frame)]})
            self._choice_frame = frame


def _told(names: tuple[str, ...], values: _Values) -> Fields:
    return {name: value for name, value in zip(names, values, strict=True) if value is not None}


def _shaped(unknown: Fields, choices: list[Choice]) -> Fields:
    """Return unknown fields as a whole answer has them: a list of the one choice, and a message in place of a delta."""
    found: list[Fields] = unknown.pop("choices", None) or []
    for choice, fields in zip(choices, found, strict=False):
        if not choice.index and fields:
            message = {**fields.pop("delta", {}), **fields.pop("message", {})}
            return {**unknown, "choices": [{**fields, "message": message} if message else fields]}
    return unknown
