"""The server, put together. Reads like a table of contents; the only file that knows all rooms."""

import asyncio
from pathlib import Path
from wsgiref.simple_server import WSGIServer

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health
from prometheus_client import start_http_server

from llmrpc_server import idempotency, ledger, tracing
from llmrpc_server.cache.cache import Cache
from llmrpc_server.config import fixed
from llmrpc_server.config.loading import Loaded
from llmrpc_server.config.tls import TlsSettings
from llmrpc_server.database import CannotOpen, Database
from llmrpc_server.departure import Departure
from llmrpc_server.edge.listening import why_not
from llmrpc_server.edge.options import options
from llmrpc_server.edge.unregistered import Unregistered
from llmrpc_server.generation import Generation
from llmrpc_server.health import Board, RouteHealth, log_change
from llmrpc_server.idempotency.runs import Runs
from llmrpc_server.interceptors.accounting import AccountingInterceptor
from llmrpc_server.interceptors.auth import AuthInterceptor
from llmrpc_server.interceptors.cache import CacheInterceptor
from llmrpc_server.interceptors.current import CurrentInterceptor
from llmrpc_server.interceptors.edge import EdgeInterceptor
from llmrpc_server.interceptors.fallback import FallbackInterceptor
from llmrpc_server.interceptors.idempotency import IdempotencyInterceptor
from llmrpc_server.interceptors.ledger import LedgerInterceptor
from llmrpc_server.interceptors.limits import LimitsInterceptor
from llmrpc_server.interceptors.output import OutputInterceptor
from llmrpc_server.interceptors.plan import PlanInterceptor
from llmrpc_server.interceptors.retry import RetryInterceptor
from llmrpc_server.interceptors.standing import StandingInterceptor
from llmrpc_server.interceptors.status import StatusInterceptor
from llmrpc_server.interceptors.telemetry import TelemetryInterceptor
from llmrpc_server.ledger.bookkeeper import Bookkeeper
from llmrpc_server.ledger.journal.folder import CannotKeep
from llmrpc_server.ledger.ledger import Ledger
from llmrpc_server.output.metrics import OutputMetrics
from llmrpc_server.providers.closing import Closing
from llmrpc_server.rate_limits.limiter import RateLimiter
from llmrpc_server.rate_limits.places import counters_at
from llmrpc_server.services import cache, completion, models, prompts, reflection, usage
from llmrpc_server.startup import CannotListen, CannotStart
from llmrpc_server.telemetry.metrics import Metrics
from llmrpc_server.telemetry.reloads import Reloads

# The migrations of the rooms that keep something in the database.
MIGRATIONS: tuple[Path, ...] = (ledger.MIGRATIONS, idempotency.MIGRATIONS)

# For the statuses of calls that the end of the grace cuts off: gRPC would break off what is still there without a word.
_FAREWELL_SECONDS = 1.0

SERVED = (completion.NAME, models.NAME, prompts.NAME, usage.NAME, cache.NAME)
HEALTH = "grpc.health.v1.Health"
INFRASTRUCTURE = (HEALTH, *reflection.NAMES)


class App:
    """One server process.

    Args:
        loaded: The configuration.
        listen: Host and port; port 0 takes a free one, see `address`.
        metrics: Host and port of the Prometheus endpoint; None for none.
        shares_port: Other workers of the same supervisor listen there as well.

    Raises:
        BadSetting: What the configuration names is no good: a file, or a name in the operator's own Python.

    Attributes:
        address: Host and port that it listens on, once started.
        metrics: What it counts.
        reloads: Whether the configuration that was read last holds; for whoever reads it.
        metrics_address: Those of the Prometheus endpoint, once started; empty for none.
    """

    def __init__(self, loaded: Loaded, *, listen: str, metrics: str | None = None, shares_port: bool = False) -> None:
        config = loaded.config
        self._settings = config.server
        self._listen = listen
        self._metrics_listen = metrics
        self._metrics_server: WSGIServer | None = None
        self.address = ""
        self.metrics_address = ""
        self._generation = generation = Generation(loaded)
        books = config.ledger
        self._database = Database(books.url, MIGRATIONS, survives_power_loss=books.survives_power_loss)
        self._ledger = Ledger(self._database, books)
        self._bookkeeper = Bookkeeper(
            self._ledger.writer,
            generation.budgets,
            text_bytes=books.max_text_bytes if books.store_text else None,
        )
        self._tls = None if config.server.tls is None else _credentials(config.server.tls)
        self._traces = None if config.tracing is None else tracing.load()(config.tracing)
        self._board = Board(generation.targets, config.breaker, config.limits.target)
        self.metrics = Metrics(_names(generation))
        self.metrics.registry.register(self._ledger.metrics)
        self.reloads = Reloads(self.metrics.registry)
        self._board.listeners += [log_change, self.metrics.health_changed]
        self._cache = Cache(config.cache, _route_names(generation), self.metrics.registry)
        self._cache.single_flight.listeners.append(self._bookkeeper.hand_over)
        self._rate_limiter = RateLimiter(config.limits, lambda: counters_at(config.cache), self.metrics.call_uncounted)
        self._runs = Runs(config.idempotency, self._database, self._cache)
        self._departure, self._closing = Departure(), Closing()
        self._current, self._standing = CurrentInterceptor(), StandingInterceptor()
        self._telemetry = TelemetryInterceptor(self.metrics, self._traces)
        self._edge = EdgeInterceptor(self._departure)
        self._limits = LimitsInterceptor(config.limits.server, self._rate_limiter)
        self._output = OutputInterceptor(OutputMetrics(self.metrics.registry))
        how = options(config.server.max_connection_age, shares_port=shares_port)
        self._server = grpc.aio.server(interceptors=[self._current], options=how)
        self._health = health.HealthServicer()
        self._route_health = RouteHealth(self._board, self._health)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, Unregistered(self._server))
        if self._settings.reflection:
            self._server.add_generic_rpc_handlers(reflection.handlers((*SERVED, HEALTH)))
        self._current.hand_to(self._chain(generation), self._services(generation))

    def _chain(self, generation: Generation) -> list[grpc.aio.ServerInterceptor]:
        """List the steps around an RPC, outermost first; the docstring of interceptors/ says what each is for.

        Those that know what is under way outlive a configuration.
        """
        auth, prices = generation.loaded.config.auth, generation.prices
        authenticate = None if generation.authenticator is None else generation.authenticator.principal
        return [
            StatusInterceptor(),
            self._telemetry,
            AuthInterceptor(authenticate, () if auth is None else auth.open),
            self._standing,
            self._edge,
            PlanInterceptor(generation.planner),
            IdempotencyInterceptor(self._runs),
            self._limits,
            LedgerInterceptor(self._bookkeeper, prices, self._departure),
            CacheInterceptor(self._cache, self._board),
            self._output,
            FallbackInterceptor(self._board),
            RetryInterceptor(self._board),
            AccountingInterceptor(self._bookkeeper, prices),
        ]

    def _services(self, generation: Generation) -> list[grpc.GenericRpcHandler]:
        planner, router, prices = generation.planner, generation.router, generation.prices
        catch_up = self._ledger.catch_up
        return [
            service.handlers()
            for service in (
                completion.CompletionService(planner, self._board, prices),
                models.ModelService(router, self._board, prices),
                prompts.PromptService(generation.prompts, router),
                cache.CacheService(self._cache),
                usage.UsageService(self._database, generation.budgets, catch_up=catch_up),
            )
        ]

    async def start(self) -> None:
        """Open the database, listen, and say SERVING.

        Raises:
            CannotStart: An address is taken, or the database or the journal cannot be used.
        """
        try:
            await self._database.open()
        except CannotOpen as error:
            raise CannotStart(f"ledger.url: {error}") from error
        try:
            await self._ledger.start()
        except CannotKeep as error:
            raise CannotStart(f"ledger.journal: {error}") from error
        try:
            port = self._add_port()
        except RuntimeError as error:
            why = await asyncio.to_thread(why_not, self._listen)
            raise CannotListen(f"cannot listen on {self._listen}: {why}") from error
        await self._generation.start()
        host = self._listen.rpartition(":")[0]
        self.address = f"{host}:{port}"
        if self._metrics_listen is not None:
            self._metrics_server = _serve_metrics(self._metrics_listen, self.metrics)
            self.metrics_address = f"{self._metrics_listen.rpartition(':')[0]}:{self._metrics_server.server_port}"
        self._runs.start()
        await self._server.start()
        for service in ("", *SERVED, *INFRASTRUCTURE):
            await self._health.set(service, health_pb2.HealthCheckResponse.SERVING)
        await self._route_health.configure(self._generation.routes)

    async def reload(self, loaded: Loaded) -> None:
        """Serve by another configuration from the next RPC on; RPCs under way go on by theirs.

        Raises:
            BadConfig: There is a change that needs a restart.
            BadSetting: What the configuration names is no good.
        """
        before, config = self._generation, loaded.config
        fixed.check(before.loaded, loaded)
        generation = await asyncio.to_thread(Generation, loaded, before)
        await generation.start(before)
        # From here on nothing waits until all of it has gone over.
        self._generation, gone = generation, before.without(generation)
        self._board.configure(generation.targets, config.breaker, config.limits.target, gone)
        self.metrics.configure(_names(generation), self._board.all())
        self._cache.stats.configure(_route_names(generation))
        self._bookkeeper.budgets = generation.budgets
        self._limits.configure(config.limits)
        self._current.hand_to(self._chain(generation), self._services(generation))
        self._closing.begin(gone)
        await self._route_health.configure(generation.routes)
        await before.stop(generation)

    async def drain(self, *, wait: bool = True) -> None:
        """Go away without breaking a call: say NOT_SERVING, wait until that is known, finish what runs, close.

        Args:
            wait: Give load balancers `server.drain_wait` to notice; nobody does when a person pressed Ctrl-C.
        """
        await self._health.enter_graceful_shutdown()
        if wait:
            await asyncio.sleep(self._settings.drain_wait.total_seconds())
        await self.stop(self._settings.drain_grace.total_seconds())

    async def stop(self, grace: float = 0) -> None:
        """Refuse new calls, give those under way `grace` seconds, end what is left, and close everything."""
        self._standing.close()
        stopping = asyncio.create_task(self._server.stop(grace + _FAREWELL_SECONDS))
        await asyncio.wait((stopping,), timeout=grace)
        self._departure.begin()
        await stopping
        await self._generation.stop()
        await self._runs.close()
        await self._cache.close()
        self._closing.begin(self._generation.providers.values())
        await self._closing.end()
        await self._rate_limiter.close()
        self._board.close()
        await self._ledger.stop()
        await self._database.close()
        if self._traces is not None:
            await self._traces.close()
        if self._metrics_server is not None:
            await asyncio.to_thread(self._metrics_server.shutdown)
            self._metrics_server.server_close()

    def _add_port(self) -> int:
        if self._tls is None:
            return self._server.add_insecure_port(self._listen)
        return self._server.add_secure_port(self._listen, self._tls)


def _names(generation: Generation) -> list[tuple[str, str]]:
    return [(target.provider.name, target.model) for target in generation.targets]


def _route_names(generation: Generation) -> list[str]:
    return [route.name for route in generation.routes]


def _credentials(settings: TlsSettings) -> grpc.ServerCredentials:
    # What reads certificates takes 8 MB.
    from llmrpc_server.edge import tls

    return tls.credentials(settings)


def _serve_metrics(listen: str, metrics: Metrics) -> WSGIServer:
    host, _, port = listen.rpartition(":")
    try:
        server, _ = start_http_server(int(port), host.strip("[]"), registry=metrics.registry)
    except OSError as error:
        raise CannotListen(f"cannot serve metrics on {listen}: {error.strerror}") from error
    return server
