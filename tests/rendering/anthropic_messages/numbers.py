"""Sampling, limits, effort and the provider's own options."""

from typing import Literal

from rendering.anthropic_messages.sdk import MODEL, sent
from rendering.anthropic_messages.tools import HI
from rendering.expectation import Expectation, Sent, refused

PENALTIES = ("config.frequency_penalty", "config.presence_penalty")


def thinking(effort: Literal["low", "medium", "high", "xhigh", "max"]) -> Sent:
    """Expect that the model decides how long to think, within an effort."""
    return sent(
        model=MODEL,
        max_tokens=4096,
        messages=[HI],
        thinking={"type": "adaptive"},
        output_config={"effort": effort},
    )


NUMBERS: dict[str, Expectation] = {
    "every number": sent(
        model=MODEL,
        max_tokens=100,
        messages=[HI],
    )
    .beside(temperature=0.7, top_p=0.9, top_k=40)
    .dropping("config.seed", *PENALTIES),
    "every number at its zero": sent(
        model=MODEL,
        max_tokens=1,
        messages=[HI],
    )
    .beside(temperature=0, top_p=1, top_k=1)
    .dropping("config.seed", *PENALTIES),
    "a temperature of 1.5": sent(
        model=MODEL,
        max_tokens=4096,
        messages=[HI],
    )
    .beside(temperature=1)
    .changing("config.temperature"),
    "penalties below zero": sent(model=MODEL, max_tokens=4096, messages=[HI]).dropping(*PENALTIES),
    "penalties above one": sent(model=MODEL, max_tokens=4096, messages=[HI]).dropping(*PENALTIES),
    "a seed below zero": sent(model=MODEL, max_tokens=4096, messages=[HI]).dropping("config.seed"),
    "stop sequences": sent(model=MODEL, max_tokens=4096, messages=[HI], stop_sequences=["END", "\n\n"]),
    "a user": sent(model=MODEL, max_tokens=4096, messages=[HI], metadata={"user_id": "pseudonym-7"}),
    "log probabilities": refused("config.top_logprobs"),
    "log probabilities of 5 alternatives": refused("config.top_logprobs"),
    "effort: none": sent(model=MODEL, max_tokens=4096, messages=[HI], thinking={"type": "disabled"}),
    "effort: minimal": thinking("low"),
    "effort: low": thinking("low"),
    "effort: medium": thinking("medium"),
    "effort: high": thinking("high"),
    "effort: xhigh": thinking("xhigh"),
    "effort: max": thinking("max"),
    "a budget": sent(
        model=MODEL,
        max_tokens=2048 + 4096,
        messages=[HI],
        thinking={"type": "enabled", "budget_tokens": 2048},
    ),
    "a budget and a limit": sent(
        model=MODEL,
        max_tokens=3000,
        messages=[HI],
        thinking={"type": "enabled", "budget_tokens": 2048},
    ),
    "a budget and an effort": sent(
        model=MODEL,
        max_tokens=2048 + 4096,
        messages=[HI],
        thinking={"type": "enabled", "budget_tokens": 2048},
        output_config={"effort": "high"},
    ),
    "a budget and an effort of none": sent(
        model=MODEL,
        max_tokens=4096,
        messages=[HI],
        thinking={"type": "disabled"},
    ).dropping("config.reasoning_budget_tokens"),
    "options of each provider": sent(
        model=MODEL,
        max_tokens=4096,
        messages=[HI],
        metadata={"user_id": "pseudonym-7"},
        service_tier="standard_only",
        inference_geo="us",
    ),
    "options inside what the request sets": sent(
        model=MODEL,
        max_tokens=4096,
        messages=[HI],
        thinking={"type": "adaptive", "display": "omitted"},
        output_config={"effort": "low"},
    ),
}
