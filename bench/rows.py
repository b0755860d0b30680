"""The rows of the report, with the goals of the design. A capability that should be measured adds its rows here.

What a new row may need beside it: another configuration of the server is a `Contender` in contenders.py, another way
to call is a `Load` here.
"""

from dataclasses import dataclass

from bench.canned import BURST, PACED
from bench.contenders import (
    BARE,
    COALESCING,
    FLOOR,
    HAS_MEMCACHED,
    IN_MEMCACHED,
    KEPT,
    LLMRPC,
    TRACED,
    WITH_ANTHROPIC,
    WITH_OPENAI,
    Contender,
)


@dataclass(frozen=True, slots=True)
class Load:
    """A way to call.

    Attributes:
        model: What the provider is asked for; it says how the answer is streamed.
        weight: How many unary calls one of these is worth; the more, the fewer are made.
        together: All calls run at once, because their provider takes its time.
        distinct: Each call asks something else, so that none is answered from a cache.
    """

    method: str
    model: str
    weight: int = 1
    together: bool = False
    distinct: bool = False


UNARY = Load("Complete", BURST)
FRESH = Load("Complete", BURST, distinct=True)
BURST_STREAM = Load("StreamComplete", BURST, weight=2)
PACED_STREAM = Load("StreamComplete", PACED, weight=15, together=True)


@dataclass(frozen=True, slots=True)
class Case:
    """A load on a server; the floors speak only OpenAI's format, whatever the provider's name."""

    contender: Contender
    load: Load
    provider: str = "openai"

    @property
    def model(self) -> str:
        """As the request names it."""
        return f"{self.provider}/{self.load.model}"


@dataclass(frozen=True, slots=True)
class Row:
    """CPU of one case, as a ratio to another's.

    Attributes:
        goal: The ratio that the design allows; None where it says nothing.
    """

    name: str
    case: Case
    against: Case
    goal: float | None = None


def _against_floor(name: str, load: Load, floor: Contender, goal: float | None) -> tuple[Row, ...]:
    """Compare the server, with either provider, to a floor."""
    return tuple(
        Row(f"{name}, {provider}", Case(LLMRPC, load, provider), Case(floor, load), goal)
        for provider in ("openai", "anthropic")
    )


_OF_MEMCACHED = (
    Row("hit in memcached", Case(IN_MEMCACHED, UNARY), Case(BARE, UNARY)),
    Row("miss, kept in memcached", Case(IN_MEMCACHED, FRESH), Case(FLOOR, UNARY)),
)

ROWS = (
    Row("unary, bare grpc.aio", Case(BARE, UNARY), Case(FLOOR, UNARY)),
    *_against_floor("unary", UNARY, FLOOR, 1.5),
    Row("unary, openai, traced", Case(TRACED, UNARY), Case(FLOOR, UNARY)),
    Row("burst stream, bare grpc.aio", Case(BARE, BURST_STREAM), Case(COALESCING, BURST_STREAM)),
    Row("burst stream, a message a delta", Case(FLOOR, BURST_STREAM), Case(COALESCING, BURST_STREAM)),
    *_against_floor("burst stream", BURST_STREAM, COALESCING, 1.3),
    *_against_floor("paced stream", PACED_STREAM, COALESCING, None),
    Row("hit in the process's memory", Case(KEPT, UNARY), Case(BARE, UNARY), 1.5),
    Row("hit in the process's memory, stream", Case(KEPT, BURST_STREAM), Case(BARE, BURST_STREAM)),
    Row("miss, kept in memory", Case(KEPT, FRESH), Case(FLOOR, UNARY)),
    *(_OF_MEMCACHED if HAS_MEMCACHED else ()),
)


@dataclass(frozen=True, slots=True)
class Start:
    """A server started anew.

    Attributes:
        providers: The first one's answer ends the start; memory is read when all have answered.
        seconds: The design's goal for the first answer.
        megabytes: The design's goal for resident memory.
    """

    name: str
    contender: Contender
    providers: tuple[str, ...]
    seconds: float
    megabytes: int


STARTS = (
    Start("one SDK, openai", WITH_OPENAI, ("openai",), 2, 150),
    Start("one SDK, anthropic", WITH_ANTHROPIC, ("anthropic",), 2, 150),
    Start("both SDKs", LLMRPC, ("openai", "anthropic"), 3, 200),
)
