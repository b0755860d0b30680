"""What one model costs: exact integer arithmetic from token counts to picos."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from llmrpc.v1 import accounting_pb2
from llmrpc_server.money import CURRENCY, UNIT, Cost

MILLION = 10**6
# What the messages' and the ledger's 64 bits hold.
_MOST_PICOS = 2**63 - 1

# A total, its price, and the parts of it that can have a price of their own.
_SIDES = (
    ("input", ("cache_read", "cache_write", "audio_input")),
    ("output", ("reasoning", "audio_output")),
)
_Side = tuple[str, int | None, tuple[tuple[str, int], ...]]


@dataclass(frozen=True, slots=True)
class Rates:
    """Prices in picos for a million tokens; None: there is none.

    Attributes:
        input: Also for cached, written and audio tokens that have no price of their own.
        output: Also for reasoning and audio tokens that have no price of their own.
        request: In picos for each request.
        sides: The same as counts of a Usage: input and output with their price and those parts that have their own.
    """

    input: int | None = None
    output: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None
    audio_input: int | None = None
    audio_output: int | None = None
    request: int = 0
    sides: tuple[_Side, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sides", tuple(self._side(name, parts) for name, parts in _SIDES))

    @property
    def dearest_output(self) -> int:
        """What a million tokens of output cost at most."""
        return max(self.output or 0, self.reasoning or 0, self.audio_output or 0)

    def most(self, input_tokens: int, output_tokens: int) -> int | None:
        """Return what so many tokens cost at most, in picos; None where a price is not known."""
        if self.input is None or self.output is None:
            return None
        dearest_input = max(self.input, self.cache_read or 0, self.cache_write or 0, self.audio_input or 0)
        picos = input_tokens * dearest_input + output_tokens * self.dearest_output
        return -(-picos // MILLION) + self.request

    def _side(self, name: str, parts: tuple[str, ...]) -> _Side:
        own = tuple((f"{part}_tokens", getattr(self, part)) for part in parts if getattr(self, part) is not None)
        return f"{name}_tokens", getattr(self, name), own


@dataclass(frozen=True, slots=True)
class Tariff:
    """The prices of one model.

    Attributes:
        version: Which price table it is from.
        base: For requests whose input is not above any tier.
        tiers: Input tokens above which other rates hold for the whole request, lowest first.
    """

    version: str
    base: Rates
    tiers: tuple[tuple[int, Rates], ...] = ()

    def cost(self, usage: accounting_pb2.Usage) -> Cost:
        """Price what one request used, line by line; each line rounds half up to the pico.

        A line with which it would be more than 64 bits hold is left out, as one without a price: nobody pays that.
        """
        rates = self.rates(usage.input_tokens)
        bill = Cost(currency_code=CURRENCY, price_version=self.version)
        total, items = rates.request, bill.items
        for sku, quantity, rate in _lines(usage, rates):
            picos = None if rate is None else (quantity * rate + MILLION // 2) // MILLION
            if picos is None or total + picos > _MOST_PICOS:
                bill.incomplete = True
                continue
            total += picos
            items.add(sku=sku, quantity=quantity, picos=picos)
        if rates.request:
            items.add(sku="requests", quantity=1, picos=rates.request)
        bill.units, bill.picos = divmod(total, UNIT)
        return bill

    def worst_case(self, input_tokens: int, output_tokens: int) -> int | None:
        """Return the most that so many tokens can cost, or fewer of them, in picos; None where a price is not known."""
        worst = 0
        ends = (*(above for above, _ in self.tiers), input_tokens)
        # A tier can be cheaper than the one below it, in which fewer tokens than feared would be.
        for (above, rates), end in zip(((0, self.base), *self.tiers), ends, strict=True):
            if above and input_tokens <= above:
                break
            picos = rates.most(min(input_tokens, end), output_tokens)
            if picos is None:
                return None
            worst = max(worst, picos)
        return worst

    def affordable_output(self, input_tokens: int, picos: int) -> int | None:
        """Return how many tokens of output an amount pays for beside so many of input; None where that is not known."""
        rates = self.rates(input_tokens)
        needed, dearest = rates.most(input_tokens, 0), rates.dearest_output
        if needed is None:
            return None
        left = picos - needed
        if left < 0:
            return 0
        return left * MILLION // dearest if dearest else None

    def rates(self, input_tokens: int) -> Rates:
        """Return the rates that hold for a request with so much input."""
        found = self.base
        for above, rates in self.tiers:
            if input_tokens > above:
                found = rates
        return found


def _lines(usage: accounting_pb2.Usage, rates: Rates) -> Iterator[tuple[str, int, int | None]]:
    """Yield the lines of a bill: what has a price of its own by itself, the rest with input and output."""
    for name, rate, parts in rates.sides:
        total = getattr(usage, name)
        apart = [(sku, min(quantity, total), own) for sku, own in parts if (quantity := getattr(usage, sku))]
        rest = total - sum(quantity for _, quantity, _ in apart)
        if rest > 0:
            yield name, rest, rate
        yield from apart
