"""Token counts, in the vendors' several ways to tell them."""

from typing import Any

from llmrpc_server.providers.answer import Answer
from llmrpc_server.providers.openai_chat.wire import Fields

# What has a place in the API's Usage; the rest of a usage object is kept beside the answer.
_TOTALS = {"prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens", "prompt_cache_hit_tokens"}
_OF_INPUT = {"cached_tokens", "audio_tokens", "cache_write_tokens", "cache_creation_input_tokens"}
_OF_OUTPUT = {"reasoning_tokens", "audio_tokens"}


def tell(usage: Fields, answer: Answer) -> None:
    """Note the counts; reasoning is output.

    Some count it apart: the total holds tokens that neither side does, or it is more than all of the output.
    """
    of_input, of_output = _object(usage, "prompt_tokens_details"), _object(usage, "completion_tokens_details")
    read, output = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    total = _count(usage.get("total_tokens"))
    reasoning = _first(of_output.get("reasoning_tokens"), usage.get("reasoning_tokens"))
    if read is not None and output is not None and total is not None:
        uncounted = total - read - output
        if uncounted > 0 and reasoning in {None, uncounted}:
            output, reasoning = output + uncounted, uncounted
    if output is not None and (apart := _count(usage.get("reasoning_tokens"))) is not None and apart > output:
        output += apart
    answer.used(
        input_tokens=read,
        output_tokens=output,
        cache_read_tokens=_first(
            of_input.get("cached_tokens"), usage.get("prompt_cache_hit_tokens"), usage.get("cached_tokens")
        ),
        cache_write_tokens=_first(of_input.get("cache_write_tokens"), of_input.get("cache_creation_input_tokens")),
        reasoning_tokens=reasoning,
        audio_input_tokens=_count(of_input.get("audio_tokens")),
        audio_output_tokens=_count(of_output.get("audio_tokens")),
    )


def says_something(usage: Fields) -> bool:
    """Tell whether there is a count in it; some end a stream with zeros."""
    return any(_count(usage.get(name)) for name in _TOTALS)


def details(usage: Fields) -> Fields:
    """Return what of a usage object has no place of its own."""
    left = {name: value for name, value in usage.items() if name not in _TOTALS and value is not None}
    for name, placed in (("prompt_tokens_details", _OF_INPUT), ("completion_tokens_details", _OF_OUTPUT)):
        if isinstance(inner := left.get(name), dict):
            left[name] = {key: value for key, value in inner.items() if key not in placed}
            if not left[name]:
                del left[name]
    return left


def _object(fields: Fields, name: str) -> Fields:
    value = fields.get(name)
    return value if isinstance(value, dict) else {}


def _first(*values: Any) -> int | None:
    for value in values:
        if (count := _count(value)) is not None:
            return count
    return None


def _count(value: Any) -> int | None:
    """Read a count; some vendors write it as text or as 3.0, and one that is none must not fail the answer."""
    if value is None or type(value) is int:  # a bool is none
        return value
    if isinstance(value, bool) or not isinstance(value, float | str):
        return None
    try:
        number = float(value)
        return int(number) if number.is_integer() else None
    except (ValueError, OverflowError):
        return None
