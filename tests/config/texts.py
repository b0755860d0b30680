"""Texts of configurations, and what is said about the wrong ones."""

from collections.abc import Callable

import pytest

from llmrpc_server import providers
from llmrpc_server.config.loading import BadConfig, Loaded

LoadText = Callable[[str | bytes], Loaded]

PROVIDERS = "providers:\n  openai: {kind: openai, api_key: '${TEST_KEY}'}\n"
ROUTES = "routes: {default: [openai/gpt-4o]}\n"
GOOD = PROVIDERS + ROUTES
MAPPING = "must be a mapping of keys to values"
LITERAL = (
    "must not stand in the file itself, not in part either: write ${NAME} for an environment variable, or ${file:PATH}"
)
KINDS = ", ".join(providers.KINDS)
MONEY = "must be an amount of USD such as 2.50, with at most 12 decimals"
EMPTY = "must not be empty"
DURATION = "must be a duration such as 500ms, 30s, 5m or 1h"
ADDRESS = "must be an address such as https://api.example.com/v1"


def provider(section: str) -> str:
    """Write a configuration whose one provider, on line 2, has this section."""
    return f"providers:\n  openai: {section}\n{ROUTES}"


def route(value: str) -> str:
    """Write a configuration whose one route, on line 4, has this value."""
    return f"{PROVIDERS}routes:\n  default: {value}\n"


def refusal(load_text: LoadText, text: str | bytes) -> list[str]:
    """Load a text that must be refused; return the lines of the refusal."""
    with pytest.raises(BadConfig) as failed:
        load_text(text)
    return str(failed.value).split("\n")


DATABASE = "must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"
PASSWORD = "must not hold a password in the file itself: write ${NAME} for the whole address"
