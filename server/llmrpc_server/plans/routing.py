"""Where a call may go: the routes of the configuration and "provider/model", resolved to targets."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from llmrpc.v1 import accounting_pb2, completion_pb2
from llmrpc_server.config import (
    FallbackSettings,
    RetrySettings,
    RouteCacheSettings,
    RouteOutputSettings,
    RouteSettings,
    TimeoutSettings,
)
from llmrpc_server.errors import UnknownModel, Violation
from llmrpc_server.output import Shape
from llmrpc_server.prompts import Filled
from llmrpc_server.providers.base import Provider
from llmrpc_server.requests.features import Demands
from llmrpc_server.requests.fingerprint import fingerprint
from llmrpc_server.tokens.estimates import estimate_input
from llmrpc_server.tokens.manners import Manner, manner

DEFAULT_ROUTE = "default"
# Of a route that says nothing, unless it has so many targets that one could not be asked.
DEFAULT_MAX_ATTEMPTS = 3

_MAX_NAME_SHOWN = 100


class Target(NamedTuple):
    """A model at a provider; a tuple, since every call hashes it several times."""

    provider: Provider
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
        context_windows: In tokens, where the configuration tells them.
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
        """The same for requests that ask the same of the same model, whoever asks."""
        return fingerprint(self.asked)

    @property
    def manner(self) -> Manner:
        """The first target's."""
        return manner(self.targets[0].provider.kind, self.targets[0].model)


class Router:
    """Finds the route that a request names."""

    def __init__(self, providers: Mapping[str, Provider], routes: Mapping[str, RouteSettings]) -> None:
        self._providers = providers
        self._routes = {name: self._configured(name, settings) for name, settings in sorted(routes.items())}

    def route(self, name: str, *, field: str = "model") -> Route:
        """Return the route of that name, or the one of a plain "provider/model"; "" is the default route.

        Raises:
            UnknownModel: It names neither; `field` is the request's field that did.
        """
        name = name or DEFAULT_ROUTE
        if name in self._routes:
            return self._routes[name]
        provider, slash, model = name.partition("/")
        if slash and model and provider in self._providers:
            return self._plain(name)
        raise UnknownModel.of(Violation(field, self._explain(name)))

    def provider(self, name: str) -> Provider | None:
        """Return the provider of that name; None where the configuration has none."""
        return self._providers.get(name)

    def routes(self) -> Iterator[Route]:
        """Yield every route of the configuration, then every other model that one of them names; each by name."""
        yield from self._routes.values()
        plain = {target.name for route in self._routes.values() for target in route.targets} - self._routes.keys()
        yield from (self._plain(name) for name in sorted(plain))

    def _configured(self, name: str, settings: RouteSettings) -> Route:
        targets = self._targets(target.model for target in settings.targets)
        windows = zip(targets, (target.context_window for target in settings.targets), strict=True)
        return Route(
            name,
            targets,
            weights=tuple(target.weight for target in settings.targets),
            timeouts=settings.timeouts,
            retry=settings.retry,
            fallback=settings.fallback,
            output=settings.output,
            max_output_tokens=settings.max_output_tokens,
            context_windows={target: window for target, window in windows if window is not None},
            cache=settings.cache,
            by_cost=settings.order == "cost",
        )

    def _plain(self, name: str) -> Route:
        return Route(name, self._targets([name]))

    def _targets(self, names: Sequence[str] | Iterator[str]) -> tuple[Target, ...]:
        pairs = (name.split("/", 1) for name in names)
        return tuple(Target(self._providers[provider], model) for provider, model in pairs)

    def _explain(self, name: str) -> str:
        name = name[:_MAX_NAME_SHOWN]
        close = difflib.get_close_matches(name, [route.name for route in self.routes()], n=1)
        hint = f'; did you mean "{close[0]}"?' if close else "; ModelService.ListModels tells what there is"
        return f'must be a route or "provider/model" of this server, is "{name}"{hint}'
