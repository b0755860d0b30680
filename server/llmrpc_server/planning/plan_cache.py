"""Plans that were made before, for the same request of a tenant with the same rights."""

from collections import OrderedDict
from typing import TypeAlias

from llmrpc_server.plan import Plan

# A request's bytes, and of who sent it the tenant and the rights: nobody is answered sooner for what others asked.
Question: TypeAlias = tuple[bytes, str, frozenset[str]]

_MOST = 4096
# Of requests' bytes; the plan of one with many short messages takes twenty times as much.
_MOST_BYTES = 1024 * 1024
# A larger request is rarely sent twice, and whatever becomes of it costs more than its plan: even to look for it.
_MOST_BYTES_OF_ONE = 16 * 1024


class PlanCache:
    """Keeps the plans that were used last; calls share them, and nobody changes them."""

    def __init__(self, *, most: int = _MOST, most_bytes: int = _MOST_BYTES) -> None:
        self._plans: OrderedDict[Question, Plan] = OrderedDict()
        self._most = most
        self._most_bytes = most_bytes
        self.size = 0

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._plans)

    def find(self, question: Question) -> Plan | None:
        """Return the plan of a question; None where it is not kept."""
        if len(question[0]) > _MOST_BYTES_OF_ONE:
            return None
        plan = self._plans.get(question)
        if plan is not None:
            self._plans.move_to_end(question)
        return plan

    def keep(self, question: Question, plan: Plan) -> None:
        """Keep the plan of a question that has none here; others are forgotten where it needs their room."""
        size = len(question[0])
        if size > _MOST_BYTES_OF_ONE:
            return
        self._plans[question] = plan
        self.size += size
        while len(self._plans) > self._most or self.size > self._most_bytes:
            (data, *_), _ = self._plans.popitem(last=False)
            self.size -= len(data)
