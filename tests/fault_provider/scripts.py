"""Scripts: what successive requests for a model get, for what its name cannot say."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from .behaviour import Behaviour, BehaviourError
from .wires.wire import compact

Step = Behaviour | str | bytes
"""A behaviour, its grammar, or raw bytes (a whole HTTP response; then FIN)."""

_TYPES: dict[str, type] = {"behaviour": str, "status": int, "headers": dict, "body": object, "raw": str}


class Scripts:
    """A list of behaviours per model; the last one repeats."""

    def __init__(self) -> None:
        self._left: dict[str, list[Behaviour]] = {}

    def put(self, model: str, steps: Iterable[Step]) -> None:
        """Replace the model's script; raises BehaviourError, and then nothing changed."""
        behaviours = [_behaviour(step) for step in steps]
        if not behaviours:
            raise BehaviourError("a script needs at least one behaviour")
        self._left[model] = behaviours

    def next(self, model: str) -> Behaviour:
        """Return what the next request for the model gets; raises BehaviourError if its name is malformed."""
        left = self._left.get(model)
        if left is None:
            return Behaviour.parse(model)
        return left.pop(0) if len(left) > 1 else left[0]


def steps_from_json(value: Any) -> list[Step]:
    """Read a script as JSON says it: a list of grammar and objects; raises BehaviourError.

    An object has `behaviour` (grammar) and what only a script can say: `status`, `headers`, `body` (a string
    as it is, anything else as JSON), `raw` (a whole HTTP response, its characters being Latin-1 bytes).
    """
    if not isinstance(value, list):
        raise BehaviourError("a script is a list of steps")
    return [_step_from_json(step) for step in value]


def _step_from_json(value: Any) -> Step:
    """Read one step."""
    if isinstance(value, str):
        return value
    if not isinstance(value, dict) or value.keys() - _TYPES.keys():
        raise BehaviourError(f"a step is a string, or an object of {', '.join(_TYPES)}")
    for name, content in value.items():
        if not isinstance(content, _TYPES[name]):
            raise BehaviourError(f"{name} cannot be {content!r}")
    behaviour = Behaviour.parse(value.get("behaviour", ""))
    body, raw = value.get("body"), value.get("raw")
    return replace(
        behaviour,
        status=value.get("status", behaviour.status),
        headers={**behaviour.headers, **_headers(value.get("headers", {}))},
        body=body.encode() if isinstance(body, str) else None if body is None else compact(body),
        raw=None if raw is None else raw.encode("latin-1"),
    )


def _headers(value: Mapping[str, Any]) -> dict[str, str]:
    """Return headers with lowercase names, so that they replace the usual ones."""
    return {name.lower(): str(content) for name, content in value.items()}


def _behaviour(step: Step) -> Behaviour:
    """Return a step as a behaviour."""
    if isinstance(step, bytes):
        return Behaviour(raw=step)
    return Behaviour.parse(step) if isinstance(step, str) else step
