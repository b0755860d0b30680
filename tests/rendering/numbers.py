"""Sampling, limits, effort and a provider's own options."""

from llmrpc.v1 import completion_pb2
from rendering.saying import asked, user, with_config

NUMBERS = {
    "every number": with_config(
        temperature=0.7,
        top_p=0.9,
        top_k=40,
        max_output_tokens=100,
        seed=9007199254740993,
        frequency_penalty=0.5,
        presence_penalty=0.25,
    ),
    "every number at its zero": with_config(
        temperature=0,
        top_p=1,
        top_k=1,
        max_output_tokens=1,
        seed=0,
        frequency_penalty=0,
        presence_penalty=0,
    ),
    "a temperature of 1.5": with_config(temperature=1.5),
    "penalties below zero": with_config(frequency_penalty=-0.5, presence_penalty=-2),
    "penalties above one": with_config(frequency_penalty=1.5, presence_penalty=2),
    "a seed below zero": with_config(seed=-7),
    "stop sequences": with_config(stop_sequences=["END", "\n\n"]),
    "a user": asked(user("Hi"), user="pseudonym-7"),
    "log probabilities": with_config(top_logprobs=0),
    "log probabilities of 5 alternatives": with_config(top_logprobs=5),
    "effort: none": with_config(reasoning_effort=completion_pb2.REASONING_EFFORT_NONE),
    "effort: minimal": with_config(reasoning_effort=completion_pb2.REASONING_EFFORT_MINIMAL),
    "effort: low": with_config(reasoning_effort=completion_pb2.REASONING_EFFORT_LOW),
    "effort: medium": with_config(reasoning_effort=completion_pb2.REASONING_EFFORT_MEDIUM),
    "effort: high": with_config(reasoning_effort=completion_pb2.REASONING_EFFORT_HIGH),
    "effort: xhigh": with_config(reasoning_effort=completion_pb2.REASONING_EFFORT_XHIGH),
    "effort: max": with_config(reasoning_effort=completion_pb2.REASONING_EFFORT_MAX),
    "a budget": with_config(reasoning_budget_tokens=2048),
    "a budget and a limit": with_config(reasoning_budget_tokens=2048, max_output_tokens=3000),
    "a budget and an effort": with_config(
        reasoning_budget_tokens=2048,
        reasoning_effort=completion_pb2.REASONING_EFFORT_HIGH,
    ),
    "a budget and an effort of none": with_config(
        reasoning_budget_tokens=2048,
        reasoning_effort=completion_pb2.REASONING_EFFORT_NONE,
    ),
    "options of each provider": asked(
        user("Hi"),
        user="pseudonym-7",
        provider_options_json={
            "openai": '{"service_tier": "flex", "metadata": {"a": "b"}, "logit_bias": {"50256": -100}}',
            "openai_responses": '{"truncation": "auto", "include": ["file_search_call.results"]}',
            "anthropic": '{"service_tier": "standard_only", "inference_geo": "us"}',
            "cohere": '{"safety_mode": "STRICT", "citation_options": {"mode": "FAST"}}',
        },
    ),
    "options inside what the request sets": asked(
        user("Hi"),
        config={"reasoning_effort": "REASONING_EFFORT_LOW"},
        provider_options_json={
            "openai": '{"verbosity": "low"}',
            "openai_responses": '{"reasoning": {"summary": "auto"}, "text": {"verbosity": "low"}}',
            "anthropic": '{"thinking": {"display": "omitted"}}',
            "cohere": '{"priority": 3}',
        },
    ),
}
