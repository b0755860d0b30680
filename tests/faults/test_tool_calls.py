"""Answers that call tools, on all wire formats."""

import json
from typing import Any

import pytest

from fault_provider import FaultProvider
from faults.dialects import conversation, tools
from faults.heard import finish_word, streamed_calls, whole_calls
from faults.wire import ANTHROPIC, COHERE, OPENAI, PATHS, RESPONSES, anthropic_sdk, ask, openai_sdk, text_of

ARGUMENTS = {"city": "à", "days": 1}
WORDS = {OPENAI: "tool_calls", RESPONSES: "completed", ANTHROPIC: "tool_use", COHERE: "TOOL_CALL"}


@PATHS
async def test_the_first_tools_are_called(provider: FaultProvider, path: str) -> None:
    """`tool-calls=N` calls the first N tools, with arguments in several pieces, and says so at the end."""
    raw = await ask(provider, path, "tool-calls=2", tools=tools(path, "weather", "time", "news"))
    calls = streamed_calls(path, raw)

    assert ["weather", "time"] == [name for _, name, _ in calls]
    assert [ARGUMENTS] * 2 == [json.loads("".join(pieces)) for *_, pieces in calls]
    assert [True] * 2 == [len(pieces) > 2 for *_, pieces in calls]
    assert (WORDS[path], "") == (finish_word(path, raw), raw.text)


@PATHS
async def test_too_few_tools_are_called_again(provider: FaultProvider, path: str) -> None:
    """With fewer tools than calls it is the first one each time; ids differ, also between answers."""
    raws = [await ask(provider, path, "tool-calls=3", tools=tools(path, "weather", "time")) for _ in range(2)]
    calls = [call for raw in raws for call in streamed_calls(path, raw)]

    assert ["weather"] * 6 == [name for _, name, _ in calls]
    assert 6 == len({call_id for call_id, *_ in calls})


@PATHS
async def test_a_whole_answer_calls_the_same(provider: FaultProvider, path: str) -> None:
    """Unstreamed, the calls are the same."""
    raw = await ask(provider, path, "tool-calls=2", stream=False, tools=tools(path, "weather", "time"))
    arguments = ARGUMENTS if path == ANTHROPIC else json.dumps(ARGUMENTS, ensure_ascii=False, separators=(",", ":"))

    assert [("weather", arguments), ("time", arguments)] == whole_calls(path, raw.json)


@PATHS
async def test_without_tools_it_is_400(provider: FaultProvider, path: str) -> None:
    """What the request cannot have is refused in words that say so."""
    raw = await ask(provider, path, "tool-calls=1")

    assert (400, True) == (raw.status, b"tool-calls needs tools" in raw.sent)


@PATHS
async def test_text_may_come_before(provider: FaultProvider, path: str) -> None:
    """With `tokens=N` or `text=TEXT` the model speaks first; Cohere calls that the plan."""
    raw = await ask(provider, path, "tool-calls=1+text=Let me look", stream=False, tools=tools(path, "weather"))
    said = raw.json["message"]["tool_plan"] if path == COHERE else text_of(path, raw.json)

    assert ("Let me look", 1) == (said, len(whole_calls(path, raw.json)))


@PATHS
async def test_a_limit_cuts_arguments(provider: FaultProvider, path: str) -> None:
    """Arguments are tokens too: a limit leaves JSON without its end."""
    raw = await ask(provider, path, "tool-calls=1+tokens=14", max_tokens=16, tools=tools(path, "weather"))
    [(_, _, pieces)] = streamed_calls(path, raw)

    assert '{"city":"à' == "".join(pieces)
    words = {OPENAI: "length", RESPONSES: "max_output_tokens", ANTHROPIC: "max_tokens", COHERE: "MAX_TOKENS"}
    assert words[path] == finish_word(path, raw)


@PATHS
async def test_breaking_off_amid_arguments(provider: FaultProvider, path: str) -> None:
    """`cut@N` counts their pieces."""
    raw = await ask(provider, path, "tool-calls=1+cut@2", tools=tools(path, "weather"))

    assert ['{"cit', 'y":"à'] == streamed_calls(path, raw)[0][2]
    await provider.wait_until(lambda attempts: (attempts[0].outcome, attempts[0].tokens_sent) == ("cut", 2))


async def test_calls_interleave_on_chat_completions(provider: FaultProvider) -> None:
    """Each call's next piece comes before the first one's after next."""
    raw = await ask(provider, OPENAI, "tool-calls=2", tools=tools(OPENAI, "weather", "time"))
    deltas: list[Any] = [choice["delta"] for value in raw.values for choice in value["choices"]]
    indexes = [call["index"] for delta in deltas for call in delta.get("tool_calls", ())]

    assert [0, 1] * (len(indexes) // 2) == indexes


@PATHS
@pytest.mark.parametrize("spoiled", ["call", "result"])
async def test_calls_and_results_have_to_match(provider: FaultProvider, path: str, spoiled: str) -> None:
    """A call without its result, and a result without its call, are 400."""
    good = conversation(path)
    *before, call, result = good["messages"]
    bad = {**good, "messages": [*before, call] if spoiled == "call" else [*before, result]}

    assert 200 == (await ask(provider, path, "ok", **good)).status
    raw = await ask(provider, path, "ok", **bad)
    assert (400, True) == (raw.status, b"c1 needs its" in raw.sent)


async def test_openai_sdk_accumulates_calls(provider: FaultProvider) -> None:
    """OpenAI's stream helpers put the same calls together, on both of its wire formats."""
    async with openai_sdk(provider) as client:
        async with client.chat.completions.stream(
            model="tool-calls=2",
            messages=[{"role": "user", "content": "Hi"}],
            tools=tools(OPENAI, "weather", "time"),  # type: ignore[arg-type]
        ) as chat:
            message = (await chat.get_final_completion()).choices[0].message
        async with client.responses.stream(
            model="tool-calls=2",
            input="Hi",
            tools=tools(RESPONSES, "weather", "time"),  # type: ignore[arg-type]
        ) as stream:
            items = (await stream.get_final_response()).output

    calls = [(call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls or ()]
    assert [("weather", ARGUMENTS), ("time", ARGUMENTS)] == calls
    assert calls == [(i.name, json.loads(i.arguments)) for i in items if i.type == "function_call"]


async def test_anthropic_sdk_accumulates_calls(provider: FaultProvider) -> None:
    """Anthropic's stream helper puts the same calls together."""
    async with (
        anthropic_sdk(provider) as client,
        client.messages.stream(
            model="tool-calls=2",
            max_tokens=50,
            messages=[{"role": "user", "content": "Hi"}],
            tools=tools(ANTHROPIC, "weather", "time"),  # type: ignore[arg-type]
        ) as stream,
    ):
        message = await stream.get_final_message()

    calls = [(block.name, block.input) for block in message.content if block.type == "tool_use"]
    assert ([("weather", ARGUMENTS), ("time", ARGUMENTS)], "tool_use") == (calls, message.stop_reason)
