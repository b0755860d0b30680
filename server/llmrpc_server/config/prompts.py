"""The section `prompts`."""

from llmrpc_server.config.values import Section, Text


class PromptSettings(Section):
    """Where the prompt templates are."""

    path: Text
