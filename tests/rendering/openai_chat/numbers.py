"""Sampling, limits, effort and the provider's own options."""

from rendering.expectation import Expectation
from rendering.openai_chat.sdk import MODEL, sent
from rendering.openai_chat.tools import HI

BUDGET = "config.reasoning_budget_tokens"

NUMBERS: dict[str, Expectation] = {
    "every number": sent(
        model=MODEL,
        messages=[HI],
        temperature=0.7,
        top_p=0.9,
        max_completion_tokens=100,
        seed=9007199254740993,
        frequency_penalty=0.5,
        presence_penalty=0.25,
    ).dropping("config.top_k"),
    "every number at its zero": sent(
        model=MODEL,
        messages=[HI],
        temperature=0,
        top_p=1,
        max_completion_tokens=1,
        seed=0,
        frequency_penalty=0,
        presence_penalty=0,
    ).dropping("config.top_k"),
    "a temperature of 1.5": sent(model=MODEL, messages=[HI], temperature=1.5),
    "penalties below zero": sent(model=MODEL, messages=[HI], frequency_penalty=-0.5, presence_penalty=-2),
    "penalties above one": sent(model=MODEL, messages=[HI], frequency_penalty=1.5, presence_penalty=2),
    "a seed below zero": sent(model=MODEL, messages=[HI], seed=-7),
    "stop sequences": sent(model=MODEL, messages=[HI], stop=["END", "\n\n"]),
    "a user": sent(model=MODEL, messages=[HI], user="pseudonym-7"),
    "log probabilities": sent(model=MODEL, messages=[HI], logprobs=True),
    "log probabilities of 5 alternatives": sent(model=MODEL, messages=[HI], logprobs=True, top_logprobs=5),
    "effort: none": sent(model=MODEL, messages=[HI], reasoning_effort="none"),
    "effort: minimal": sent(model=MODEL, messages=[HI], reasoning_effort="minimal"),
    "effort: low": sent(model=MODEL, messages=[HI], reasoning_effort="low"),
    "effort: medium": sent(model=MODEL, messages=[HI], reasoning_effort="medium"),
    "effort: high": sent(model=MODEL, messages=[HI], reasoning_effort="high"),
    "effort: xhigh": sent(model=MODEL, messages=[HI], reasoning_effort="xhigh"),
    "effort: max": sent(model=MODEL, messages=[HI], reasoning_effort="max"),
    "a budget": sent(model=MODEL, messages=[HI]).dropping(BUDGET),
    "a budget and a limit": sent(model=MODEL, messages=[HI], max_completion_tokens=3000).dropping(BUDGET),
    "a budget and an effort": sent(model=MODEL, messages=[HI], reasoning_effort="high").dropping(BUDGET),
    "a budget and an effort of none": sent(model=MODEL, messages=[HI], reasoning_effort="none").dropping(BUDGET),
    "options of each provider": sent(
        model=MODEL,
        messages=[HI],
        user="pseudonym-7",
        service_tier="flex",
        metadata={"a": "b"},
        logit_bias={"50256": -100},
    ),
    "options inside what the request sets": sent(
        model=MODEL,
        messages=[HI],
        reasoning_effort="low",
        verbosity="low",
    ),
}
