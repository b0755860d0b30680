"""kind "openai": OpenAI Chat Completions, spoken by OpenAI and by most vendors and servers.

Reference: https://platform.openai.com/docs/api-reference/chat
"""

from llmrpc_server.providers.openai_chat.provider import OpenAIChat
from llmrpc_server.providers.openai_chat.settings import OpenAISettings

__all__ = ["OpenAIChat", "OpenAISettings"]
