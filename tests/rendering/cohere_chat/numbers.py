"""Sampling, limits, effort and the provider's own options."""

from cohere import types as co

from rendering.cohere_chat.sdk import MODEL, sent
from rendering.cohere_chat.tools import HI
from rendering.expectation import Expectation, refused

THINKING = sent(model=MODEL, messages=[HI], thinking=co.Thinking(type="enabled"))

# The API takes one of the two penalties, from 0 to 1, and no seed below 0.
NUMBERS: dict[str, Expectation] = {
    "every number": sent(
        model=MODEL,
        messages=[HI],
        temperature=0.7,
        p=0.9,
        k=40,
        max_tokens=100,
        seed=9007199254740993,
        frequency_penalty=0.5,
    ).dropping("config.presence_penalty"),
    "every number at its zero": sent(
        model=MODEL,
        messages=[HI],
        temperature=0,
        p=0.99,
        k=1,
        max_tokens=1,
        seed=0,
        presence_penalty=0,
    ).changing("config.top_p"),
    "a temperature of 1.5": sent(model=MODEL, messages=[HI], temperature=1).changing("config.temperature"),
    "penalties below zero": sent(
        model=MODEL,
        messages=[HI],
        presence_penalty=0,
    ).changing("config.frequency_penalty", "config.presence_penalty"),
    "penalties above one": sent(
        model=MODEL,
        messages=[HI],
        frequency_penalty=1,
    )
    .changing("config.frequency_penalty", "config.presence_penalty")
    .dropping("config.presence_penalty"),
    "a seed below zero": sent(model=MODEL, messages=[HI], seed=0).changing("config.seed"),
    "stop sequences": sent(model=MODEL, messages=[HI], stop_sequences=["END", "\n\n"]),
    "a user": sent(model=MODEL, messages=[HI]).dropping("user"),
    "log probabilities": sent(model=MODEL, messages=[HI], logprobs=True),
    "log probabilities of 5 alternatives": refused("config.top_logprobs"),
    "effort: none": sent(model=MODEL, messages=[HI], thinking=co.Thinking(type="disabled")),
    "effort: minimal": THINKING,
    "effort: low": THINKING,
    "effort: medium": THINKING,
    "effort: high": THINKING,
    "effort: xhigh": THINKING,
    "effort: max": THINKING,
    "a budget": sent(model=MODEL, messages=[HI], thinking=co.Thinking(type="enabled", token_budget=2048)),
    "a budget and a limit": sent(
        model=MODEL,
        messages=[HI],
        max_tokens=3000,
        thinking=co.Thinking(type="enabled", token_budget=2048),
    ),
    "a budget and an effort": sent(
        model=MODEL,
        messages=[HI],
        thinking=co.Thinking(type="enabled", token_budget=2048),
    ),
    "a budget and an effort of none": sent(
        model=MODEL,
        messages=[HI],
        thinking=co.Thinking(type="disabled"),
    ).dropping("config.reasoning_budget_tokens"),
    "options of each provider": sent(
        model=MODEL,
        messages=[HI],
        safety_mode="STRICT",
        citation_options=co.CitationOptions(mode="FAST"),
    ).dropping("user"),
    "options inside what the request sets": sent(
        model=MODEL,
        messages=[HI],
        thinking=co.Thinking(type="enabled"),
        priority=3,
    ),
}
