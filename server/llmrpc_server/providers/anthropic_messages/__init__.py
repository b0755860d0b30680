"""kind "anthropic": Anthropic Messages.

Reference: https://docs.anthropic.com/en/api/messages
"""

from llmrpc_server.providers.anthropic_messages.provider import AnthropicMessages

__all__ = ["AnthropicMessages"]
