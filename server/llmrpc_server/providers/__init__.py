"""One file for each wire format. `KINDS` lists them; a vendor that differs by address and key is configuration.

Installed packages can add kinds: see `packages`.
"""

import importlib
from typing import Any

from pydantic import BaseModel

from llmrpc_server.providers import packages
from llmrpc_server.providers.base import Provider

Settings = BaseModel

KINDS = {
    "openai": "llmrpc_server.providers.openai_chat:OpenAIChat",
    "openai_responses": "llmrpc_server.providers.openai_responses:OpenAIResponses",
    "anthropic": "llmrpc_server.providers.anthropic_messages:AnthropicMessages",
    "cohere": "llmrpc_server.providers.cohere_chat:CohereChat",
    "local": "llmrpc_server.providers.local:Local",
}


def kinds() -> tuple[str, ...]:
    """List our own kinds, then those of installed packages."""
    return tuple(dict.fromkeys((*KINDS, *sorted(packages.offers()))))


def load(kind: str) -> Any:
    """Import the class of a kind: its `settings` check a provider's section, calling it makes the `Provider`.

    Raises:
        KeyError: There is no such kind.
        UnusableKind: An installed package offers it, and it cannot be used.
    """
    if kind not in KINDS:
        return packages.load(kind)
    module, _, name = KINDS[kind].partition(":")
    return getattr(importlib.import_module(module), name)


def warnings() -> tuple[str, ...]:
    """Tell of the packages whose kinds are hidden by our own, a line each."""
    hidden = ((kind, point) for kind, points in packages.offers().items() if kind in KINDS for point in points)
    return tuple(
        f'the package {packages.package(point)} offers the provider kind "{kind}", which is our own: it is not used'
        for kind, point in hidden
    )


__all__ = ["KINDS", "Provider", "Settings", "kinds", "load", "warnings"]
