"""The server, put together. Reads like a table of contents; the only file that knows all rooms."""

import asyncio
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIServer

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health
from prometheus_client import start_http_server

from llmrpc_server import idempotency, ledger, providers, tracing
from llmrpc_server.auth.authenticator import Authenticator
from llmrpc_server.budgets import Budgets
from llmrpc_server.cache.cache import Cache
from llmrpc_server.config import Config
from llmrpc_server.config.loading import Loaded
from llmrpc_server.config.tls import TlsSettings
from llmrpc_server.database import CannotOpen, Database
from llmrpc_server.departure import Departure
from llmrpc_server.edge.listening import why_not
from llmrpc_server.edge.unregistered import Unregistered
from llmrpc_server.health import Board, RouteHealth, log_change
from llmrpc_server.idempotency.runs import Runs
from llmrpc_server.interceptors.accounting import AccountingInterceptor
from llmrpc_server.interceptors.auth import AuthInterceptor
from llmrpc_server.interceptors.cache import CacheInterceptor
from llmrpc_server.interceptors.edge import EdgeInterceptor
from llmrpc_server.interceptors.fallback import FallbackInterceptor
from llmrpc_server.interceptors.idempotency import IdempotencyInterceptor
from llmrpc_server.interceptors.ledger import LedgerInterceptor
from llmrpc_server.interceptors.limits import LimitsInterceptor
from llmrpc_server.interceptors.once import OnceInterceptor
from llmrpc_server.interceptors.output import OutputInterceptor
from llmrpc_server.interceptors.plan import PlanInterceptor
from llmrpc_server.interceptors.retry import RetryInterceptor
from llmrpc_server.interceptors.standing import StandingInterceptor
from llmrpc_server.interceptors.status import StatusInterceptor
from llmrpc_server.interceptors.telemetry import TelemetryInterceptor
from llmrpc_server.ledger.bookkeeper import Bookkeeper
from llmrpc_server.ledger.journal.folder import CannotKeep
from llmrpc_server.ledger.ledger import Ledger
from llmrpc_server.output import Shapes
from llmrpc_server.output.metrics import OutputMetrics
from llmrpc_server.plans.planner import Planner
from llmrpc_server.plans.routing import Router
from llmrpc_server.prices import PriceBook
from llmrpc_server.prompts import PromptStore, watching
from llmrpc_server.rate_limits.limiter import RateLimiter
from llmrpc_server.rate_limits.places import counters_at
from llmrpc_server.services import cache, completion, models, prompts, reflection, usage
from llmrpc_server.telemetry.metrics import Metrics

# The migrations of the rooms that keep something in the database.
MIGRATIONS: tuple[Path, ...] = (ledger.MIGRATIONS, idempotency.MIGRATIONS)

MAX_MESSAGE_BYTES = 32 * 1024 * 1024
MAX_METADATA_BYTES = 16 * 1024
MAX_WAITING = 100_000

# For the statuses of calls that the end of the grace cuts off: gRPC would break off what is still there without a word.
_FAREWELL_SECONDS = 1.0

SERVED = (completion.NAME, models.NAME, prompts.NAME, usage.NAME, cache.NAME)
HEALTH = "grpc.health.v1.Health"
INFRASTRUCTURE = (HEALTH, *reflection.NAMES)


class CannotStart(Exception):
    """Something that the server needs is not there; the text tells an operator what."""


class CannotListen(CannotStart):
    """An address is taken, not one of this machine's, or not for this user."""


class App:
    """One server process.

    Args:
        loaded: The configuration.
        listen: Host and port; port 0 takes a free one, see `address`.
        metrics: Host and port of the Prometheus endpoint; None for none.

    Raises:
        BadSetting: What the configuration names is no good: a file, or a name in the operator's own Python.

    Attributes:
        address: Host and port that it listens on, once started.
        metrics: What it counts.
        metrics_address: Those of the Prometheus endpoint, once started; empty for none.
    """

    def __init__(self, loaded: Loaded, *, listen: str, metrics: str | None = None) -> None:
        config = loaded.config
        self._settings = config.server
        self._listen = listen
        self._metrics_listen = metrics
        self._metrics_server: WSGIServer | None = None
        self.address = ""
        self.metrics_address = ""
        self._providers = {
            name: providers.load(kind)(name, settings) for name, (kind, settings) in loaded.providers.items()
        }
        self._router = Router(self._providers, config.routes)
        self._prices = PriceBook.configured(config.prices, loaded.providers)
        books = config.ledger
        self._database = Database(books.url, MIGRATIONS, survives_power_loss=books.survives_power_loss)
        self._ledger = Ledger(self._database, books)
        self._budgets = Budgets(config.budgets)
        self._bookkeeper = Bookkeeper(
            self._ledger.writer,
            self._budgets,
            refuse=books.on_outage == "refuse",
            text_bytes=books.max_text_bytes if books.store_text else None,
        )
        self._prompts = PromptStore(None if config.prompts is None else Path(config.prompts.path))
        self._watching: asyncio.Task[None] | None = None
        self._planner = Planner(self._router, self._prices, Shapes(config.output), self._prompts)
        self._authenticator = None if config.auth is None else Authenticator(config.auth)
        self._tls = None if config.server.tls is None else _credentials(config.server.tls)
        self._traces = None if config.tracing is None else tracing.load()(config.tracing)
        targets = dict.fromkeys(target for route in self._router.routes() for target in route.targets)
        self._board = Board(targets, config.breaker, config.limits.target)
        self.metrics = Metrics((target.provider.name, target.model) for target in targets)
        self.metrics.registry.register(self._ledger.metrics)
        self._board.listeners += [log_change, self.metrics.health_changed]
        self._cache = Cache(config.cache, (route.name for route in self._router.routes()), self.metrics.registry)
        self._cache.single_flight.listeners.append(self._bookkeeper.hand_over)
        self._rate_limiter = RateLimiter(
            config.limits, counters_at(config.cache, config.limits), self.metrics.call_uncounted
        )
        self._runs = Runs(config.idempotency, self._database, self._cache)
        self._standing, self._departure = StandingInterceptor(), Departure()
        self._health = health.HealthServicer()
        self._route_health = RouteHealth(self._router.routes(), self._board, self._health)
        self._server = grpc.aio.server(interceptors=self._chain(config), options=self._options())
        self._add_services()

    def _chain(self, config: Config) -> list[grpc.aio.ServerInterceptor]:
        """List the steps around an RPC, outermost first; the docstring of interceptors/ says what each is for."""
        authenticate = None if self._authenticator is None else self._authenticator.principal
        return [
            OnceInterceptor(),
            StatusInterceptor(),
            TelemetryInterceptor(self.metrics, self._traces),
            AuthInterceptor(authenticate, () if config.auth is None else config.auth.open),
            self._standing,
            EdgeInterceptor(self._departure),
            PlanInterceptor(self._planner),
            IdempotencyInterceptor(self._runs),
            LimitsInterceptor(config.limits.server, self._rate_limiter),
            LedgerInterceptor(self._bookkeeper, self._prices, self._departure),
            CacheInterceptor(self._cache, self._board),
            OutputInterceptor(OutputMetrics(self.metrics.registry)),
            FallbackInterceptor(self._board),
            RetryInterceptor(self._board),
            AccountingInterceptor(self._bookkeeper, self._prices),
        ]

    def _add_services(self) -> None:
        for service in (
            completion.CompletionService(self._planner, self._board, self._prices),
            models.ModelService(self._router, self._board, self._prices),
            prompts.PromptService(self._prompts, self._router),
            cache.CacheService(self._cache),
            usage.UsageService(self._database, self._budgets, catch_up=self._ledger.catch_up),
        ):
            self._server.add_generic_rpc_handlers((service.handlers(),))
        health_pb2_grpc.add_HealthServicer_to_server(self._health, Unregistered(self._server))
        if self._settings.reflection:
            self._server.add_generic_rpc_handlers(reflection.handlers((*SERVED, HEALTH)))

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
        told = watching.report(await asyncio.to_thread(self._prompts.load))
        self._watching = asyncio.create_task(watching.watch(self._prompts, told))
        host = self._listen.rpartition(":")[0]
        self.address = f"{host}:{port}"
        if self._metrics_listen is not None:
            self._metrics_server = _serve_metrics(self._metrics_listen, self.metrics)
            self.metrics_address = f"{self._metrics_listen.rpartition(':')[0]}:{self._metrics_server.server_port}"
        self._runs.start()
        if self._authenticator is not None:
            self._authenticator.start()
        await self._server.start()
        for service in ("", *SERVED, *INFRASTRUCTURE):
            await self._health.set(service, health_pb2.HealthCheckResponse.SERVING)
        await self._route_health.start()

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
        if self._watching is not None:
            self._watching.cancel()
        if self._authenticator is not None:
            await self._authenticator.close()
        await self._runs.close()
        await self._cache.close()
        for provider in self._providers.values():
            await provider.close()
        await self._rate_limiter.close()
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

    def _options(self) -> list[tuple[str, Any]]:
        age = int(self._settings.max_connection_age.total_seconds() * 1000)
        return [
            ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
            ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
            # Between two limits gRPC would refuse calls by chance.
            ("grpc.max_metadata_size", MAX_METADATA_BYTES),
            ("grpc.absolute_max_metadata_size", MAX_METADATA_BYTES),
            # Two servers on one port would share its calls in silence.
            ("grpc.so_reuseport", 0),
            # A client may ask every 10 s, also while a model thinks, whether anybody is there.
            ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.keepalive_time_ms", 60_000),
            ("grpc.keepalive_timeout_ms", 20_000),
            # Calls that come faster than they are taken on wait. Beyond a thousand gRPC would end some by chance,
            # as CANCELLED and without a word; who may not stay is told so by the step "limits".
            ("grpc.server.max_pending_requests", MAX_WAITING),
            ("grpc.server.max_pending_requests_hard_limit", MAX_WAITING),
            # The grace stays at its default, for ever: it would cut streams.
            ("grpc.max_connection_age_ms", age),
        ]


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
