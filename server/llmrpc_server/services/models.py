"""ModelService: what can be called."""

import base64
from typing import Any

import grpc

from llmrpc.v1 import model_pb2
from llmrpc_server import rpc
from llmrpc_server.errors import InvalidRequest, NotFound, PermissionDenied, UnknownModel, Violation
from llmrpc_server.routing import Route, Router
from llmrpc_server.scopes import allows_model

NAME = "llmrpc.v1.ModelService"

DEFAULT_PAGE_SIZE = 100
MAX_PAGE_SIZE = 1000


class ModelService:
    """Answers from the configuration."""

    def __init__(self, router: Router) -> None:
        self._router = router

    def handlers(self) -> grpc.GenericRpcHandler:
        """Make the handlers to register."""
        list_models = grpc.unary_unary_rpc_method_handler(
            self.list_models,
            model_pb2.ListModelsRequest.FromString,
            model_pb2.ListModelsResponse.SerializeToString,
        )
        get_model = grpc.unary_unary_rpc_method_handler(
            self.get_model, model_pb2.GetModelRequest.FromString, model_pb2.GetModelResponse.SerializeToString
        )
        return grpc.method_handlers_generic_handler(NAME, {"ListModels": list_models, "GetModel": get_model})

    async def list_models(self, request: model_pb2.ListModelsRequest, _context: Any) -> Any:
        """List the routes and models that the caller may use, by name."""
        if request.page_size < 0:
            raise InvalidRequest.of(Violation("page_size", "must not be negative"))
        size = min(request.page_size or DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)
        after = _read_token(request.page_token)
        allowed = rpc.principal().scopes
        names = {route.name: route for route in self._router.routes() if allows_model(allowed, route.name)}
        later = [names[name] for name in sorted(names) if name > after]
        page = later[:size]
        token = _make_token(page[-1].name) if len(later) > size else ""
        return model_pb2.ListModelsResponse(models=[_model(route) for route in page], next_page_token=token)

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
        return model_pb2.GetModelResponse(model=_model(route))


def _model(route: Route) -> model_pb2.Model:
    return model_pb2.Model(
        name=route.name,
        targets=[target.message() for target in route.targets],
        max_output_tokens=route.max_output_tokens,
        capabilities=[model_pb2.CAPABILITY_STREAMING],
    )


# A page goes on after a name, so that routes that come or go between two pages shift nothing.
def _make_token(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode()


def _read_token(token: str) -> str:
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except ValueError as error:  # not ASCII, not base64 or not UTF-8
        raise InvalidRequest.of(Violation("page_token", "must be the next_page_token of an earlier answer")) from error
