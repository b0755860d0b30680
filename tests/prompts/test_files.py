"""What a file may say, and what is told of one that is no good; how much a template can do."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from llmrpc_server.errors import InvalidRequest
from llmrpc_server.prompts import PromptStore
from prompts.asking import named
from prompts.files import FILES, write
from toolchains import ROOT

MESSAGES = 'messages: [{role: user, text: "x"}]\n'

# The template's second line follows, which is the file's seventh; its key is in the fifth.
JINJA2 = "format: jinja2\nvariables: {x: {}}\nmessages:\n  - role: user\n    text: |\n      a\n      "

BROKEN: list[tuple[str, int, str]] = [
    ("messages: [", 1, "not YAML"),
    ("description: x\n", 1, "messages: must be set"),
    (f"descripton: x\n{MESSAGES}", 1, "descripton: unknown key"),
    ('messages:\n  - {role: user, text: "{who}"}\n', 2, 'messages[0].text: uses "who", which is none of its variables'),
    ('messages:\n  - {role: user, text: "{"}\n', 2, "messages[0].text: is no f-string template"),
    (
        'variables: {x: {}}\nmessages:\n  - {role: user, text: "{x!r:>1000000000}"}\n',
        3,
        "messages[0].text: is no f-string template: a field is wider than 9999 characters",
    ),
    (
        'format: jinja2\nvariables: {x: {type: list}}\nmessages:\n  - {role: user, text: "{{ x | batch(2) }}"}\n',
        4,
        "messages[0].text: is no jinja2 template: No filter named 'batch'",
    ),
    (
        'variables: {x: {}}\nmessages:\n  - {role: user, text: "{x.y}"}\n',
        3,
        "messages[0].text: is no f-string template",
    ),
    ('format: jinja2\nmessages:\n  - {role: user, text: "{% if %}"}\n', 3, "messages[0].text: is no jinja2 template"),
    ("format: jinja2\nmessages:\n  - {role: user, text: \"{% include 'x' %}\"}\n", 3, "messages[0].text"),
    ('format: mustache\nmessages:\n  - {role: user, text: "{{#a}}"}\n', 3, "messages[0].text"),
    ('format: mustache\nmessages:\n  - {role: user, text: "{{> x}}"}\n', 3, "there are no partials"),
    ('format: mustache\nmessages:\n  - {role: user, text: "{{=<% %>=}}<%> x%>"}\n', 3, "there are no partials"),
    ('format: mustache\nmessages:\n  - {role: user, text: "{{.}}"}\n', 3, "{{.}} stands outside of a section"),
    ('format: mustache\nmessages:\n  - {role: user, text: "{{..}}"}\n', 3, 'uses ""'),
    (
        'format: mustache\nvariables: {l: {type: list}}\nmessages:\n  - {role: user, text: "'
        + "{{#l}}" * 33
        + "{{/l}}" * 33
        + '"}\n',
        4,
        "sections are nested more than 32 deep",
    ),
    (
        JINJA2 + "{{ 'x'|center(10**9) }}",
        5,
        "messages[0].text: is no jinja2 template: a constant is worked out: write what comes of it (line 2 of it)",
    ),
    (
        JINJA2 + "{{ 'x' * 1000000000 }}",
        5,
        "messages[0].text: is no jinja2 template: a constant is worked out: write what comes of it (line 2 of it)",
    ),
    (
        "format: jinja2\nvariables: {x: {}}\nmessages:\n  - role: user\n    text: |\n      a\n      {{ 9 ** 9 ** 9 }}",
        5,
        "messages[0].text: is no jinja2 template: a constant is worked out: write what comes of it (line 2 of it)",
    ),
    (
        JINJA2 + "{{ x ~ ([1] * 1000000000) }}",
        5,
        "messages[0].text: is no jinja2 template: a constant is worked out: write what comes of it (line 2 of it)",
    ),
    (
        JINJA2 + "{{ '%1000000000d' % 1 }}",
        5,
        "messages[0].text: is no jinja2 template: a constant is worked out: write what comes of it (line 2 of it)",
    ),
    ('format: jinja2\nmessages:\n  - {role: user, text: "{{ ' + "(" * 5000 + '1"}\n', 3, "is no jinja2 template"),
    (
        "format: jinja2\nmessages:\n  - {role: user, text: '"
        + "{% for a in [1] %}" * 30
        + "{% endfor %}" * 30
        + "'}\n",
        3,
        "is no jinja2 template: too many statically nested blocks",
    ),
    ("messages: " + "[" * 5000, 0, "is nested too deep"),
    ("format: erb\n" + MESSAGES, 1, "format"),
    ("messages:\n  - {role: judge, text: x}\n", 2, "messages[0].role"),
    ("messages:\n  - {role: user}\n", 2, "messages[0]: must have a role with text or parts"),
    ("messages:\n  - {placeholder: history}\n", 2, "must name a variable of the type messages"),
    ("messages:\n  - {role: user, parts: [{media: picture}]}\n", 2, "must name a variable of the type media"),
    (f"variables:\n  model: {{}}\n{MESSAGES}", 2, "must be a name"),
    (f"variables:\n  n: {{type: integer, default: x}}\n{MESSAGES}", 2, "has a default that is not of its own type"),
    (f"variables:\n  n: {{schema: {{pattern: '('}}}}\n{MESSAGES}", 2, "must be a JSON Schema"),
    (f"defaults:\n  tools: []\n{MESSAGES}", 2, "defaults.tools: must be one of model, config, output, cache, labels"),
    (f"defaults:\n  config: {{temprature: 1}}\n{MESSAGES}", 2, "temprature"),
    (f"defaults:\n  config: {{temperature: 9}}\n{MESSAGES}", 2, "config.temperature must be from 0 to 2"),
    (f"{MESSAGES}variants:\n  - for: [a]\n    {MESSAGES}  - for: [a]\n    {MESSAGES}", 5, "has a variant already"),
]


@pytest.mark.parametrize(("text", "line", "words"), BROKEN)
def test_a_broken_file_is_told_with_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    """Every problem names the file, the line, the key, and what would be right."""
    path = write(tmp_path, {"bad/1.yaml": text}) / "bad" / "1.yaml"
    (problem,) = PromptStore(tmp_path).load()

    assert problem.startswith(f"{path}:{line}: ")
    assert words in problem


def test_a_broken_file_never_replaces_a_good_one(tmp_path: Path) -> None:
    """The last good version stays until a better one comes; a file that is gone is gone."""
    store = PromptStore(write(tmp_path, {"p/1.yaml": MESSAGES}))
    assert [] == store.load()
    good = store.get("p")
    write(tmp_path, {"p/1.yaml": "messages: ["})
    assert 1 == len(store.load())
    assert good is store.get("p")
    write(tmp_path, {"p/1.yaml": MESSAGES.replace('"x"', '"y"')})
    assert [] == store.load()
    assert good.digest != store.get("p").digest
    (tmp_path / "p" / "1.yaml").unlink()
    store.load()
    assert [] == list(store)


def test_the_newest_version_is_current_unless_one_says_so(tmp_path: Path) -> None:
    """Versions are ordered as people count: 10 is newer than 9, 1.10 than 1.9."""
    files = {f"p/{version}.yaml": MESSAGES for version in ("9", "10", "1.9", "1.10")}
    store = PromptStore(write(tmp_path, files))
    store.load()
    assert ["10", "9", "1.10", "1.9"] == store.versions("p")
    assert "10" == store.current("p")
    write(tmp_path, {"p/9.yaml": f"current: true\n{MESSAGES}"})
    store.load()
    assert "9" == store.current("p")


def _render(tmp_path: Path, text: str, **variables: Any) -> str:
    """Render a jinja2 template in which every variable is of any type."""
    declared = ", ".join(f"{name}: {{type: {kind}}}" for name, kind in _kinds(variables))
    file = f"format: jinja2\nvariables: {{{declared}}}\nmessages:\n  - role: user\n    text: |-\n      {text}"
    store = PromptStore(write(tmp_path, {"p/1.yaml": file}))
    assert [] == store.load()
    filled = store.get("p").filled(named("p", **variables).variables)
    return "".join(part.text for message in filled.messages(_Target()) for part in message.parts)


def _kinds(variables: dict[str, Any]) -> list[tuple[str, str]]:
    kinds = {str: "string", int: "integer", float: "integer", list: "list", dict: "object"}
    return [(name, kinds[type(value)]) for name, value in variables.items()]


class _Target:
    """Somebody to be asked."""

    name, model = "a/b", "b"

    class provider:  # noqa: N801 - an attribute.
        """Whose model it is."""

        name, kind = "a", "k"


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("{{ x.__class__ }}", {"x": "a"}),
        ("{{ x.upper() }}", {"x": "a"}),
        ("{{ x['__class__'].y }}", {"x": {}}),
        ("{{ ''.__class__.__mro__ }}", {"x": 1}),
        ("{{ x.items }}{{ x.items() }}", {"x": {"a": 1}}),
        ("{{ 'x' * n }}", {"n": 1_000_000_000}),
        ("{{ [1] * n }}", {"n": 1_000_000_000}),
        ("{{ 9 ** n }}", {"n": 1_000_000_000}),
        ("{{ '%1000000000d' % n }}", {"n": 1}),
        ("{% for i in range(n) %}x{% endfor %}", {"n": 1_000_000_000}),
        ("{% for i in l %}{{ x }}{% endfor %}", {"l": [1] * 10_000, "x": "y" * 1000}),
        ("{{ missing.thing.more }}", {"missing": {}}),
        (
            "{% set s = namespace(x=x) %}{% for i in range(n) %}{% set s.x = s.x ~ s.x %}{% endfor %}{{ s.x }}",
            {"x": "y", "n": 60},
        ),
        ("{{ x | replace(old, x) }}", {"x": "y" * 100_000, "old": ""}),
        ("{{ x | join(x) }}", {"x": "y" * 100_000}),
        ("{{ l | tojson(indent=n) }}", {"l": [[1]], "n": 1_000_000_000}),
    ],
)
def test_what_reaches_too_far_is_refused(tmp_path: Path, text: str, variables: dict[str, Any]) -> None:
    """Attributes, methods, endless and gigantic texts: INVALID_ARGUMENT, soon and without the memory."""
    with pytest.raises(InvalidRequest) as refused:
        _render(tmp_path, text, **variables)

    assert "prompt.variables" == refused.value.violations[0].field


@pytest.mark.parametrize(
    ("text", "variables", "expected"),
    [
        ("{{ x['__class__'] }}{{ x.a }}", {"x": {"__class__": "c", "a": "b"}}, "cb"),
        ("{% for k, v in x | dictsort %}{{ k }}={{ v }};{% endfor %}", {"x": {"b": 1, "a": 2}}, "a=2;b=1;"),
        ("{% for i in l %}{{ loop.index }}{{ loop.last }} {% endfor %}", {"l": ["a", "b"]}, "1False 2True "),
        (
            "{% set s = namespace(n=0) %}{% for i in l %}{% set s.n = s.n + i %}{% endfor %}{{ s.n }}",
            {"l": [1, 2]},
            "3",
        ),
        (
            "{{ l | join(', ') }} {{ n * 2 }} {{ 7 % 4 }} {{ 2 ** 10 }}",
            {"l": ["a", "b"], "n": 3},
            "a, b 6 3 1024",
        ),
        ("{{ n }}{% for i in range(n) %}.{% endfor %}", {"n": 3.0}, "3..."),
        ("{{ x | tojson }}", {"x": {"a": ["b"]}}, '{"a": ["b"]}'),
        ("{{ x | tojson(indent=1) | replace('\\n', '') }}", {"x": ["b"]}, '[ "b"]'),
        ("{{ x ~ n ~ l }}", {"x": "a", "n": 1, "l": [2]}, "a1[2]"),
        ("{{ x | replace('a', 'b', 1) }}", {"x": "aa"}, "ba"),
        ("{{ l | join('-', attribute='k') }}", {"l": [{"k": 1}, {"k": 2}]}, "1-2"),
    ],
)
def test_what_templates_need_works(tmp_path: Path, text: str, variables: dict[str, Any], expected: str) -> None:
    """Keys of objects, filters, loops with their counters, sums: what a template is for."""
    assert expected == _render(tmp_path, text, **variables)


def test_langchain_renders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is served comes out of langchain-core's ChatPromptTemplate: with another one in its place it does not."""
    from langchain_core.prompts import ChatPromptTemplate

    store = PromptStore(write(tmp_path, {"p/1.yaml": MESSAGES}))
    store.load()
    monkeypatch.setattr(ChatPromptTemplate, "format_messages", lambda *_, **__: [])

    assert [] == store.get("p").filled({}).messages(_Target())


_IMPORTED = """
import asyncio, sys
from pathlib import Path
from llmrpc_server.app import App
from llmrpc_server.prompts import PromptStore
store = PromptStore(Path(sys.argv[1]))
store.load()
print("langchain_core" in sys.modules, "jinja2" in sys.modules)
"""


def test_langchain_comes_with_the_first_prompt(tmp_path: Path) -> None:
    """A server without prompts does not import LangChain; one with a prompt does."""
    empty, full = tmp_path / "empty", write(tmp_path / "full", {"p/1.yaml": FILES["greeting/1.yaml"]})
    empty.mkdir()

    def run(folder: Path) -> str:
        command = [sys.executable, "-c", _IMPORTED, str(folder)]
        return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout.strip()

    assert "False False" == run(empty)
    assert "True True" == run(full)


def test_the_document_shows_the_file() -> None:
    """What docs/prompts.md shows of its example is the example."""
    file = (ROOT / "docs" / "prompts" / "summary" / "1.yaml").read_text(encoding="utf-8")

    assert f"```\n{file}```" in (ROOT / "docs" / "prompts.md").read_text(encoding="utf-8")
