"""Where a call may go: a target, a route and a plan, as data.

They stand below the call, which knows its plan; `planning/` makes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from llmrpc.v1 import accounting_pb2, completion_pb2
from llmrpc_server.config import (
    FallbackSettings,
    RetrySettings,
    RouteCacheSettings,
    RouteOutputSettings,
    TimeoutSettings,
)
from llmrpc_server.output import Shape
from llmrpc_server.prompts import Filled
from llmrpc_server.requests.features import Demands
from llmrpc_server.requests.fingerprint import fingerprint
from llmrpc_server.tokens.estimates import estimate_input
from llmrpc_server.tokens.manners import Manner, manner

if TYPE_CHECKING:
    # The one import that goes up: a call knows its provider, and a provider is handed the call.
    from llmrpc_server.providers.base import Provider

# Of a route that says nothing, unless with more targets one of them could not be asked.
DEFAULT_MAX_ATTEMPTS = 3


class Target(NamedTuple):
    """A model at a provider; a tuple, since every call hashes it several times."""

    provider: "Provider"
    model: str

    @property
    def name(self) -> str:
        """As callers write it: "provider/model"."""
        return f"{self.provider.name}/{self.model}"

    def message(self) -> accounting_pb2.Target:
        """Make the message that names it."""
        return accounting_pb2.Target(provider=self.provider.name, model=self.model)


@dataclass(frozen=True, slots=True)
class Route:
    """Targets in the order in which they are tried, and what holds for calls to them.

    Attributes:
        weights: Of each target, where it has one: neighbours that have share the first place among them.
        max_output_tokens: For a call without a limit of its own; None for the provider's.
        context_windows: In tokens, where the configuration has them.
        cache: How its answers are kept; None where calls have to ask for it.
        by_cost: Whether the cheapest target is asked first, instead of the first one.
    """

    name: str
    targets: tuple[Target, ...]
    weights: tuple[int | None, ...] = ()
    timeouts: TimeoutSettings = field(default_factory=TimeoutSettings)
    retry: RetrySettings = field(default_factory=RetrySettings)
    fallback: FallbackSettings = field(default_factory=FallbackSettings)
    output: RouteOutputSettings = field(default_factory=RouteOutputSettings)
    max_output_tokens: int | None = None
    context_windows: Mapping[Target, int] = field(default_factory=dict)
    cache: RouteCacheSettings | None = None
    by_cost: bool = False


@dataclass(frozen=True, eq=False)
class Plan:
    """What would happen to a request. Calls that ask the same may share one.

    Attributes:
        targets: Those that can do what it needs, in the order in which they are tried while all are well.
        skipped: The others, each with the reason.
        asked: The request as it came; read-only.
        read: What the first target will read, as a request without more than that.
        demands: What the request asks of a provider.
        max_attempts: Over all targets.
        shape: What the answer must be; None for free text.
        prompt: The prompt of the request, filled in; None where it names none.
        request: The request with all that its prompt adds; None where it names none.
    """

    route: Route
    targets: tuple[Target, ...]
    skipped: Mapping[Target, str]
    asked: completion_pb2.CompleteRequest
    read: completion_pb2.CompleteRequest
    demands: Demands
    max_attempts: int = DEFAULT_MAX_ATTEMPTS
    shape: Shape | None = None
    prompt: Filled | None = None
    request: completion_pb2.CompleteRequest | None = None

    @cached_property
    def input_tokens(self) -> int:
        """An estimate for the first target; made when somebody asks, since a stored answer needs none."""
        return estimate_input(self.read, self.manner)

    @cached_property
    def fingerprint(self) -> str:
        """The same for requests that ask the same of the same model, whoever the caller is."""
        return fingerprint(self.asked)

    @property
    def manner(self) -> Manner:
        """The first target's."""
        return manner(self.targets[0].provider.kind, self.targets[0].model)
