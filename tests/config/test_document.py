"""YAML as plain data: references, lines, and the parts of YAML that are refused."""

from pathlib import Path
from typing import Any

import pytest

from llmrpc_server.config import document
from llmrpc_server.config.document import BadDocument, FromOutside, key_name, read


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set what the references of these tests name."""
    for name, value in {
        "ONE": "one",
        "TWO": "two",
        "EMPTY": "",
        "YAML": "x}\n  evil: {kind: local}\n# ${ONE} $${ &a *a",
        "NULL": "~",
        "dotted.na-me": "dotted",
        "BYTES": "\udcff",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("UNSET", raising=False)


def problems(text: str) -> list[tuple[int, str, str]]:
    """List a document's problems."""
    return [(found.line, found.key, found.text) for found in read(text).problems.values()]


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("", {}),
        ("# nothing\n", {}),
        ("a: [1, 2.5, true, ~, text, '1']", {"a": [1, 2.5, True, None, "text", "1"]}),
        ("{a: {b: [{c: 1}]}}", {"a": {"b": [{"c": 1}]}}),
        ("\ufeffa: 1", {"a": 1}),
        ("a: 2024-08-06\nb: =", {"a": "2024-08-06", "b": "="}),
        ("a: &x {b: 1}\nc: *x\nd: [*x, *x]", {"a": {"b": 1}, "c": {"b": 1}, "d": [{"b": 1}, {"b": 1}]}),
        ("a: !!str 1\nb: !!int '2'", {"a": "1", "b": 2}),
        ("[a]", ["a"]),
        ("a", "a"),
        ("~", None),
    ],
)
def test_reads_yaml(text: str, data: Any) -> None:
    """YAML becomes plain data; a date stays as it was written, an alias is what it names."""
    found = read(text)

    assert data == found.data
    assert {} == found.problems


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: ${ONE}", "one"),
        ("{a: ${ONE}}", "one"),
        ("a: '${ONE}'", "one"),
        ('a: "${ONE}"', "one"),
        ("a: |-\n  ${ONE}", "one"),
        ("a: ${ONE}${TWO}", "onetwo"),
        ("a: x${ONE}y", "xoney"),
        ("a: ${dotted.na-me}", "dotted"),
        ("a: ${NULL}", "~"),
        ("a: !!int ${ONE}", "one"),
        ("a: &x ${ONE}\nb: *x", "one"),
        ("a: $${ONE}", "${ONE}"),
        ("a: $${", "${"),
        ("a: $${ONE} ${ONE}", "${ONE} one"),
        ("a: $$${ONE}", "$${ONE}"),
        ("a: $ONE $ {ONE}", "$ONE $ {ONE}"),
        ("a: '\ue0000 \ue0009\ue001 \ue001'", "\ue0000 \ue0009\ue001 \ue001"),
    ],
)
def test_fills_references_in(text: str, value: str) -> None:
    """${NAME} stands for the variable in every style of YAML, always as text; $${ is a plain ${."""
    found = read(text)

    assert value == found.data["a"]
    assert {} == found.problems


def test_fills_in_files(tmp_path: Path) -> None:
    """${file:PATH} is the file's text without the newlines at its end; what YAML would mean by the path is nothing."""
    odd = tmp_path / "a, b: 'c' #d"
    odd.write_text("odd\n", encoding="utf-8")
    crlf = tmp_path / "crlf"
    crlf.write_bytes(b"line 1\r\nline 2\r\n")

    found = read(f"{{a: ${{file:{odd}}}, b: ${{file:{crlf}}}}}")

    assert {"a": "odd", "b": "line 1\nline 2"} == found.data
    assert {} == found.problems


def test_values_cannot_inject_yaml() -> None:
    """A variable's value is one value, whatever YAML or references stand in it."""
    for text in ("{a: ${YAML}, b: 1}", "a: ${YAML}\nb: 1", 'a: "${YAML}"\nb: 1'):
        assert {"a": "x}\n  evil: {kind: local}\n# ${ONE} $${ &a *a", "b": 1} == read(text).data


def test_comments_hold_no_references() -> None:
    """What is commented out needs no variables."""
    assert [] == problems("# ${UNSET}\na: 1 # ${UNSET} ${\n")


@pytest.mark.parametrize(
    ("text", "outside"),
    [
        ("a: ${ONE}", True),
        ("a: ${ONE}${TWO}", True),
        ("a: one", False),
        ("a: x${ONE}", False),
        ("a: ${ONE}-", False),
        ("a: ${ONE}$${", False),
        ("a: $${ONE}", False),
    ],
)
def test_knows_what_came_from_outside(text: str, outside: bool) -> None:
    """A value counts as from outside only if no part of it stands in the document."""
    assert outside == isinstance(read(text).data["a"], FromOutside)


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        ("UNSET", "the environment variable UNSET is not set"),
        ("EMPTY", "the environment variable EMPTY is empty"),
        ("", "must be ${NAME} or ${file:PATH}, is ${}"),
        ("ONE ", "must be ${NAME} or ${file:PATH}, is ${ONE }"),
        ("UNSET:-x", "must be ${NAME} or ${file:PATH}, is ${UNSET:-x}"),
        ("A=B", "must be ${NAME} or ${file:PATH}, is ${A=B}"),
        ("file:no/such", "the file no/such cannot be read: No such file or directory"),
        ("file:/", "the file / cannot be read: Is a directory"),
        ("file:empty", "the file empty is empty"),
        ("file:binary", "the file binary is not UTF-8 text"),
    ],
)
def test_references_without_a_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reference: str, text: str) -> None:
    """A reference that has no value is a problem at its key, and the others are still looked at."""
    monkeypatch.chdir(tmp_path)
    Path("empty").write_text("\n", encoding="utf-8")
    Path("binary").write_bytes(b"\xff\xfe")

    found = problems(f"b:\n  - 1\n  - x: ${{{reference}}}\nc: ${{UNSET}}")

    assert [(3, "b[1].x", text), (4, "c", "the environment variable UNSET is not set")] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: 1\nb: 2\na: 3", [(3, "a", "stands twice")]),
        ("x:\n  a: {b: 1, b: 2}\n  a: 3", [(2, "x.a.b", "stands twice"), (3, "x.a", "stands twice")]),
        ("1: x", [(1, "1", "must be text: put the key into quotes")]),
        ("a:\n  on: x", [(2, "a.on", "must be text: put the key into quotes")]),
        ("~: x", [(1, "~", "must be text: put the key into quotes")]),
        ("? [a, b]\n: x", [(1, "?", "must be text: put the key into quotes")]),
        ("? {a: b}\n: x", [(1, "?", "must be text: put the key into quotes")]),
        ("!!python/name:os.system a: x", [(1, "a", "must be text: put the key into quotes")]),
        ("${ONE}: x", [(1, "${ONE}", "must not hold ${...}: only values may")]),
        ("a: &x {b: 1}\nc:\n  <<: *x", [(3, "c.<<", "merge keys are not read: write the keys themselves")]),
        ("a: !foo x", [(1, "a", 'has the tag "!foo", which means nothing here')]),
        ("a: [!foo {}]", [(1, "a[0]", 'has the tag "!foo", which means nothing here')]),
        (
            "a: !!python/object/apply:os.system [id]",
            [(1, "a", 'has the tag "tag:yaml.org,2002:python/object/apply:os.system", which means nothing here')],
        ),
        ("a: !!binary aGk=", [(1, "a", 'has the tag "tag:yaml.org,2002:binary", which means nothing here')]),
        ("a: !!set {b}", [(1, "a", 'has the tag "tag:yaml.org,2002:set", which means nothing here')]),
        ("a: !!int x", [(1, "a", "cannot be read as int")]),
        ("a: !!int ''", [(1, "a", "cannot be read as int")]),
        ("a: !!float x", [(1, "a", "cannot be read as float")]),
        ("a: !!bool x", [(1, "a", "cannot be read as bool")]),
        ("a: " + "9" * 5000, [(1, "a", "cannot be read as int")]),
        ('a: [x, "x\\0"]', [(1, "a[1]", "must not hold U+0000")]),
        ('a: 1\nb: "\\ud800"', [(2, "b", "must not hold U+D800")]),
        ('a: "${ONE}\\udfff"', [(1, "a", "must not hold U+DFFF")]),
        ("a: 1\nb: ${file:\0}", [(2, "b", "must not hold U+0000")]),
        ("a: 1\nb: ${BYTES}", [(2, "b", "must not hold U+DCFF")]),
        ('a: 1\nb: {"x\\ud800": 1}', [(2, "b.x\\ud800", "must not hold U+D800")]),
        ('a: 1\n"x\\0": 1', [(2, "x\\x00", "must not hold U+0000")]),
    ],
)
def test_refuses_keys_and_values(text: str, found: list[tuple[int, str, str]]) -> None:
    """What YAML allows and a configuration has no use for is a problem with line and key, never an exception."""
    assert found == problems(text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: [", 1),
        ("a: 1\nb: c: d", 2),
        ("a:\n\tb: 1", 2),
        ("a: 1\n---\nb: 2", 2),
        ("a: 1\nb: *x", 2),
        ("a: &x 1\nb: &x 2", 2),
        ("a: é\nb: \x00", 2),
        ("a: é\nb: \x1b[31m", 2),
        ("%YAML 7", 1),
    ],
)
def test_refuses_what_is_not_yaml(text: str, line: int) -> None:
    """What is not one YAML document is refused with the line, in one line of text."""
    with pytest.raises(BadDocument) as failed:
        read(text)

    assert (line, "") == (failed.value.problem.line, failed.value.problem.key)
    assert failed.value.problem.text.startswith("not YAML: ")
    assert "\n" not in failed.value.problem.text


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("a: 1\nb: &x {c: *x}", "b"),
        ("a: 1\nb: &x [*x, *x, *x]", "b"),
        ("a: 1\nb: " + "[" * 100 + "]" * 100, "b"),
    ],
)
def test_refuses_depth(text: str, key: str) -> None:
    """A document that goes too deep is refused at once; an alias inside what it names goes deep for ever."""
    with pytest.raises(BadDocument, match="nested more than 32 deep") as failed:
        read(text)

    assert (2, key) == (failed.value.problem.line, failed.value.problem.key)


def test_survives_any_depth() -> None:
    """A document deeper than the stack does not end in a traceback; see also `test_commands`."""
    with pytest.raises(BadDocument, match="nested too deep"):
        read("{a: " * 1000 + "}" * 1000)


def test_refuses_aliases_that_explode() -> None:
    """A few lines of aliases for aliases would be more values than memory holds."""
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]" for old, new in zip("abcdefgh", "bcdefghi", strict=True)]

    with pytest.raises(BadDocument, match=f"more than {document.MAX_VALUES} values"):
        read("\n".join(lines))


def test_remembers_lines() -> None:
    """Each key has its line; a path that is not there has the line of the nearest one around it."""
    found = read("# a comment\na:\n  - b: 1\n    c: {d: 2,\n      e: 3}\n")

    assert 2 == found.line(("a",))
    assert 3 == found.line(("a", 0, "b"))
    assert 4 == found.line(("a", 0, "c", "d"))
    assert 5 == found.line(("a", 0, "c", "e"))
    assert 4 == found.line(("a", 0, "c", "missing", "deeper"))
    assert 1 == read("").line(("a",))


def test_key_names() -> None:
    """Paths are written as people do."""
    assert "routes.default.targets[0].model" == key_name(("routes", "default", "targets", 0, "model"))
    assert "" == key_name(())
