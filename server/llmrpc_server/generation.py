"""What a configuration makes anew of the server, while all else goes on."""

from pathlib import Path

from llmrpc_server import providers
from llmrpc_server.auth.authenticator import Authenticator
from llmrpc_server.budgets import Budgets
from llmrpc_server.config.loading import Loaded
from llmrpc_server.output import Shapes
from llmrpc_server.planning.planner import Planner
from llmrpc_server.planning.routing import Router
from llmrpc_server.prices import PriceBook
from llmrpc_server.prompts import PromptStore
from llmrpc_server.prompts.watching import Watching
from llmrpc_server.providers import Provider


class Generation:
    """The parts that belong to one configuration. It may be made outside of the event loop that it is used in.

    Args:
        loaded: The configuration.
        before: That whose place it takes: what both configure alike goes over from there, as it is.

    Attributes:
        routes: All that can be listed.
        targets: Those of all routes.

    Raises:
        BadSetting: What the configuration names is no good: a file, or a name in the operator's own Python.
    """

    def __init__(self, loaded: Loaded, before: "Generation | None" = None) -> None:
        config = loaded.config
        self.loaded = loaded
        self.watching: Watching
        self.authenticator: Authenticator | None
        self.providers = _providers(loaded, before)
        self.router = Router(self.providers, config.routes)
        self.routes = tuple(self.router.routes())
        self.targets = tuple(dict.fromkeys(target for route in self.routes for target in route.targets))
        self.prices = PriceBook.configured(config.prices, loaded.providers)
        self.budgets = Budgets(config.budgets)
        if before is not None and config.prompts == before.loaded.config.prompts:
            self.watching = before.watching
        else:
            self.watching = Watching(PromptStore(None if config.prompts is None else Path(config.prompts.path)))
        self.prompts = self.watching.store
        self.planner = Planner(self.router, self.prices, Shapes(config.output), self.prompts)
        if before is not None and config.auth == before.loaded.config.auth:
            self.authenticator = before.authenticator
        else:
            self.authenticator = None if config.auth is None else Authenticator(config.auth)

    async def start(self, before: "Generation | None" = None) -> None:
        """Read the prompts, and begin to watch what can change; what goes over from before goes on."""
        if before is None or self.watching is not before.watching:
            await self.watching.start()
        if self.authenticator is not None and (before is None or self.authenticator is not before.authenticator):
            self.authenticator.start()

    async def stop(self, after: "Generation | None" = None) -> None:
        """End what was begun, but for what goes over to the one after."""
        if after is None or self.watching is not after.watching:
            await self.watching.close()
        if self.authenticator is not None and (after is None or self.authenticator is not after.authenticator):
            await self.authenticator.close()

    def without(self, other: "Generation") -> list[Provider]:
        """List the providers that another one does not have."""
        kept = set(map(id, other.providers.values()))
        return [provider for provider in self.providers.values() if id(provider) not in kept]


def _providers(loaded: Loaded, before: Generation | None) -> dict[str, Provider]:
    known = {} if before is None else before.loaded.providers
    return {
        name: before.providers[name]
        if before is not None and known.get(name) == (kind, settings)
        else providers.load(kind)(name, settings)
        for name, (kind, settings) in loaded.providers.items()
    }
