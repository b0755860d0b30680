"""Forty usages and what they cost, to the pico.

Prices are pinned here, in USD for a million tokens. One dollar for a million tokens is 1,000,000 picos for one token,
and so the arithmetic beside each usage is in picos.
"""

from typing import Any

import pytest

from llmrpc.v1 import accounting_pb2
from llmrpc_server.config import PriceSettings
from llmrpc_server.money import picos_of
from llmrpc_server.prices import PriceBook

PRICES = {
    "openai/gpt-4o": {"input": "2.50", "cache_read": "1.25", "output": "10"},
    "openai/gpt-4o-mini": {"input": "0.15", "cache_read": "0.075", "output": "0.60"},
    "openai/o3": {"input": "2", "cache_read": "0.50", "output": "8", "reasoning": "9"},
    "openai/gpt-4o-audio": {"input": "2.50", "output": "10", "audio_input": "40", "audio_output": "80"},
    "openai/gpt-5.5": {
        "input": "5",
        "cache_read": "0.50",
        "output": "30",
        "tiers": [{"above": 272_000, "input": "10", "cache_read": "1", "output": "45"}],
    },
    "anthropic/claude-sonnet-4-5": {
        "input": "3",
        "cache_read": "0.30",
        "cache_write": "3.75",
        "output": "15",
        "tiers": [{"above": 200_000, "input": "6", "cache_read": "0.60", "cache_write": "7.50", "output": "22.50"}],
    },
    "anthropic/claude-haiku-4-5": {"input": "1", "cache_read": "0.10", "cache_write": "1.25", "output": "5"},
    "cohere/command-a": {"input": "2.50", "output": "10"},
    "cohere/command-r7b": {"input": "0.0375", "output": "0.15"},
    "cohere/rerank": {"input": "0", "output": "0", "request": "0.002"},
    "deepseek/deepseek-chat": {"input": "0.27", "cache_read": "0.07", "output": "1.10"},
    "deepseek/odd": {"input": "0.083333333333", "output": "0.333333333333"},
}

GOLDEN = [
    # OpenAI: cached tokens are part of the input and have a price of their own.
    ("openai/gpt-4o", {}, 0),
    ("openai/gpt-4o", {"input": 1, "output": 0}, 1 * 2_500_000),
    ("openai/gpt-4o", {"input": 0, "output": 1}, 1 * 10_000_000),
    ("openai/gpt-4o", {"input": 1_000, "output": 500}, 1_000 * 2_500_000 + 500 * 10_000_000),
    (
        "openai/gpt-4o",
        {"input": 2_006, "output": 300, "cache_read": 1_920},
        86 * 2_500_000 + 1_920 * 1_250_000 + 300 * 10_000_000,
    ),
    ("openai/gpt-4o", {"input": 1_024, "output": 1, "cache_read": 1_024}, 1_024 * 1_250_000 + 1 * 10_000_000),
    ("openai/gpt-4o", {"input": 500, "output": 50, "cache_read": 0}, 500 * 2_500_000 + 50 * 10_000_000),
    ("openai/gpt-4o-mini", {"input": 13, "output": 7}, 13 * 150_000 + 7 * 600_000),
    (
        "openai/gpt-4o-mini",
        {"input": 100_000, "output": 16_384, "cache_read": 99_840},
        160 * 150_000 + 99_840 * 75_000 + 16_384 * 600_000,
    ),
    # OpenAI: reasoning is part of the output; where it has a price of its own it goes by that.
    ("openai/gpt-4o", {"input": 10, "output": 900, "reasoning": 832}, 10 * 2_500_000 + 900 * 10_000_000),
    (
        "openai/o3",
        {"input": 75, "output": 1_186, "reasoning": 1_024},
        75 * 2_000_000 + 162 * 8_000_000 + 1_024 * 9_000_000,
    ),
    ("openai/o3", {"input": 75, "output": 64, "reasoning": 64}, 75 * 2_000_000 + 64 * 9_000_000),
    (
        "openai/o3",
        {"input": 4_000, "output": 2_000, "reasoning": 1_500, "cache_read": 3_000},
        1_000 * 2_000_000 + 3_000 * 500_000 + 500 * 8_000_000 + 1_500 * 9_000_000,
    ),
    # OpenAI: audio.
    (
        "openai/gpt-4o-audio",
        {"input": 150, "output": 80, "audio_input": 120, "audio_output": 60},
        30 * 2_500_000 + 120 * 40_000_000 + 20 * 10_000_000 + 60 * 80_000_000,
    ),
    ("openai/gpt-4o-audio", {"input": 150, "output": 80, "audio_input": 150}, 150 * 40_000_000 + 80 * 10_000_000),
    # OpenAI: above the context tier the whole request is dearer; exactly at it, it is not.
    ("openai/gpt-5.5", {"input": 272_000, "output": 100}, 272_000 * 5_000_000 + 100 * 30_000_000),
    ("openai/gpt-5.5", {"input": 272_001, "output": 100}, 272_001 * 10_000_000 + 100 * 45_000_000),
    (
        "openai/gpt-5.5",
        {"input": 300_000, "output": 1_000, "cache_read": 200_000},
        100_000 * 10_000_000 + 200_000 * 1_000_000 + 1_000 * 45_000_000,
    ),
    (
        "openai/gpt-5.5",
        {"input": 50_000, "output": 1_000, "cache_read": 40_000, "reasoning": 700},
        10_000 * 5_000_000 + 40_000 * 500_000 + 1_000 * 30_000_000,
    ),
    # Anthropic: the totals hold what was read from and written to its cache.
    ("anthropic/claude-sonnet-4-5", {"input": 21, "output": 305}, 21 * 3_000_000 + 305 * 15_000_000),
    (
        "anthropic/claude-sonnet-4-5",
        {"input": 2_071, "output": 393, "cache_read": 2_050},
        21 * 3_000_000 + 2_050 * 300_000 + 393 * 15_000_000,
    ),
    (
        "anthropic/claude-sonnet-4-5",
        {"input": 2_071, "output": 393, "cache_write": 2_050},
        21 * 3_000_000 + 2_050 * 3_750_000 + 393 * 15_000_000,
    ),
    (
        "anthropic/claude-sonnet-4-5",
        {"input": 10_050, "output": 200, "cache_read": 6_000, "cache_write": 4_000},
        50 * 3_000_000 + 6_000 * 300_000 + 4_000 * 3_750_000 + 200 * 15_000_000,
    ),
    ("anthropic/claude-sonnet-4-5", {"input": 200_000, "output": 10}, 200_000 * 3_000_000 + 10 * 15_000_000),
    ("anthropic/claude-sonnet-4-5", {"input": 200_001, "output": 10}, 200_001 * 6_000_000 + 10 * 22_500_000),
    (
        "anthropic/claude-sonnet-4-5",
        {"input": 250_000, "output": 10, "cache_read": 199_000, "cache_write": 50_000},
        1_000 * 6_000_000 + 199_000 * 600_000 + 50_000 * 7_500_000 + 10 * 22_500_000,
    ),
    (
        "anthropic/claude-sonnet-4-5",
        {"input": 40, "output": 2_000, "reasoning": 1_800},
        40 * 3_000_000 + 2_000 * 15_000_000,
    ),
    ("anthropic/claude-haiku-4-5", {"input": 8, "output": 12}, 8 * 1_000_000 + 12 * 5_000_000),
    (
        "anthropic/claude-haiku-4-5",
        {"input": 1_108, "output": 12, "cache_read": 100, "cache_write": 1_000},
        8 * 1_000_000 + 100 * 100_000 + 1_000 * 1_250_000 + 12 * 5_000_000,
    ),
    ("anthropic/claude-haiku-4-5", {"input": 1_000, "output": 0, "cache_write": 1_000}, 1_000 * 1_250_000),
    # Cohere: no cache, no reasoning price.
    ("cohere/command-a", {"input": 507, "output": 28}, 507 * 2_500_000 + 28 * 10_000_000),
    ("cohere/command-a", {"input": 1, "output": 1}, 1 * 2_500_000 + 1 * 10_000_000),
    ("cohere/command-r7b", {"input": 1, "output": 0}, 37_500),
    ("cohere/command-r7b", {"input": 333, "output": 77}, 333 * 37_500 + 77 * 150_000),
    ("cohere/rerank", {"input": 900, "output": 0}, 2_000_000_000),
    # A compatible vendor: what has no price of its own goes with the input.
    ("deepseek/deepseek-chat", {"input": 8, "output": 10}, 8 * 270_000 + 10 * 1_100_000),
    (
        "deepseek/deepseek-chat",
        {"input": 640, "output": 10, "cache_read": 576},
        64 * 270_000 + 576 * 70_000 + 10 * 1_100_000,
    ),
    ("deepseek/deepseek-chat", {"input": 640, "output": 9, "cache_write": 64}, 640 * 270_000 + 9 * 1_100_000),
    # A price below a pico for a token: each line is rounded once, half up. 7 x 83,333.333333 = 583,333.333331
    ("deepseek/odd", {"input": 7, "output": 0}, 583_333),
    # 2 x 83,333.333333 = 166,666.666666; 3 x 333,333.333333 = 999,999.999999
    ("deepseek/odd", {"input": 2, "output": 3}, 166_667 + 1_000_000),
]


def _usage(counts: dict[str, int]) -> accounting_pb2.Usage:
    names = {"input": "input_tokens", "output": "output_tokens"}
    fields: dict[str, Any] = {names.get(name, f"{name}_tokens"): count for name, count in counts.items()}
    return accounting_pb2.Usage(**fields)


def _book() -> PriceBook:
    return PriceBook({name: PriceSettings.model_validate(row) for name, row in PRICES.items()}, {})


@pytest.mark.parametrize(("model", "counts", "picos"), GOLDEN)
def test_costs_to_the_pico(model: str, counts: dict[str, int], picos: int) -> None:
    """A usage costs what its vendor's bill says, and the lines of the cost add up to it."""
    tariff = _book().tariff(*model.split("/"))
    assert tariff is not None

    cost = tariff.cost(_usage(counts))

    assert (picos, False) == (picos_of(cost), cost.incomplete)
    assert picos == sum(line.picos for line in cost.items)
    assert ("USD", tariff.version) == (cost.currency_code, cost.price_version)


def test_there_are_forty() -> None:
    """The table holds what it says, none of them twice."""
    assert 40 == len({(model, *sorted(counts.items())) for model, counts, _ in GOLDEN})
