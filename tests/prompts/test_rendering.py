"""The table: templates, what fills them, who is asked, and exactly what is said."""

from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2

from details import detail
from fault_provider import ThreadedFaultProvider
from gateway import Gateway, said
from llmrpc.v1 import completion_pb2, message_pb2
from prompts.asking import Said, named, rendered

PNG = message_pb2.Media(mime_type="image/png", data=b"png")
EARLIER = completion_pb2.MessageList(
    messages=[said(message_pb2.ROLE_USER, "Hi"), said(message_pb2.ROLE_ASSISTANT, "Hello")]
)
GPT, SONNET, HAIKU = "openai/gpt-4o", "anthropic/claude-sonnet-5-5", "anthropic/claude-haiku-4-5"

TABLE: list[tuple[str, dict[str, Any], str, Said]] = [
    ("greeting", {"name": "Ada"}, GPT, [("system", "Be kind. {Braces} stay."), ("user", "Welcome Ada.")]),
    ("greeting", {"name": "Ada", "tone": ""}, GPT, [("system", "Be . {Braces} stay."), ("user", "Welcome Ada.")]),
    (
        "greeting",
        {"name": "Zoë 🍵"},
        SONNET,
        [("system", "Be kind. {Braces} stay."), ("user", "Welcome Zoë 🍵.")],
    ),
    ("order", {"items": []}, GPT, [("user", "Order: nothing")]),
    ("order", {"items": [{"name": "tea"}]}, GPT, [("user", "Order:\n1. tea")]),
    (
        "order",
        {"items": [{"name": "tea", "count": 2}, {"name": "milk"}], "urgent": True, "note": "hot"},
        SONNET,
        [("user", "At once! Order:\n1. tea x 2\n2. milk (HOT)")],
    ),
    ("letter", {"to": "A & B", "lines": ["one", "two"]}, GPT, [("user", "Dear A & B, one; two;")]),
    ("letter", {"to": "<Ada>", "lines": [], "paid": False}, GPT, [("user", "Dear <Ada>, pay!")]),
    ("document", {"text": "It rains."}, GPT, [("system", "Answer openai."), ("user", "## Document\nIt rains.")]),
    ("document", {"text": "It rains."}, SONNET, [("user", "<document>It rains.</document>")]),
    ("document", {"text": "It rains."}, HAIKU, [("user", "<d model='claude-haiku-4-5'>It rains.</d>")]),
    (
        "shots",
        {"question": "4+4"},
        GPT,
        [("user", "2+2?"), ("assistant", "4"), ("user", "3+3?"), ("assistant", "6"), ("user", "4+4?")],
    ),
    (
        "shots",
        {"question": "4+4", "history": EARLIER},
        SONNET,
        [
            ("user", "2+2?"),
            ("assistant", "4"),
            ("user", "3+3?"),
            ("assistant", "6"),
            ("user", "Hi"),
            ("assistant", "Hello"),
            ("user", "4+4?"),
        ],
    ),
    ("picture", {"what": "this", "picture": PNG}, GPT, [("user", "What is this?|[media]|In a word.")]),
]

# Values that look like templates, or reach for what is behind them: they are text.
HOSTILE = [
    "{name}",
    "{name.__class__}",
    "{0}",
    "{{name}}",
    "{{ name }}",
    "{{ 7 * 7 }}",
    "{% for i in range(9) %}x{% endfor %}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{#lines}}x{{/lines}}",
    "{{> /etc/passwd}}",
    "{{=<% %>=}}",
    "%s %(x)s %n",
    "${HOME}",
    "{",
    "}}",
    "\\{\\}",
]


@pytest.mark.parametrize(("name", "variables", "model", "expected"), TABLE)
async def test_table(prompting: Gateway, name: str, variables: dict[str, Any], model: str, expected: Said) -> None:
    """Conditions, loops, defaults, variants, examples, placeholders and media: exactly these messages."""
    assert expected == await rendered(prompting, named(name, **variables), model)


@pytest.mark.parametrize("text", HOSTILE)
async def test_values_are_data(prompting: Gateway, text: str) -> None:
    """Template syntax in a value is not carried out, in any of the formats."""
    greeting = await rendered(prompting, named("greeting", name=text))
    order = await rendered(prompting, named("order", items=[{"name": text}]))
    letter = await rendered(prompting, named("letter", to=text, lines=[text]))

    assert f"Welcome {text}." == greeting[1][1]
    assert f"Order:\n1. {text}" == order[0][1]
    assert f"Dear {text}, {text};" == letter[0][1]


async def test_a_call_says_what_is_rendered(prompting: Gateway, faults: ThreadedFaultProvider) -> None:
    """The prompt's messages come first, those of the request follow."""
    asked = completion_pb2.CompleteRequest(
        prompt=named("greeting", name="Ada"), messages=[said(message_pb2.ROLE_USER, "And Eva.")]
    )
    await prompting.completion.Complete(asked, timeout=20)
    messages = faults.attempts[0].body["messages"]

    assert ["Be kind. {Braces} stay.", "Welcome Ada.", "And Eva."] == [message["content"] for message in messages]


async def test_the_variant_follows_the_fallback(prompting: Gateway, faults: ThreadedFaultProvider) -> None:
    """Each target of a call is asked in its own variant."""
    routing = completion_pb2.RoutingPolicy(fallback_models=["anthropic/claude-sonnet-5-5"])
    asked = completion_pb2.CompleteRequest(
        model="openai/status=529", prompt=named("document", text="It rains."), routing=routing
    )
    await prompting.completion.Complete(asked, timeout=20)
    first, *_, last = faults.attempts

    assert "## Document\nIt rains." == first.body["messages"][-1]["content"]
    assert "<document>It rains.</document>" == last.body["messages"][-1]["content"][0]["text"]
    assert "system" not in last.body


async def test_defaults_are_under_the_request(prompting: Gateway, faults: ThreadedFaultProvider) -> None:
    """What a prompt says of model, config and output holds where the request says nothing itself."""
    script = ['text={"n": 1}']
    faults.script("gpt-4o", script)
    asked = completion_pb2.CompleteRequest(prompt=named("extract", text="x"))
    answer = await prompting.completion.Complete(asked, timeout=20)
    asked.config.temperature = 1
    asked.config.max_output_tokens = 5
    await prompting.completion.Complete(asked, timeout=20)
    first, second = (attempt.body for attempt in faults.attempts)
    faults.script("gpt-4o", ["ok"])

    assert '{"n": 1}' == answer.parsed.json
    assert (0.5, ["END"], None) == (first["temperature"], first["stop"], first.get("max_completion_tokens"))
    assert (1, ["END"]) == (second["temperature"], second["stop"])
    assert "thing" == first["response_format"]["json_schema"]["name"]


async def test_plan_shows_what_would_be_said(prompting: Gateway, faults: ThreadedFaultProvider) -> None:
    """PlanCompletion renders for the first target and asks nobody."""
    asked = completion_pb2.CompleteRequest(model=SONNET, prompt=named("document", text="x" * 400))
    plan = await prompting.completion.PlanCompletion(completion_pb2.PlanCompletionRequest(request=asked), timeout=20)

    assert ["<document>" + "x" * 400 + "</document>"] == [message.parts[0].text for message in plan.messages]
    assert plan.targets[0].input_tokens > 50
    assert [] == faults.attempts


async def test_media_ask_for_a_target_that_sees(prompting: Gateway) -> None:
    """A prompt with a picture needs what a picture needs."""
    film = message_pb2.Media(mime_type="video/mp4", data=b"x")
    asked = completion_pb2.CompleteRequest(prompt=named("picture", what="x", picture=film))
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await prompting.completion.Complete(asked, timeout=20)

    assert grpc.StatusCode.UNIMPLEMENTED is failed.value.code()
    assert ["prompt"] == [v.field for v in detail(failed.value, error_details_pb2.BadRequest).field_violations]


BAD: list[tuple[str, dict[str, Any], str, str]] = [
    ("greeting", {}, "name", "must be set"),
    ("greeting", {"name": "Ada", "nmae": "x"}, "nmae", 'did you mean "name"?'),
    ("greeting", {"name": 7}, "name", "must be of the type string"),
    ("greeting", {"name": None}, "name", "must be of the type string"),
    ("order", {"items": "tea"}, "items", "must be json"),
    ("order", {"items": {"name": "tea"}}, "items", "must be of the type list"),
    ("order", {"items": [{"count": 1}]}, "items", '[0]: "name" is a required property'),
    ("order", {"items": [], "urgent": 1}, "urgent", "must be of the type boolean"),
    ("picture", {"what": "x", "picture": "x"}, "picture", "must be media"),
    ("picture", {"what": "x", "picture": message_pb2.Media(mime_type="image/png")}, "picture", "must have data"),
    ("shots", {"question": "x", "history": "x"}, "history", "must be messages"),
    ("greeting", {"name": PNG}, "name", "must be text"),
]


@pytest.mark.parametrize("case", BAD, ids=lambda case: f"{case[0]}-{case[2]}-{case[3]}")
async def test_wrong_variables_are_named(
    prompting: Gateway, faults: ThreadedFaultProvider, case: tuple[str, dict[str, Any], str, str]
) -> None:
    """A variable that is missing, not declared or of another type: INVALID_ARGUMENT with its path, before any cost."""
    name, variables, variable, words = case
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await prompting.completion.Complete(completion_pb2.CompleteRequest(prompt=named(name, **variables)), timeout=20)
    (violation,) = detail(failed.value, error_details_pb2.BadRequest).field_violations

    assert grpc.StatusCode.INVALID_ARGUMENT is failed.value.code()
    assert f'prompt.variables["{variable}"]' == violation.field
    assert words in violation.description
    assert [] == faults.attempts


async def test_an_unknown_prompt_is_not_found(prompting: Gateway) -> None:
    """A name or a version that is not there: NOT_FOUND, with what there is."""
    for reference, words in ((named("greting"), "there are: document"), (named("greeting", "3"), "it has: 10, 2, 1")):
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await prompting.completion.Complete(completion_pb2.CompleteRequest(prompt=reference), timeout=20)

        assert grpc.StatusCode.NOT_FOUND is failed.value.code()
        assert "PROMPT_NOT_FOUND" == detail(failed.value, error_details_pb2.ErrorInfo).reason
        assert words in (failed.value.details() or "")
