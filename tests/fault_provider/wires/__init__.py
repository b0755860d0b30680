"""The wire formats: a file each, and a line each in WIRES."""

from .anthropic_messages import AnthropicMessages
from .openai_chat import OpenAIChat
from .wire import Wire

WIRES: tuple[Wire, ...] = (OpenAIChat(), AnthropicMessages())

__all__ = ["WIRES", "Wire"]
