"""What makes two calls identical: a hash over everything in a request that can change its answer.

The request's bytes are hashed as protobuf writes them deterministically. Another release of protobuf may write them
otherwise; an answer is then not found again, and never mistaken for another's.
"""

import hashlib
import struct
from weakref import WeakKeyDictionary

from llmrpc.v1 import completion_pb2
from llmrpc_server.call import Call
from llmrpc_server.plan import Plan
from llmrpc_server.requests.features import Harmless

# Fields of a request that no answer depends on; all others are in the key, those that are still to be invented too.
IRRELEVANT = ("request_id", "labels", "stream", "cache", "max_cost_picos")
IRRELEVANT_ROUTING = ("attempt_timeout", "first_token_timeout", "idle_timeout", "affinity_key")
# These are in the key in their resolved form.
RESOLVED = ("model", "user")

_KEY_BYTES = 16


class Keys:
    """Remembers the key of each plan that is kept: to make it costs more than to find the answer."""

    def __init__(self) -> None:
        # With whose it is; another tenant's takes its place.
        self._keys: WeakKeyDictionary[Plan, tuple[str | None, str]] = WeakKeyDictionary()

    def of(self, call: Call, *, shared: bool) -> str:
        """Return the key of a call that nothing but its plan and its tenant has shaped yet."""
        tenant = None if shared else call.principal.tenant
        known = self._keys.get(call.plan)
        if known is None or known[0] != tenant:
            known = self._keys[call.plan] = tenant, request_key(call, shared=shared)
        return known[1]


def request_key(call: Call, *, shared: bool = False) -> str:
    """Return the call's key, 32 hex digits; `shared` makes it the same for all tenants."""
    request = completion_pb2.CompleteRequest()
    request.CopyFrom(call.request)
    for name in IRRELEVANT:
        request.ClearField(name)  # type: ignore[arg-type]
    if request.HasField("routing"):
        for name in IRRELEVANT_ROUTING:
            request.routing.ClearField(name)  # type: ignore[arg-type]
        if not request.routing.ListFields():
            request.ClearField("routing")
    # "" and "default" are one route; what a route adds to a request is in its answers.
    request.model = call.plan.route.name
    if (limit := call.max_output_tokens) is not None:
        request.config.max_output_tokens = limit
    if request.user and all(Harmless.USER in target.provider.drops for target in call.plan.targets):
        request.ClearField("user")
    whose = b"shared" if shared else b"tenant " + call.principal.tenant.encode()
    # A version whose file was edited says something else.
    template = b"" if call.plan.prompt is None else call.plan.prompt.prompt.digest.encode()
    # So does a parser or a message type of the configuration that was changed.
    shape = b"" if call.plan.shape is None else call.plan.shape.digest.encode()
    return digest(whose, template, shape, request.SerializeToString(deterministic=True))


def limits_key(call: Call) -> bytes:
    """Return what calls with the same key must also have in common to share one run: their limits."""
    request = call.request
    routing = completion_pb2.RoutingPolicy()
    routing.CopyFrom(request.routing)
    routing.ClearField("affinity_key")
    cost = struct.pack("<q", request.max_cost_picos) if request.HasField("max_cost_picos") else b""
    # What an answer that is not streamed does when a stream breaks off is what an ordinary stream does.
    stream = request.stream.SerializeToString(deterministic=True) if call.streaming else b""
    return b"\0".join((routing.SerializeToString(deterministic=True), cost, stream))


def digest(*parts: bytes) -> str:
    """Return a hash over several byte strings, their lengths and their number; 32 hex digits."""
    lengths = struct.pack(f"<{len(parts) + 1}Q", *map(len, parts), len(parts))
    return hashlib.blake2b(b"".join((*parts, lengths)), digest_size=_KEY_BYTES).hexdigest()
