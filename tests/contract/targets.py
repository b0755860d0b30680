"""The providers that the contract is tried on: every kind in the registry, at the fault provider or at its cloud."""

import os
from dataclasses import dataclass
from typing import Any

from fault_provider import ThreadedFaultProvider
from llmrpc_server import providers
from llmrpc_server.config.document import FromOutside
from llmrpc_server.requests.features import Feature


@dataclass(frozen=True, slots=True)
class Target:
    """Where a kind of provider is found.

    Attributes:
        base_path: Below the fault provider's address, what its base_url ends in.
        key: The environment variable that holds the cloud's key.
        model: A small model of the cloud that sees images and calls tools.
    """

    base_path: str
    key: str
    model: str


# A new kind joins with a line here, and with its wire format in the fault provider.
TARGETS = {
    "openai": Target("/v1", "OPENAI_API_KEY", "gpt-4o-mini"),
    "openai_responses": Target("/v1", "OPENAI_API_KEY", "gpt-4o-mini"),
    "anthropic": Target("", "ANTHROPIC_API_KEY", "claude-haiku-4-5"),
    "cohere": Target("", "CO_API_KEY", "command-a-vision-07-2025"),
}
# Their wire format is another kind's; what is their own has tests of its own.
ELSEWHERE = {"local": "tests/test_local_model.py"}

KINDS = sorted(providers.KINDS.keys() - ELSEWHERE.keys())

# Read before any fixture takes them out of the environment.
CLOUD_KEYS = {kind: key for kind, target in TARGETS.items() if (key := os.environ.get(target.key))}


def features_of(kind: str) -> frozenset[Feature]:
    """Return what a kind can do."""
    features: frozenset[Feature] = providers.load(kind).features
    return features


def over_faults(faults: ThreadedFaultProvider, **settings: Any) -> dict[str, Any]:
    """Write a configuration in which each kind, by its own name, is the fault provider."""
    rows = {
        kind: {
            "kind": kind,
            "api_key": FromOutside("sk-test-1"),
            "base_url": f"{faults.base_url}{TARGETS[kind].base_path}",
            **settings,
        }
        for kind in KINDS
    }
    return {"providers": rows, "routes": {"default": [f"{kind}/model" for kind in KINDS]}}


def over_clouds() -> dict[str, Any]:
    """Write a configuration in which each kind whose key is there is its real cloud."""
    rows = {kind: {"kind": kind, "api_key": FromOutside(key)} for kind, key in CLOUD_KEYS.items()}
    return {"providers": rows, "routes": {"default": [f"{kind}/{TARGETS[kind].model}" for kind in rows]}}
