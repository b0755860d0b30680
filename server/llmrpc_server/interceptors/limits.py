"""limits: refuses, before anything costs, what the server cannot carry and what its caller may not ask for."""

from contextlib import aclosing

from typing_extensions import override

from llmrpc_server.call import Call, Events
from llmrpc_server.config import GateSettings, LimitSettings
from llmrpc_server.errors import Overloaded
from llmrpc_server.gate import Gate
from llmrpc_server.interceptors.base import CallInterceptor, Proceed
from llmrpc_server.rate_limits.limiter import RateLimiter

# After which trying again makes sense; the next moment would find the same queue.
_RETRY_AFTER_SECONDS = 1.0


class LimitsInterceptor(CallInterceptor):
    """Bounds the calls under way and those that wait, and what each caller may ask for."""

    def __init__(self, settings: GateSettings, limiter: RateLimiter) -> None:
        self._gate = Gate(settings, _refusal)
        self._limiter = limiter

    def configure(self, settings: LimitSettings) -> None:
        """Go by other limits from the next call on."""
        self._gate.resize(settings.server)
        self._limiter.configure(settings)

    @override
    async def step(self, call: Call, proceed: Proceed) -> Events:
        await self._gate.enter()
        try:
            taken = await self._limiter.take(call)
            try:
                async with aclosing(proceed(call)) as events:
                    async for event in events:
                        yield event
            finally:
                if taken is not None:
                    await self._limiter.correct(call, taken)
        finally:
            self._gate.leave()


def _refusal() -> Overloaded:
    return Overloaded("this server carries all the calls that it can", retry_after=_RETRY_AFTER_SECONDS)
