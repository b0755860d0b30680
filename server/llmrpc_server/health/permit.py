"""One attempt at a target: whether it may begin, and what its end says of the target."""

from types import TracebackType
from typing import Self

from llmrpc_server.call import Call, Pace
from llmrpc_server.errors import NoTargetAvailable, ProviderError
from llmrpc_server.gate import Gate
from llmrpc_server.health.target import TargetHealth

# A caller who leaves after this long without a word did not leave for reasons of their own.
_SILENCE_SECONDS = 10.0


async def admit(health: TargetHealth, call: Call, *, within: float) -> "Permit":
    """Let a call's next attempt at a target through; it waits where too many are at it and nobody else can be asked.

    Args:
        health: The target's.
        call: The call.
        within: In how many seconds the attempt has to begin to answer.

    Raises:
        Overloaded: Too many are at it.
        NoTargetAvailable: It is left alone.
    """
    gate = health.gate
    if gate is not None:
        await gate.enter(wait=not call.targets_left)
    if not health.admits(streaming=call.streaming, within=within):
        if gate is not None:
            gate.leave()
        raise NoTargetAvailable(f"{health.name} is left alone after failures", retry_after=health.retry_in)
    return Permit(health, call, gate)


class Permit:
    """An attempt that was let through. It is made in a `with`: the error that leaves that, or none, says how it went.

    Attributes:
        probe: Not 0: it tries whether an open target is back, and has not shown it yet.
    """

    __slots__ = ("_call", "_ended", "_gate", "_health", "_since", "_trial", "probe")

    def __init__(self, health: TargetHealth, call: Call, gate: Gate | None) -> None:
        self._health = health
        self._call = call
        self._gate = gate
        self._since = health.clock()
        self._ended = False
        self._trial = health.begin_trial()
        self.probe = health.enter()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        if isinstance(error, ProviderError):
            self._health.failed(error, self.probe)
        elif not self._ended:
            silent = 0.0 if self._call.attempt_shows else self._health.clock() - self._since
            self._health.abandoned(self.probe, in_vain=silent > _SILENCE_SECONDS)
        if self._trial:
            self._health.end_trial()
        if self._gate is not None:
            self._gate.leave()

    def answering(self) -> None:
        """Take note of the attempt's first output: a probe has shown that the target is back."""
        self.probe = 0
        self._health.recovered()

    def answered(self, pace: Pace) -> None:
        """Take note of the attempt's last event, which is a success: its reader may not ask for another."""
        self._ended = True
        call = self._call
        self._health.answered(pace, streaming=call.streaming, tokens=call.attempt.usage.output_tokens)
