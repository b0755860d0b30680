"""OpenAI's Responses API.

Reference: https://platform.openai.com/docs/api-reference/responses
"""

from llmrpc_server.providers.openai_responses.provider import OpenAIResponses

__all__ = ["OpenAIResponses"]
