"""Sampling parameters, within the bounds that Cohere has for them."""

from typing import Any, Literal

from llmrpc_server.call import Call
from llmrpc_server.errors import ProviderUnsupported

MAX_STOP_SEQUENCES = 5

_Name = Literal["temperature", "top_p", "top_k", "seed", "frequency_penalty", "presence_penalty"]

# By our name: Cohere's, and the least and the most that it takes.
_NUMBERS: dict[_Name, tuple[str, float | None, float | None]] = {
    "temperature": ("temperature", None, 1.0),
    "top_p": ("p", 0.01, 0.99),
    "top_k": ("k", None, 500),
    "seed": ("seed", 0, None),
    "frequency_penalty": ("frequency_penalty", 0.0, 1.0),
    "presence_penalty": ("presence_penalty", 0.0, 1.0),
}


def sampling(call: Call) -> dict[str, Any]:
    """Render how to sample and when to stop; a number out of bounds becomes the nearest within, with a Warning.

    Raises:
        ProviderUnsupported: There are more stop sequences than Cohere takes.
    """
    config = call.request.config
    made: dict[str, Any] = {
        name: _within(call, f"config.{ours}", getattr(config, ours), least, most)
        for ours, (name, least, most) in _NUMBERS.items()
        if config.HasField(ours)
    }
    _choose_penalty(call, made)
    if (limit := call.max_output_tokens) is not None:
        made["max_tokens"] = limit
    if len(config.stop_sequences) > MAX_STOP_SEQUENCES:
        raise ProviderUnsupported(f"{call.target.name} takes at most {MAX_STOP_SEQUENCES} config.stop_sequences")
    if config.stop_sequences:
        made["stop_sequences"] = list(config.stop_sequences)
    if config.HasField("top_logprobs"):
        made["logprobs"] = True
    return made


def _choose_penalty(call: Call, made: dict[str, Any]) -> None:
    """Leave one penalty of two, since Cohere refuses both together; none is the default, and need not be said."""
    if {"frequency_penalty", "presence_penalty"} <= made.keys():
        if not made["frequency_penalty"]:
            del made["frequency_penalty"]
        elif made.pop("presence_penalty"):
            call.drop("config.presence_penalty beside config.frequency_penalty")


def _within(call: Call, path: str, value: float, least: float | None, most: float | None) -> float:
    nearest = value
    if least is not None and value < least:
        nearest = least
    elif most is not None and value > most:
        nearest = most
    if nearest != value:
        call.warn("PARAMETER_CHANGED", f"{call.target.name} has no {path} of {value:g}: {nearest:g} was sent")
    return nearest
