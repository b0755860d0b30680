"""What an answer must get: its value, or the reason why it has none."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Rejected:
    """The verdict on an answer that cannot be used: its reason has these words."""

    words: str


# By what a model wrote: a `Rejected`, or the value as Python reads it.
Answers = dict[str, Any]

ORDER_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "item": {"type": "string"},
        "count": {"type": "integer", "minimum": 1},
        "size": {"enum": ["small", "large"]},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["item", "count"],
    "additionalProperties": False,
}
TEA = {"item": "tea", "count": 2}
TEA_TEXT = '{"item": "tea", "count": 2}'
