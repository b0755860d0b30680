"""limits: one door for every path; a call more than the server carries is refused at once, before anything costs."""

from contextlib import aclosing

from typing_extensions import override

from llmrpc_server.call import Call, Events
from llmrpc_server.config import GateSettings
from llmrpc_server.errors import Overloaded
from llmrpc_server.gate import Gate
from llmrpc_server.interceptors.base import CallInterceptor, Proceed

# After which trying again makes sense; the next moment would find the same queue.
_RETRY_AFTER_SECONDS = 1.0


class LimitsInterceptor(CallInterceptor):
    """Bounds the calls under way and those that wait."""

    def __init__(self, settings: GateSettings) -> None:
        self._gate = Gate(settings, _refusal)

    @override
    def step(self, call: Call, proceed: Proceed) -> Events:
        return self._inside(call, proceed)

    async def _inside(self, call: Call, proceed: Proceed) -> Events:
        await self._gate.enter()
        try:
            async with aclosing(proceed(call)) as events:
                async for event in events:
                    yield event
        finally:
            self._gate.leave()


def _refusal() -> Overloaded:
    return Overloaded("this server carries all the calls that it can", retry_after=_RETRY_AFTER_SECONDS)
