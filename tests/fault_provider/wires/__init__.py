"""The wire formats: a folder each, and a line each in WIRES."""

from .anthropic_messages import AnthropicMessages
from .cohere_chat import CohereChat
from .openai_chat import OpenAIChat
from .openai_responses import OpenAIResponses
from .wire import Wire

WIRES: tuple[Wire, ...] = (OpenAIChat(), OpenAIResponses(), AnthropicMessages(), CohereChat())

__all__ = ["WIRES", "Wire"]
