"""Sampling, limits, effort and the provider's own options."""

from rendering.expectation import Expectation, refused
from rendering.openai_responses.sdk import sent
from rendering.openai_responses.tools import HI

PENALTIES = ("config.frequency_penalty", "config.presence_penalty")
BUDGET = "config.reasoning_budget_tokens"

NUMBERS: dict[str, Expectation] = {
    "every number": sent(
        input=[HI],
        temperature=0.7,
        top_p=0.9,
        max_output_tokens=100,
    ).dropping("config.top_k", "config.seed", *PENALTIES),
    "every number at its zero": sent(
        input=[HI],
        temperature=0,
        top_p=1,
        max_output_tokens=1,
    ).dropping("config.top_k", "config.seed", *PENALTIES),
    "a temperature of 1.5": sent(input=[HI], temperature=1.5),
    "penalties below zero": sent(input=[HI]).dropping(*PENALTIES),
    "penalties above one": sent(input=[HI]).dropping(*PENALTIES),
    "a seed below zero": sent(input=[HI]).dropping("config.seed"),
    "stop sequences": refused("config.stop_sequences"),
    "a user": sent(input=[HI], user="pseudonym-7"),
    "log probabilities": sent(
        input=[HI],
        top_logprobs=0,
        include=["reasoning.encrypted_content", "message.output_text.logprobs"],
    ),
    "log probabilities of 5 alternatives": sent(
        input=[HI],
        top_logprobs=5,
        include=["reasoning.encrypted_content", "message.output_text.logprobs"],
    ),
    "effort: none": sent(input=[HI], reasoning={"effort": "none"}),
    "effort: minimal": sent(input=[HI], reasoning={"effort": "minimal"}),
    "effort: low": sent(input=[HI], reasoning={"effort": "low"}),
    "effort: medium": sent(input=[HI], reasoning={"effort": "medium"}),
    "effort: high": sent(input=[HI], reasoning={"effort": "high"}),
    "effort: xhigh": sent(input=[HI], reasoning={"effort": "xhigh"}),
    "effort: max": sent(input=[HI], reasoning={"effort": "max"}),
    "a budget": sent(input=[HI]).dropping(BUDGET),
    "a budget and a limit": sent(input=[HI], max_output_tokens=3000).dropping(BUDGET),
    "a budget and an effort": sent(input=[HI], reasoning={"effort": "high"}).dropping(BUDGET),
    "a budget and an effort of none": sent(input=[HI], reasoning={"effort": "none"}).dropping(BUDGET),
    "options of each provider": sent(
        input=[HI],
        user="pseudonym-7",
        truncation="auto",
        include=["reasoning.encrypted_content", "file_search_call.results"],
    ),
    "options inside what the request sets": sent(
        input=[HI],
        reasoning={"effort": "low", "summary": "auto"},
        text={"verbosity": "low"},
    ),
}
