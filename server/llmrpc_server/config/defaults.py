"""What holds without a configuration file: the clouds whose keys are in the environment, else the local model."""

import os
from collections.abc import Iterator
from typing import Any

from llmrpc_server.config.document import Document, FromOutside
from llmrpc_server.config.loading import Loaded, SettingsOf, check

_CLOUDS = {
    "openai": ("OPENAI_API_KEY", "openai/gpt-4o"),
    "anthropic": ("ANTHROPIC_API_KEY", "anthropic/claude-sonnet-5-5"),
}
LOCAL_MODEL = "smollm2-135m-instruct"


def default(kinds: tuple[str, ...], settings_of: SettingsOf) -> Loaded:
    """Make the configuration. The local model never stands behind a cloud: it is no stand-in for one."""
    clouds = dict(_available_clouds())
    data: dict[str, Any] = {
        "providers": clouds or {"local": {"kind": "local"}},
        "routes": {"default": [_CLOUDS[name][1] for name in clouds] or [f"local/{LOCAL_MODEL}"]},
    }
    return check(Document(data, {}), "the defaults (no configuration file)", kinds, settings_of)


def _available_clouds() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, (variable, _) in _CLOUDS.items():
        if key := os.environ.get(variable):
            yield name, {"kind": name, "api_key": FromOutside(key)}
