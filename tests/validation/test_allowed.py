"""What a CompleteRequest may hold."""

from validation.fields import found, function, request


def test_the_least_is_good() -> None:
    """One user message with one text part is a request."""
    assert [] == found(request())


def test_a_prompt_stands_in_for_messages() -> None:
    """A prompt has messages of its own."""
    assert [] == found(request(messages=[], prompt={"name": "greeting"}))


def test_all_that_is_allowed() -> None:
    """A request may use every field at the limits of what it takes."""
    schema = '{"type": "object"}'
    parts = [
        {"text": ""},
        {"text": "Hi", "cacheBreakpoint": True, "providerState": {"kind": "openai"}, "citations": [{"title": "t"}]},
        {"media": {"mimeType": "image/png", "data": "aGk="}},
        {"media": {"uri": "https://example.com/a.png"}},
        {"media": {"fileId": "file-1"}},
        {"reasoning": {"text": "hm"}},
        {"refusal": "no"},
        {"providerPart": {"kind": "anthropic", "type": "x", "json": "{}"}},
        {"toolCall": {"id": "1", "name": "look_up", "argumentsJson": "{not json"}},
    ]
    inner = [{"text": "x"}, {"media": {"fileId": "file-1"}}]
    asked = request(
        model="default",
        messages=[
            *({"role": role, "parts": parts, "name": "n"} for role in ("ROLE_SYSTEM", "ROLE_DEVELOPER", "ROLE_USER")),
            {"role": "ROLE_ASSISTANT", "parts": parts},
            {"role": "ROLE_TOOL", "parts": [{"toolResult": {"toolCallId": "1", "parts": inner, "isError": True}}]},
        ],
        prompt={"name": "p", "version": "1", "variables": {"a": {"text": "x"}, "b": {"json": "1"}}},
        config={
            "temperature": 2,
            "topP": 1,
            "topK": 1,
            "maxOutputTokens": 1,
            "stopSequences": ["x"] * 16,
            "seed": "-1",
            "frequencyPenalty": -2,
            "presencePenalty": 2,
            "parallelToolCalls": False,
            "topLogprobs": 20,
            "reasoningEffort": "REASONING_EFFORT_MAX",
            "reasoningBudgetTokens": 1,
        },
        tools=[
            function(name="a" * 64, description="d", parametersJsonSchema=schema, strict=True),
            function(name="_-9"),
            {"providerTool": {"kind": "anthropic", "type": "web_search", "optionsJson": "{}"}},
            {"providerTool": {"kind": "anthropic", "type": "web_search"}},
        ],
        toolChoice={"mode": "TOOL_CHOICE_MODE_REQUIRED", "toolNames": ["_-9"]},
        output={"jsonSchema": {"name": "n", "schemaJson": schema}, "maxRepairs": 0},
        routing={
            "fallbackModels": ["a"],
            "disableFallback": True,
            "maxAttempts": 1,
            "attemptTimeout": "0.000000001s",
            "firstTokenTimeout": "1s",
            "idleTimeout": "315576000000s",
            "affinityKey": "k",
        },
        cache={"mode": "CACHE_MODE_BYPASS", "ttl": "1s", "tags": ["t"] * 16},
        maxCostPicos="1",
        requestId="r" * 128,
        user="u" * 256,
        labels={**{f"k{number}": "" for number in range(63)}, "é" * 63: "é" * 256},
        providerOptionsJson={"openai": "{}"},
        stream={"onInterruption": "INTERRUPTION_POLICY_CONTINUE", "partialInterval": "0.1s"},
    )

    assert {field.name for field in asked.DESCRIPTOR.fields} == {field.name for field, _ in asked.ListFields()}
    assert [] == found(asked)


def test_a_schema_can_be_a_boolean() -> None:
    """JSON Schema has two schemas that are no objects."""
    assert [] == found(request(output={"jsonSchema": {"schemaJson": "true"}}))
