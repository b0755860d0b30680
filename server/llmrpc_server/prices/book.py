"""Finds the prices of a target: a row of the configuration, else the public price of its vendor."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from llmrpc_server.config import PriceSettings
from llmrpc_server.prices import public
from llmrpc_server.prices.tariff import Rates, Tariff

# Callers choose the model in "provider/model".
_REMEMBERED = 1024
_ANY = "*"
# The model beside the server costs nothing but electricity.
_FREE_KIND = "local"


class PriceBook:
    """The prices of every target.

    Args:
        rows: The configuration's own, by "provider/model" or "provider/*".
        vendors: By provider, the vendor whose public prices hold there; "" for one that costs nothing; None: unknown.
    """

    def __init__(self, rows: Mapping[str, PriceSettings], vendors: Mapping[str, str | None]) -> None:
        self._rows = rows
        self._vendors = vendors
        digest = hashlib.sha256(repr(sorted((name, repr(row)) for name, row in rows.items())).encode()).hexdigest()
        self._version = f"configuration-{digest[:12]}"
        self._find = lru_cache(_REMEMBERED)(self._look_up)

    @classmethod
    def configured(cls, rows: Mapping[str, PriceSettings], providers: Mapping[str, tuple[str, Any]]) -> "PriceBook":
        """Make the book of a configuration, whose providers are (kind, settings) by name."""
        return cls(rows, {name: _vendor(kind, settings) for name, (kind, settings) in providers.items()})

    def tariff(self, provider: str, model: str) -> Tariff | None:
        """Return what a model at a provider costs now; None: not known."""
        return public.active(self._find(provider, model))

    def _look_up(self, provider: str, model: str) -> tuple[public.Alternative, ...]:
        row = self._rows.get(f"{provider}/{model}") or self._rows.get(f"{provider}/{_ANY}")
        if row is not None:
            if row.same_as is None:
                return (public.Alternative(None, self._own(row)),)
            vendor, _, name = row.same_as.partition("/")
            return public.tariffs(vendor, model if name == _ANY else name)
        vendor_or_none = self._vendors.get(provider)
        if vendor_or_none == "":
            return (public.Alternative(None, Tariff(self._version, Rates(input=0, output=0))),)
        return () if vendor_or_none is None else public.tariffs(vendor_or_none, model)

    def _own(self, row: PriceSettings) -> Tariff:
        base = row.rates()
        return Tariff(
            self._version,
            Rates(**base),
            tuple((tier.above, Rates(**{**base, **tier.rates()})) for tier in sorted(row.tiers, key=lambda t: t.above)),
        )


def _vendor(kind: str, settings: Any) -> str | None:
    return "" if kind == _FREE_KIND else public.vendor_of(kind, getattr(settings, "base_url", None))
