"""A provider's own options, merged into the body that a wire format renders."""

from collections.abc import Iterator, Mapping
from typing import Any


def owned_in(options: Mapping[str, Any], owned: frozenset[str], prefix: str = "") -> Iterator[str]:
    """Yield the paths of fields in the options that are the API's own to set, such as "model" or "reasoning.effort"."""
    for name, value in options.items():
        path = f"{prefix}{name}"
        if path in owned:
            yield path
        elif any(other.startswith(f"{path}.") for other in owned):
            if isinstance(value, Mapping):
                yield from owned_in(value, owned, f"{path}.")
            else:
                # It would replace the owned fields inside it.
                yield path


def merge_options(body: dict[str, Any], options: Mapping[str, Any]) -> None:
    """Merge the options into the body: objects are merged, lists appended to, anything else replaced."""
    for name, value in options.items():
        old = body.get(name)
        if isinstance(old, dict) and isinstance(value, Mapping):
            merge_options(old, value)
        elif isinstance(old, list) and isinstance(value, list):
            body[name] = [*old, *(item for item in value if item not in old)]
        else:
            body[name] = value
