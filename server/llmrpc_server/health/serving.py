"""grpc.health.v1 of each route: SERVING while one of its targets may be asked."""

import asyncio
from collections.abc import Iterable

from grpc_health.v1 import health_pb2
from grpc_health.v1.health import aio

from llmrpc_server.health.board import Board
from llmrpc_server.health.target import TargetHealth
from llmrpc_server.plan import Route

_Status = health_pb2.HealthCheckResponse


class RouteHealth:
    """Keeps the services "model/<route>" of a health servicer true."""

    def __init__(self, board: Board, servicer: aio.HealthServicer) -> None:
        self._routes: dict[str, Route] = {}
        self._board = board
        self._servicer = servicer
        self._tasks: set[asyncio.Task[None]] = set()
        board.listeners.append(self._changed)

    async def configure(self, routes: Iterable[Route]) -> None:
        """Say how all routes are, and from now on every change; those that were there before are unknown."""
        before, self._routes = self._routes, {route.name: route for route in routes}
        for name in before.keys() - self._routes.keys():
            await self._servicer.set(f"model/{name}", _Status.SERVICE_UNKNOWN)
        for route in list(self._routes.values()):
            await self._tell(route)
            # There may be thousands, and calls are under way.
            await asyncio.sleep(0)

    def _changed(self, health: TargetHealth) -> None:
        if health.open:
            # It may be asked then, and clients that go by this service would not.
            asyncio.get_running_loop().call_later(health.retry_in, self._changed, health)
        named = (health.target.provider, health.target.model)
        for route in self._routes.values():
            if any((target.provider.name, target.model) == named for target in route.targets):
                task = asyncio.ensure_future(self._tell(route))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _tell(self, route: Route) -> None:
        if self._routes.get(route.name) is not route:
            return  # it went since it was to be told of
        serves = any(not self._board.of(target).open for target in route.targets)
        await self._servicer.set(f"model/{route.name}", _Status.SERVING if serves else _Status.NOT_SERVING)
