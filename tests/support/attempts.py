"""An attempt under way, for tests of what happens inside a provider."""

from typing import ClassVar

from llmrpc.v1 import accounting_pb2, completion_pb2
from llmrpc_server.access.principal import Principal
from llmrpc_server.call import Call, Events
from llmrpc_server.plan import Plan, Route, Target
from llmrpc_server.requests.features import Feature, Harmless, demands


class Nobody:
    """A provider that is only asked what it is."""

    kind: ClassVar[str] = "openai"
    name: str = "acme"
    features: frozenset[Feature] = frozenset(Feature)
    drops: frozenset[Harmless] = frozenset()
    owned: frozenset[str] = frozenset()

    def stream(self, call: Call) -> Events:
        """Answer nothing."""
        raise AssertionError

    async def probe(self) -> list[str]:
        """Find nothing wrong."""
        return []

    async def close(self) -> None:
        """Close nothing."""


async def _nothing() -> None:
    """Commit to nothing."""


def attempt(
    request: completion_pb2.CompleteRequest | None = None, *, streaming: bool = True, kind: str = "openai"
) -> Call:
    """Make a call whose first attempt is under way, at the target acme/model."""
    request = request or completion_pb2.CompleteRequest()
    call = Call("1", request, streaming=streaming, principal=Principal(), commit=_nothing, deadline=None)
    call.target = Target(type("Nobody", (Nobody,), {"kind": kind})(), "model")
    route = Route("default", (call.target,))
    call.plan = Plan(route, (call.target,), {}, request, request, demands(request))
    call.attempts.append(accounting_pb2.Attempt(number=1, target=call.target.message()))
    return call
