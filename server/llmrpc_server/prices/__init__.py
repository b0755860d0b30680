"""What a provider charges: public prices and the configuration's own, as integers, and what a usage costs by them.

A `Tariff` prices one model; the `PriceBook` finds the one of a target. An unknown price is None or an incomplete cost,
never zero. A cost keeps the version of the prices that made it: a price that changes later changes no cost.
"""

from llmrpc_server.prices.book import PriceBook
from llmrpc_server.prices.tariff import Rates, Tariff

__all__ = ["PriceBook", "Rates", "Tariff"]
