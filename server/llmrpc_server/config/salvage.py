"""What can still be read of a bad configuration, so that all its problems are found at once."""

import copy
from collections.abc import Iterable
from typing import Any

from pydantic import Field, ValidationError

from llmrpc_server.config.document import Path_
from llmrpc_server.config.routes import RouteSettings
from llmrpc_server.config.schema import Config
from llmrpc_server.config.values import ProviderName, RouteName


class _Rest(Config):
    providers: dict[ProviderName, dict[str, Any]] = Field(default_factory=dict)
    routes: dict[RouteName, RouteSettings] = Field(default_factory=dict)


def salvage(data: Any, wrong: Iterable[Path_]) -> Config | None:
    """Read a document without the keys at some paths, and without those that cannot do without them.

    Returns:
        None where the document is none.
    """
    if not isinstance(data, dict):
        return None
    data = copy.deepcopy(data)
    while _remove(data, wrong):
        try:
            return _Rest.model_validate(data)
        except ValidationError as error:
            wrong = [one["loc"] for one in error.errors(include_url=False, include_context=False, include_input=False)]
    return None


def _remove(data: dict[str, Any], paths: Iterable[Path_]) -> bool:
    """Remove the keys at some paths; tell whether there were any."""
    found = [_nearest(data, path) for path in paths]
    for around, key in filter(None, found):
        around.pop(key, None)
    return any(found)


def _nearest(data: dict[str, Any], path: Path_) -> tuple[dict[str, Any], str] | None:
    """Find the key at a path, or the nearest one around it; of a list the whole, or the others would change places."""
    at: Any = data
    nearest = None
    for key in path:
        if isinstance(at, dict) and key in at:
            nearest = at, str(key)
        elif not (isinstance(at, list) and isinstance(key, int) and key < len(at)):
            # A word of pydantic's, or a key that a short form leaves out.
            continue
        at = at[key]
    return nearest
