"""Amounts of money: whole picos, 1e-12 of the currency, so that no sum ever rounds."""

from llmrpc.v1 import accounting_pb2

CURRENCY = "USD"
UNIT = 10**12
"""Picos in one unit of the currency."""

Cost = accounting_pb2.Cost


def cost(picos: int, *, price_version: str = "", incomplete: bool = False) -> Cost:
    """Make the message of an amount."""
    units, rest = divmod(picos, UNIT)
    return Cost(currency_code=CURRENCY, units=units, picos=rest, price_version=price_version, incomplete=incomplete)


def picos_of(amount: Cost) -> int:
    """Return an amount in picos."""
    return amount.units * UNIT + amount.picos


def add_cost(total: Cost, amount: Cost) -> None:
    """Add an amount to a total, line by line; the total keeps the version of the newest prices in it."""
    if not total.currency_code:
        # Nearly always the only one.
        total.CopyFrom(amount)
        return
    units, picos = divmod(picos_of(total) + picos_of(amount), UNIT)
    total.currency_code, total.units, total.picos = CURRENCY, units, picos
    total.incomplete = total.incomplete or amount.incomplete
    total.price_version = amount.price_version or total.price_version
    lines = {line.sku: line for line in total.items}
    for item in amount.items:
        line = lines.get(item.sku) or total.items.add(sku=item.sku)
        line.quantity += item.quantity
        line.picos += item.picos


def shown(amount: Cost) -> str:
    """Write an amount for people, to the last digit that says something: "0.0000125 USD"."""
    fraction = f"{amount.picos:012}".rstrip("0").ljust(2, "0")
    return f"{amount.units}.{fraction} {amount.currency_code}{' and more' if amount.incomplete else ''}"
