"""What the server sends for a request, up to the socket."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from llmrpc.v1 import completion_pb2
from llmrpc_server.access.principal import Principal
from llmrpc_server.call import Call
from llmrpc_server.config.document import FromOutside
from llmrpc_server.planning.planner import Planner
from llmrpc_server.planning.routing import Router
from llmrpc_server.providers import load

KINDS = ("openai", "openai_responses", "anthropic", "cohere")

# How a warning names a field.
_PATH = re.compile(r"has no ((?:user|config\.|messages\[\]|tools\[\])[\w.\[\]]*)")


def make(kind: str, **row: Any) -> Any:
    """Make the provider of a kind, by its kind's name; what else its row in the configuration says is optional."""
    provider = load(kind)
    settings = provider.settings.model_validate({"api_key": FromOutside("sk-test-1"), **row})
    return provider(kind, settings)


@dataclass(frozen=True, slots=True)
class Sender:
    """Plans requests for one provider of each kind, and renders them."""

    providers: Mapping[str, Any]

    def call(self, request: completion_pb2.CompleteRequest, target: str, *, streaming: bool) -> Call:
        """Plan a request for a target and make its call.

        Raises:
            Unsupported: The target cannot do what it needs.
        """
        whole = completion_pb2.CompleteRequest(model=target)
        whole.MergeFrom(request)
        plan = Planner(Router(self.providers, {})).plan(whole)
        call = Call("1", whole, streaming=streaming, principal=Principal(), commit=_nothing, deadline=None)
        call.plan = plan
        call.target = plan.targets[0]
        return call

    def body(self, call: Call) -> bytes:
        """Render a call."""
        body: bytes = self.providers[call.target.provider.name].body(call)
        return body


def warnings(call: Call) -> set[tuple[str, str]]:
    """Return what the caller is told: reason and path of each warning."""
    return {(warning.reason, path) for warning in call.warnings for path in _PATH.findall(warning.text)}


async def _nothing() -> None:
    """Commit to nothing."""
