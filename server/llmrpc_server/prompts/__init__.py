"""Prompt templates: files in a folder, one a version, rendered by langchain-core for the target that is asked.

file: what a file may say; reading: from a file to a checked prompt; store: the folder, watching: its changes.
variables: what callers fill in; templates, sandbox: rendering; prompt: one version, and one filled in for a call.
defaults: what a prompt adds to a request.
"""

from llmrpc_server.prompts.prompt import Filled, Prompt
from llmrpc_server.prompts.store import PromptStore

__all__ = ["Filled", "Prompt", "PromptStore"]
