"""idempotency: a request that is sent twice with the same request_id runs once."""

from typing_extensions import override

from llmrpc_server.call import Call, Events
from llmrpc_server.interceptors.base import CallInterceptor, Proceed
from llmrpc_server.repeats.repeats import Repeats


class IdempotencyInterceptor(CallInterceptor):
    """Joins repeated requests to their first call, or tells its outcome again."""

    def __init__(self, repeats: Repeats) -> None:
        self._repeats = repeats

    @override
    def step(self, call: Call, proceed: Proceed) -> Events:
        return self._repeats.follow(call, proceed) if call.request.request_id else proceed(call)
