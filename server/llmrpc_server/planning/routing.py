"""Finds where a call may go: the routes of the configuration and "provider/model", resolved to targets."""

import difflib
from collections.abc import Iterable, Iterator, Mapping

from llmrpc_server.config import RouteSettings
from llmrpc_server.errors import UnknownModel, Violation
from llmrpc_server.plan import Route, Target
from llmrpc_server.providers.base import Provider

DEFAULT_ROUTE = "default"

_MAX_NAME_SHOWN = 100


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

    def _targets(self, names: Iterable[str]) -> tuple[Target, ...]:
        pairs = (name.split("/", 1) for name in names)
        return tuple(Target(self._providers[provider], model) for provider, model in pairs)

    def _explain(self, name: str) -> str:
        name = name[:_MAX_NAME_SHOWN]
        close = difflib.get_close_matches(name, [route.name for route in self.routes()], n=1)
        hint = f'; did you mean "{close[0]}"?' if close else "; ModelService.ListModels tells what there is"
        return f'must be a route or "provider/model" of this server, is "{name}"{hint}'
