"""idempotency: a request that is sent twice with the same request_id runs once."""

from typing_extensions import override

from llmrpc_server.call import Call, Events
from llmrpc_server.idempotency.runs import Runs
from llmrpc_server.interceptors.base import CallInterceptor, Proceed


class IdempotencyInterceptor(CallInterceptor):
    """Joins repeated requests to their first call, or replays its outcome."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs

    @override
    def step(self, call: Call, proceed: Proceed) -> Events:
        return self._runs.follow(call, proceed) if call.request.request_id else proceed(call)
