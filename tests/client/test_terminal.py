"""Money and tokens, as the command line writes them."""

import pytest

from llmrpc.cli import terminal
from llmrpc.v1.accounting_pb2 import USAGE_SOURCE_ESTIMATED, Cost, Usage


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        (Cost(currency_code="USD", picos=840_000_000), "USD 0.00084"),
        (Cost(currency_code="EUR", units=12, picos=500_000_000_000), "EUR 12.5"),
        (Cost(currency_code="USD", units=100), "USD 100"),
        (Cost(currency_code="USD", picos=1, incomplete=True), "at least USD 0.000000000001"),
        (Cost(currency_code="USD"), "USD 0"),
    ],
)
def test_money_is_exact(cost: Cost, expected: str) -> None:
    """No digit is lost or made up, and what is incomplete says so."""
    assert expected == terminal.format_cost(cost)


def test_estimated_tokens_say_so() -> None:
    """A count of ours is not the provider's."""
    usage = Usage(input_tokens=12, output_tokens=80, source=USAGE_SOURCE_ESTIMATED)

    assert "~12 in, ~80 out" == terminal.format_usage(usage)
