"""What no client can know: fields, types and events of providers to come."""

from collections.abc import Mapping
from typing import Any

TYPE = "hologram"
"""The type of blocks and events that nobody knows."""

_FIELD = {"strange_field": {"depth": [1, None, "à"]}}
_OPAQUE = ("arguments", "input", "metadata", "parameters", "schema", "tools")
"""What is the caller's own stays as it is."""


def with_unknown_fields(value: Any) -> Any:
    """Return JSON with one more field in every object."""
    if isinstance(value, Mapping):
        known = {name: each if name in _OPAQUE else with_unknown_fields(each) for name, each in value.items()}
        return {**known, **_FIELD}
    return [with_unknown_fields(each) for each in value] if isinstance(value, list) else value
