"""Keys whose work this version does not do yet: the operator is told at start."""

from llmrpc_server.config.document import Path_
from llmrpc_server.config.schema import Config


def without_effect(config: Config) -> list[Path_]:
    """Return the keys that are set and change nothing yet."""
    found: list[Path_] = [(name,) for name in ("cache", "prompts") if getattr(config, name) is not None]
    for name, route in config.routes.items():
        if route.cache is not None:
            found.append(("routes", name, "cache"))
    return found
