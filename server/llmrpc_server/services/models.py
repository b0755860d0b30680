"""ModelService: what can be called."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc

from llmrpc.v1 import model_pb2
from llmrpc_server.access.scopes import allows_model
from llmrpc_server.edge import rpc
from llmrpc_server.errors import InvalidRequest, NotFound, PermissionDenied, UnknownModel, Violation
from llmrpc_server.health import Board
from llmrpc_server.money import CURRENCY
from llmrpc_server.plan import Route
from llmrpc_server.planning.routing import Router
from llmrpc_server.prices import PriceBook, Tariff
from llmrpc_server.prices.tariff import MILLION
from llmrpc_server.requests.features import Feature
from llmrpc_server.requests.rules import MAX_NAME_SHOWN
from llmrpc_server.services.handlers import streaming, unary
from llmrpc_server.services.paging import first_page, name_token, page_size, read_name

NAME = "llmrpc.v1.ModelService"


class ModelService:
    """Answers from the configuration, and from what this process knows of its targets."""

    def __init__(self, router: Router, board: Board, prices: PriceBook) -> None:
        self._prices = prices
        self._router = router
        self._board = board

    def handlers(self) -> grpc.GenericRpcHandler:
        """Make the handlers to register."""
        methods = {
            "ListModels": unary(self.list_models, model_pb2.ListModelsRequest, model_pb2.ListModelsResponse),
            "GetModel": unary(self.get_model, model_pb2.GetModelRequest, model_pb2.GetModelResponse),
            "WatchProviderHealth": streaming(
                self.watch_provider_health,
                model_pb2.WatchProviderHealthRequest,
                model_pb2.WatchProviderHealthResponse,
            ),
        }
        return grpc.method_handlers_generic_handler(NAME, methods)

    async def list_models(self, request: model_pb2.ListModelsRequest, _context: Any) -> Any:
        """List the routes and models that the caller may use, by name."""
        violations: list[Violation] = []
        size = page_size(request.page_size, violations)
        after = read_name(request.page_token, violations)
        if violations:
            raise InvalidRequest.of(*violations)
        allowed = rpc.principal().scopes
        names = {route.name: route for route in self._router.routes() if allows_model(allowed, route.name)}
        page, last = first_page([names[name] for name in sorted(names) if name > after], size)
        return model_pb2.ListModelsResponse(
            models=[self._model(route) for route in page],
            next_page_token="" if last is None else name_token(last.name),
        )

    async def get_model(self, request: model_pb2.GetModelRequest, _context: Any) -> Any:
        """Describe one route or "provider/model"."""
        if not request.name:
            raise InvalidRequest.of(Violation("name", "must be set"))
        if not allows_model(rpc.principal().scopes, request.name):
            raise PermissionDenied
        try:
            route = self._router.route(request.name, field="name")
        except UnknownModel as error:
            raise NotFound(error.message, violations=error.violations) from error
        return model_pb2.GetModelResponse(model=self._model(route))

    def _model(self, route: Route) -> model_pb2.Model:
        first = route.targets[0]
        return model_pb2.Model(
            name=route.name,
            targets=[target.message() for target in route.targets],
            max_output_tokens=route.max_output_tokens,
            capabilities=_capabilities(route),
            prices=_prices(self._prices.tariff(first.provider.name, first.model)),
        )

    def _visible(self, scopes: frozenset[str]) -> Callable[[str], bool]:
        """Make the test of whether scopes may know a target: by its own name, or as one of a route's."""
        routes = [route for route in self._router.routes() if allows_model(scopes, route.name)]
        named = {target.name for route in routes for target in route.targets}

        def visible(name: str) -> bool:
            return name in named or allows_model(scopes, name)

        return visible

    async def watch_provider_health(
        self, request: model_pb2.WatchProviderHealthRequest, _context: Any
    ) -> AsyncIterator[model_pb2.WatchProviderHealthResponse]:
        """Send the health of the caller's targets, then each change, until it leaves or this process goes away."""
        unknown = [
            Violation(f"providers[{index}]", f'must be a provider of this server, is "{name[:MAX_NAME_SHOWN]}"')
            for index, name in enumerate(request.providers)
            if self._router.provider(name) is None
        ]
        if unknown:
            raise InvalidRequest.of(*unknown)
        wanted = frozenset(request.providers)
        may_see = self._visible(rpc.principal().scopes)
        with self._board.watch() as watch:
            changed = self._board.all()
            while True:
                visible = [
                    health.message()
                    for health in changed
                    if (not wanted or health.target.provider in wanted) and may_see(health.name)
                ]
                if visible:
                    yield model_pb2.WatchProviderHealthResponse(targets=visible)
                changed = await watch.changes()


_SKUS = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cache_read": "cache_read_tokens",
    "cache_write": "cache_write_tokens",
    "reasoning": "reasoning_tokens",
    "audio_input": "audio_input_tokens",
    "audio_output": "audio_output_tokens",
}


def _prices(tariff: Tariff | None) -> list[model_pb2.Price]:
    """List the prices of a token, of requests below any tier, as far as a whole number of picos can say them."""
    rates = {} if tariff is None else {sku: getattr(tariff.base, name) for name, sku in _SKUS.items()}
    return [
        model_pb2.Price(sku=sku, currency_code=CURRENCY, picos_per_unit=rate // MILLION)
        for sku, rate in rates.items()
        if rate is not None and rate % MILLION == 0
    ]


_CAPABILITIES = {
    model_pb2.CAPABILITY_TOOLS: Feature.TOOLS,
    model_pb2.CAPABILITY_JSON_SCHEMA: Feature.JSON_SCHEMA,
    model_pb2.CAPABILITY_IMAGE_INPUT: Feature.IMAGES,
    model_pb2.CAPABILITY_DOCUMENT_INPUT: Feature.DOCUMENTS,
    model_pb2.CAPABILITY_AUDIO_INPUT: Feature.AUDIO,
    model_pb2.CAPABILITY_PREFILL: Feature.PREFILL,
}


def _capabilities(route: Route) -> list[model_pb2.Capability.ValueType]:
    """List what every target's wire format can do; whether the model behind it can, no provider says."""
    common = frozenset.intersection(*(target.provider.features for target in route.targets))
    return [
        model_pb2.CAPABILITY_STREAMING,
        *(capability for capability, feature in _CAPABILITIES.items() if feature in common),
    ]
