"""Keys whose work this version does not do yet: the operator is told at start."""

from llmrpc_server.config.document import Path_
from llmrpc_server.config.schema import Config


def without_effect(config: Config) -> list[Path_]:
    """Return the keys that are set and change nothing yet."""
    return [("prompts",)] if config.prompts is not None else []
