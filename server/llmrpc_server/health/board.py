"""The health of all targets, who watches it, and the order in which targets are asked."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from weakref import WeakKeyDictionary

from llmrpc.v1 import model_pb2
from llmrpc_server.config import BreakerSettings, GateSettings
from llmrpc_server.health.target import TargetHealth
from llmrpc_server.health.watch import Watch
from llmrpc_server.plan import Target
from llmrpc_server.providers.base import Provider

# Callers can name any model of a provider; of those that no route has, this many are remembered.
_MOST_OTHERS = 1000

# How a target is doing, for one call: those with the lower numbers are asked first.
_HEALTHY, _DEGRADED, _TOO_SLOW, _RESTING, _OPEN = range(5)
_SLOW = {_DEGRADED, _TOO_SLOW}
_NOTHING: Mapping[str, TargetHealth] = {}

Listener = Callable[[TargetHealth], None]


class Board:
    """What this process knows of its targets.

    Args:
        targets: Those of the configuration.
        settings: When a breaker opens.
        gate: How many attempts at one target may be under way; None for any number.
        clock: The time in seconds, monotonic.

    Attributes:
        listeners: Called with every target whose state is another one.
    """

    def __init__(
        self,
        targets: Iterable[Target],
        settings: BreakerSettings,
        gate: GateSettings | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.listeners: list[Listener] = []
        self._settings = settings
        self._gate = gate
        self._clock = clock
        self._watches: set[Watch] = set()
        self._configured = {target: self._new(target) for target in targets}
        self._others: OrderedDict[Target, TargetHealth] = OrderedDict()
        # By model, of providers that the configuration has no more: calls under way know them, and may still ask them.
        self._retired: WeakKeyDictionary[Provider, dict[str, TargetHealth]] = WeakKeyDictionary()

    def configure(
        self,
        targets: Iterable[Target],
        settings: BreakerSettings,
        gate: GateSettings | None,
        gone: Collection[Provider] = (),
    ) -> None:
        """Go by another configuration; what is known of a target stays with it.

        Args:
            targets: As for a new one, and so are `settings` and `gate`.
            gone: The providers that it has no more.
        """
        self._settings, self._gate = settings, gate
        known = {**self._others, **self._configured}
        for health in known.values():
            health.configure(settings, gate)
        self._configured = {target: known.get(target) or self._new(target) for target in targets}
        self._retired.update((provider, {}) for provider in gone)
        self._others = OrderedDict()
        states: dict[str, model_pb2.HealthState.ValueType] = {}
        for target, health in known.items():
            if target in self._configured:
                continue
            if (retired := self._retired.get(target.provider)) is None:
                self._others[target] = health
            else:
                health.retire()
                retired[target.model] = health
                states[health.name] = health.state
        for target in self._configured.keys() - known.keys():
            self._tell_of_new(self._configured[target], states)

    def of(self, target: Target) -> TargetHealth:
        """Return the health of a target; one that was never asked is healthy."""
        if (found := self._configured.get(target)) is not None:
            return found
        if (retired := self._retired.get(target.provider)) is not None:
            if (found := retired.get(target.model)) is None:
                found = retired[target.model] = self._new(target)
                found.retire()
            return found
        if (found := self._others.get(target)) is None:
            found = self._others[target] = self._new(target)
            if len(self._others) > _MOST_OTHERS:
                self._others.popitem(last=False)
        self._others.move_to_end(target)
        return found

    def order(self, targets: Sequence[Target], *, streaming: bool, remaining: float) -> list[Target]:
        """Return the targets that may be asked, the healthy ones first; each of equals keeps its place.

        Args:
            targets: In the order of the plan.
            streaming: Whether the answer is wanted as it grows.
            remaining: Seconds until the call's deadline.
        """
        if len(targets) == 1:
            return [] if self._is_open(targets[0]) else list(targets)
        ranks = [self._rank(target, streaming=streaming, remaining=remaining) for target in targets]
        if not any(ranks):
            return list(targets)
        if _HEALTHY in ranks:
            # A slow one is asked in its place now and then: it may have recovered.
            for index, rank in enumerate(ranks):
                if rank in _SLOW and self.of(targets[index]).its_turn():
                    ranks[index] = _HEALTHY
        ordered = sorted(zip(ranks, targets, strict=True), key=lambda pair: pair[0])
        return [target for rank, target in ordered if rank != _OPEN]

    def why_passed_over(self, target: Target) -> str:
        """Return why a target is not asked now; empty if it is."""
        return "is left alone after failures" if self._is_open(target) else ""

    def retry_in(self, targets: Iterable[Target]) -> float:
        """Return in how many seconds the first of some targets may be asked again."""
        return min((self.of(target).retry_in for target in targets), default=0.0)

    def all(self) -> list[TargetHealth]:
        """List the targets of the configuration, then what else was asked lately."""
        return [*self._configured.values(), *self._others.values()]

    def watch(self) -> "Watch":
        """Begin to watch; use it in a `with`."""
        return Watch(self._watches)

    def close(self) -> None:
        """Report no change any more."""
        self.listeners.clear()

    def _rank(self, target: Target, *, streaming: bool, remaining: float) -> int:
        health = self._known(target)
        if health is None or health.is_well(streaming=streaming, within=remaining):
            return _HEALTHY
        if health.open:
            return _OPEN
        if health.resting:
            return _RESTING
        if health.expected(streaming=streaming) > remaining:
            return _TOO_SLOW
        return _DEGRADED if health.degraded else _HEALTHY

    def _is_open(self, target: Target) -> bool:
        health = self._known(target)
        return health is not None and health.open

    def _known(self, target: Target) -> TargetHealth | None:
        """Return the health of a target that was asked before; to be named makes nobody remembered."""
        found = self._configured.get(target) or self._others.get(target)
        return found or self._retired.get(target.provider, _NOTHING).get(target.model)

    def _new(self, target: Target) -> TargetHealth:
        return TargetHealth(target.message(), self._settings, self._tell, self._gate, self._clock)

    def _tell_of_new(self, health: TargetHealth, states: Mapping[str, model_pb2.HealthState.ValueType]) -> None:
        """Report a new target to those who watch; to all listeners, if another one of its name had another state."""
        if states.get(health.name, health.state) != health.state:
            self._tell(health)
        else:
            for watch in self._watches:
                watch.tell(health)

    def _tell(self, health: TargetHealth) -> None:
        if health.resting:
            asyncio.get_running_loop().call_later(health.retry_in, health.settle)
        for listener in self.listeners:
            listener(health)
        for watch in self._watches:
            watch.tell(health)
