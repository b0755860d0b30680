"""One file for each wire format. `KINDS` lists them; a vendor that differs by address and key is configuration."""

import importlib
from typing import Any

from pydantic import BaseModel

from llmrpc_server.providers.base import Provider

Settings = BaseModel

KINDS = {
    "openai": "llmrpc_server.providers.openai_chat:OpenAIChat",
    "openai_responses": "llmrpc_server.providers.openai_responses:OpenAIResponses",
    "anthropic": "llmrpc_server.providers.anthropic_messages:AnthropicMessages",
    "cohere": "llmrpc_server.providers.cohere_chat:CohereChat",
    "local": "llmrpc_server.providers.local:Local",
}


def load(kind: str) -> Any:
    """Import the class of a kind: its `settings` check a provider's section, calling it makes the `Provider`."""
    module, _, name = KINDS[kind].partition(":")
    return getattr(importlib.import_module(module), name)


__all__ = ["KINDS", "Provider", "Settings", "load"]
