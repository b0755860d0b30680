"""kind "cohere": Cohere's Chat, version 2.

Reference: https://docs.cohere.com/v2/reference/chat
"""

from llmrpc_server.providers.cohere_chat.provider import CohereChat

__all__ = ["CohereChat"]
