"""The table of mustache: sections, what is seen inside them, and what values cannot make of a template."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from llmrpc_server.errors import InvalidRequest
from llmrpc_server.prompts import PromptStore
from prompts.asking import named
from prompts.files import write

TABLE: list[tuple[str, Any, str]] = [
    ("{{#v}}<{{.}}>{{/v}}", [1, 2], "<1><2>"),
    ("{{#v}}<{{.}}>{{/v}}", [0, "", None, 0.0, "a"], "<0><><><0.0><a>"),
    ("{{#v}}{{a}},{{/v}}", [{"a": 1}, {"a": 0}, {"a": None}, {}], "1,0,,,"),
    ("{{#v}}{{#.}}yes {{/.}}{{/v}}", [True, False, [], [1]], "yes yes "),
    ("{{#v}}some{{/v}}{{^v}}none{{/v}}", [], "none"),
    ("{{#v}}some{{/v}}{{^v}}none{{/v}}", {}, "none"),
    ("{{#v}}some{{/v}}{{^v}}none{{/v}}", 0, "none"),
    ("{{#v}}some{{/v}}{{^v}}none{{/v}}", [0], "some"),
    ("{{#v}}{{a}} {{b.c}} {{b.d.1}}{{/v}}", {"a": 1, "b": {"c": 2, "d": [3, 4]}}, "1 2 4"),
    ("{{#v}}{{#a}}{{b}}{{/a}}{{^a}}-{{/a}};{{/v}}", [{"a": [{"b": 1}, {"b": 2}]}, {"a": []}], "12;-;"),
    ("{{#v.a}}{{b}}{{/v.a}}", {"a": [{"b": 1}]}, "1"),
    # A name inside a section is a key of its value, or else a variable.
    ("{{#v}}Dear {{name}}{{/v}}", True, "Dear Ada"),
    ("{{^v}}Dear {{name}}{{/v}}", False, "Dear Ada"),
    ("{{#v}}{{name}} {{/v}}", [{"name": "Eva"}, {}], "Eva Ada "),
    ("{{#v}}{{model}} {{/v}}", [1, 2], "m m "),
    ("{{#v}}[{{picture}}{{past}}]{{/v}}", [{"picture": "x"}, {}], "[x][]"),
    # Values are data, and keys are no attributes.
    ("{{v}}", "{{name}}{{> x}}{{=<% %>=}}", "{{name}}{{&gt; x}}{{=&lt;% %&gt;=}}"),
    ("{{{v}}}{{&v}}", '<"&">', '<"&"><"&">'),
    ("{{v.__class__}}{{v.upper}}{{#v}}{{__class__.__mro__}}{{/v}}", "text", ""),
    ("{{#v}}{{{.}}}{{/v}}", "lambda: 1", "lambda: 1"),
    ("{{=<% %>=}}<%#v%><%.%> {{.}}<%/v%><%={{ }}=%>{{name}}", [1], "1 {{.}}Ada"),
    ("{{! not told }}{{name}}", 1, "Ada"),
    # As long as a prompt may be, a loop is no trouble.
    ("{{#v}}{{t}}\n{{/v}}", [{"t": "x" * 1500}] * 1000, ("x" * 1500 + "\n") * 1000),
    ("{{#v}}{{.}}{{/v}}", [7] * 10_000, "7" * 10_000),
]

_HUGE: list[tuple[str, Any]] = [
    ("{{#v}}{{#v}}{{#v}}{{{.}}}{{/v}}{{/v}}{{/v}}", [1] * 5000),
    ("{{#v}}" * 32 + "x" + "{{/v}}" * 32, [1, 2]),
    ("{{#v}}{{v}}{{/v}}", [0] * 100_000),
    ("{{#v.n}}{{v.x}}{{/v.n}}", {"n": [1] * 10_000, "x": "y" * 10_000}),
    ("{{#v}}{{/v}}", [0] * 500_000),
]


def _render(folder: Path, text: str, value: Any) -> str:
    types = {list: "list", dict: "object", str: "string", bool: "boolean", int: "integer"}
    file = (
        f"format: mustache\nvariables:\n  v: {{type: {types[type(value)]}}}\n  name: {{}}\n"
        "  picture: {type: media, required: false}\n  past: {type: messages, required: false}\n"
        f"messages:\n  - {{role: user, text: {json.dumps(text)}}}\n"
    )
    store = PromptStore(write(folder, {"p/1.yaml": file}))
    assert [] == store.load()
    target = SimpleNamespace(name="p/m", model="m", provider=SimpleNamespace(name="p", kind="openai"))
    messages = store.get("p").filled(named("p", v=value, name="Ada").variables).messages(target)
    return "".join(part.text for message in messages for part in message.parts)


@pytest.mark.parametrize(("text", "value", "expected"), TABLE)
def test_table(tmp_path: Path, text: str, value: Any, expected: str) -> None:
    """Sections over lists, objects and conditions, nested, and every item of a list; values are never templates."""
    assert expected == _render(tmp_path, text, value)


@pytest.mark.parametrize(("text", "value"), _HUGE)
def test_sections_cannot_repeat_without_bound(tmp_path: Path, text: str, value: Any) -> None:
    """Sections in sections over long lists, or around long texts, are refused while they are rendered."""
    with pytest.raises(InvalidRequest) as failed:
        _render(tmp_path, text, value)

    assert ["the lists and texts are too large to be repeated for each other"] == _told(failed.value)


def test_a_value_that_is_nested_too_deep_is_refused(tmp_path: Path) -> None:
    """A loop over what is nested hundreds deep is the call's mistake, and no fault of the server."""
    value: list[Any] = []
    for _ in range(600):
        value = [value]
    with pytest.raises(InvalidRequest) as failed:
        _render(tmp_path, "{{#v}}{{.}}{{/v}}", value)

    assert ["a value is nested too deep"] == _told(failed.value)


def _told(error: InvalidRequest) -> list[str]:
    return [violation.description for violation in error.violations]
