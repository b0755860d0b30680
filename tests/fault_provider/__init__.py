"""An LLM provider that misbehaves on request: OpenAI, Anthropic and Cohere over HTTP/1.1 on 127.0.0.1."""

from .answer import CANONICAL_TEXT, canonical_text
from .attempts import Attempt, Outcome
from .behaviour import Behaviour, BehaviourError
from .network import black_hole, refused, tls_failure, unresolvable
from .provider import FaultProvider
from .scripts import Step
from .threaded import ThreadedFaultProvider

__all__ = [
    "CANONICAL_TEXT",
    "Attempt",
    "Behaviour",
    "BehaviourError",
    "FaultProvider",
    "Outcome",
    "Step",
    "ThreadedFaultProvider",
    "black_hole",
    "canonical_text",
    "refused",
    "tls_failure",
    "unresolvable",
]
