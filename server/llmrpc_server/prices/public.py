"""The public prices of known vendors: the data of genai-prices, offline, turned into integers once for each model."""

import importlib.metadata
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from llmrpc_server.money import UNIT
from llmrpc_server.prices.tariff import Rates, Tariff

# Where the configuration names no address: the vendor whose wire format it is.
_OF_KIND = {"openai": "openai", "openai_responses": "openai", "anthropic": "anthropic", "cohere": "cohere"}
# As the SDKs read them where the configuration names no address.
_ADDRESS_VARIABLES = {
    "openai": "OPENAI_BASE_URL",
    "openai_responses": "OPENAI_BASE_URL",
    "anthropic": "ANTHROPIC_BASE_URL",
    "cohere": "CO_API_URL",
}

_FIELDS = {
    "input": "input_mtok",
    "output": "output_mtok",
    "cache_read": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
    "reasoning": "output_reasoning_mtok",
    "audio_input": "input_audio_mtok",
    "audio_output": "output_audio_mtok",
}


@dataclass(frozen=True, slots=True)
class Alternative:
    """A tariff and when it holds; `constraint` is genai-prices' own, None: always."""

    constraint: Any
    tariff: Tariff

    def active(self, moment: datetime) -> bool:
        """Tell whether it holds at a moment."""
        return self.constraint is None or bool(self.constraint.active(moment))


def version() -> str:
    """Name the price table."""
    return f"genai-prices-{importlib.metadata.version('genai-prices')}"


def vendor_of(kind: str, base_url: str | None) -> str | None:
    """Return genai-prices' name of the vendor at an address; None for an address that it does not know."""
    base_url = base_url or os.environ.get(_ADDRESS_VARIABLES.get(kind, ""))
    if not base_url:
        return _OF_KIND.get(kind)
    for vendor in _vendors():
        if re.match(vendor.api_pattern, base_url):
            return str(vendor.id)
    return None


def tariffs(vendor: str, model: str) -> tuple[Alternative, ...]:
    """Return what a vendor takes for a model, the alternative that goes before others last; none: not known."""
    vendors = _vendors()
    found = next((candidate for candidate in vendors if candidate.id == vendor), None)
    info = found.find_model(model, all_providers=vendors) if found is not None else None
    if info is None:
        return ()
    prices: Iterable[Any] = info.prices if isinstance(info.prices, list) else [info.prices]
    return tuple(
        Alternative(getattr(price, "constraint", None), _tariff(getattr(price, "prices", price))) for price in prices
    )


def active(alternatives: tuple[Alternative, ...], moment: datetime | None = None) -> Tariff | None:
    """Choose the tariff that holds now, or at a moment."""
    if not alternatives:
        return None
    if len(alternatives) == 1:
        return alternatives[0].tariff
    moment = moment or datetime.now(UTC)
    fitting = (alternative for alternative in reversed(alternatives) if alternative.active(moment))
    return next(fitting, alternatives[0]).tariff


@cache
def _vendors() -> Any:
    # Only now: the data is large.
    from genai_prices.data import providers

    return providers


def _tariff(prices: Any) -> Tariff:
    """Turn one set of prices into integers. Each price may have tiers of its own; a tier here has all prices."""
    values = {name: getattr(prices, field, None) for name, field in _FIELDS.items()}
    starts = sorted({tier.start for value in values.values() for tier in getattr(value, "tiers", ())})
    request = getattr(prices, "requests_kcount", None)
    each = 0 if request is None else _picos(request / 1000)

    def rates(above: int | None) -> Rates:
        at = {name: _at(value, above) for name, value in values.items()}
        return Rates(request=each, **{name: _picos(value) for name, value in at.items() if value is not None})

    return Tariff(version(), rates(None), tuple((start, rates(start)) for start in starts))


def _at(value: Any, above: int | None) -> Decimal | None:
    """Return a price, for requests above so many tokens."""
    if value is None or not hasattr(value, "base"):
        return None if value is None else Decimal(value)
    found: Decimal = value.base
    for tier in value.tiers:
        if above is not None and tier.start <= above:
            found = tier.price
    return found


def _picos(value: Decimal) -> int:
    return int((value * UNIT).to_integral_value(ROUND_HALF_UP))
