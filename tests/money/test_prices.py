"""Where prices come from, and what holds where there is none."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from llmrpc.v1 import accounting_pb2
from llmrpc_server.config import PriceSettings
from llmrpc_server.money import UNIT, add_cost, cost, picos_of, shown
from llmrpc_server.prices import PriceBook, Rates, Tariff, public


def book(rows: dict[str, dict[str, Any]] | None = None, **vendors: str | None) -> PriceBook:
    """Make a price book."""
    return PriceBook({name: PriceSettings.model_validate(row) for name, row in (rows or {}).items()}, vendors)


def test_public_prices_are_the_vendors() -> None:
    """A known vendor's model has the public price, whatever the provider is called here."""
    tariff = book(mine="anthropic").tariff("mine", "claude-sonnet-4-5")

    assert tariff is not None
    assert (3 * UNIT, 15 * UNIT, UNIT * 3 // 10) == (tariff.base.input, tariff.base.output, tariff.base.cache_read)
    assert [200_000] == [above for above, _ in tariff.tiers]
    assert public.version() == tariff.version


def test_every_public_price_becomes_integers() -> None:
    """The whole public table can be compiled, and no price in it is lost."""
    from genai_prices.data import providers

    for vendor in providers:
        for model in vendor.models:
            for alternative in public.tariffs(vendor.id, model.id):
                rates = alternative.tariff.base
                assert all(isinstance(rate, int) for rate in (rates.input or 0, rates.output or 0))


def test_prices_by_the_hour() -> None:
    """A vendor with prices for the night has them at night."""
    alternatives = public.tariffs("deepseek", "deepseek-chat")

    day, night = (public.active(alternatives, datetime(2026, 1, 1, hour, tzinfo=UTC)) for hour in (12, 20))

    assert day is not None
    assert night is not None
    assert (270_000_000_000, 135_000_000_000) == (day.base.input, night.base.input)


@pytest.mark.parametrize(
    ("kind", "base_url", "vendor"),
    [
        ("openai", None, "openai"),
        ("openai", "https://api.groq.com/openai/v1", "groq"),
        ("openai", "https://api.deepseek.com", "deepseek"),
        ("cohere", None, "cohere"),
        ("openai", "http://10.0.0.7:8000/v1", None),
        ("acme", None, None),
    ],
)
def test_a_vendor_is_known_by_its_address(kind: str, base_url: str | None, vendor: str | None) -> None:
    """The address tells the vendor; an unknown one has no public price, whatever its models are called."""
    assert vendor == public.vendor_of(kind, base_url)


def test_a_row_goes_before_the_public_price() -> None:
    """The configuration's own price holds, for one model or for all of a provider, and has a version of its own."""
    prices = book({"openai/gpt-4o": {"input": 1, "output": 2}, "corp/*": {"same_as": "openai/*"}}, openai="openai")

    own, same = prices.tariff("openai", "gpt-4o"), prices.tariff("corp", "gpt-4o-mini")
    assert own is not None
    assert same is not None
    assert (1 * UNIT, True) == (own.base.input, own.version.startswith("configuration-"))
    assert 150_000_000_000 == same.base.input


def test_an_unknown_price_is_none() -> None:
    """A model that no table knows has no price; a provider that costs nothing has one, of zero."""
    prices = book(openai="openai", corp=None, local="")

    assert None is prices.tariff("openai", "no-such-model")
    assert None is prices.tariff("corp", "gpt-4o")
    free = prices.tariff("local", "anything")
    assert free is not None
    assert 0 == picos_of(free.cost(accounting_pb2.Usage(input_tokens=5, output_tokens=5)))


def test_a_part_without_a_price_makes_a_cost_incomplete() -> None:
    """What has no price is not in the amount, and the amount says so."""
    tariff = Tariff("test", Rates(input=None, output=2 * UNIT))

    amount = tariff.cost(accounting_pb2.Usage(input_tokens=10, output_tokens=10))

    assert (20_000_000, True) == (picos_of(amount), amount.incomplete)
    assert None is tariff.worst_case(10, 10)


def test_worst_case_covers_whatever_comes() -> None:
    """The worst case is at the dearest rate of each side; no usage within its counts costs more."""
    tariff = Tariff("t", Rates(input=3 * UNIT, cache_write=4 * UNIT, output=15 * UNIT, reasoning=20 * UNIT, request=7))

    worst = tariff.worst_case(1000, 100)

    dearest = accounting_pb2.Usage(input_tokens=1000, cache_write_tokens=1000, output_tokens=100, reasoning_tokens=100)
    assert 1000 * 4_000_000 + 100 * 20_000_000 + 7 == worst == picos_of(tariff.cost(dearest))
    assert 100 == tariff.affordable_output(1000, worst)
    assert 99 == tariff.affordable_output(1000, worst - 1)
    assert 0 == tariff.affordable_output(1000, 5)


def test_worst_case_where_more_is_cheaper() -> None:
    """Where a long request is cheaper than a short one the worst case is that of the short one; a dear cache counts."""
    tariff = Tariff(
        "t",
        Rates(input=10 * UNIT, output=UNIT, cache_read=11 * UNIT),
        ((100, Rates(input=UNIT, output=UNIT)), (900, Rates(input=UNIT, output=UNIT))),
    )

    shorter = accounting_pb2.Usage(input_tokens=100, cache_read_tokens=100, output_tokens=5)
    assert 100 * 11_000_000 + 5 * 1_000_000 == tariff.worst_case(800, 5) == picos_of(tariff.cost(shorter))
    assert 2000 * 1_000_000 == tariff.worst_case(2000, 0)


def test_more_than_anybody_pays() -> None:
    """A line that is more than 64 bits hold, as counts that are nonsense make it, is left out, and the cost says so."""
    tariff = Tariff("t", Rates(input=5 * UNIT, output=10 * UNIT))

    told = tariff.cost(accounting_pb2.Usage(input_tokens=10**12, output_tokens=10**12))

    assert (5 * 10**18, True) == (picos_of(told), told.incomplete)
    assert ["input_tokens"] == [line.sku for line in told.items]


def test_sums_are_exact() -> None:
    """Amounts add up without rounding, past the unit and line by line."""
    total = cost(UNIT - 1)
    tariff = Tariff("v2", Rates(input=UNIT, output=UNIT))

    for _ in range(2):
        add_cost(total, tariff.cost(accounting_pb2.Usage(input_tokens=1)))

    assert (1, 1_999_999) == (total.units, total.picos)
    assert [("input_tokens", 2, 2_000_000)] == [(line.sku, line.quantity, line.picos) for line in total.items]
    assert ("v2", "1.000001999999 USD") == (total.price_version, shown(total))


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"input": -1, "output": 1}, "must be an amount of USD such as 2.50"),
        ({"input": "0.0000000000001", "output": 1}, "with at most 12 decimals"),
        ({"input": 1}, "must have input and output, or same_as"),
        ({"same_as": "gpt-4o"}, 'must be "vendor/model"'),
        ({"same_as": "openai/gpt-4o", "input": 1}, "must stand without prices beside it"),
    ],
)
def test_a_bad_row_is_refused(row: dict[str, Any], problem: str) -> None:
    """A price that cannot be meant is told with what would be right."""
    with pytest.raises(ValidationError, match=problem):
        PriceSettings.model_validate(row)
