"""A YAML file as plain data that remembers the line of every key, with ${...} filled in.

`${NAME}` is an environment variable, `${file:PATH}` a file's content without the newline at its end, `$${` a plain
"${". They are filled in after the YAML is parsed: a value can never change the document's structure.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from typing_extensions import override

Key = str | int
Path_ = tuple[Key, ...]

# Against documents that aliases make larger than they look, without end even.
MAX_DEPTH = 32
MAX_VALUES = 20_000

_REFERENCE = re.compile(r"\$\$\{|\$\{([^{}\n]*)\}")
# What stands for a reference while YAML is read, to which braces, commas and quotes in it would mean something.
_MARK = "\ue000{}\ue001"
_MARKED = re.compile("\ue000\\d+\ue001")
_VARIABLE = re.compile(r"[\w.-]+")
# No path, no database and no message of gRPC can hold these: NUL, and halves of characters.
_NOWHERE = re.compile("[\0\ud800-\udfff]")

_TAG = "tag:yaml.org,2002:"
_SCALARS = frozenset(f"{_TAG}{name}" for name in ("null", "bool", "int", "float", "str"))
# A date means nothing here, but a name can look like one.
_AS_WRITTEN = frozenset({f"{_TAG}timestamp", f"{_TAG}value"})


class FromOutside(str):
    """A value that came out of the environment or a file, no part of it out of the document itself.

    It can be a secret: what shows whole configurations, such as a traceback, does not show it.
    """

    __slots__ = ()

    @override
    def __repr__(self) -> str:
        return "'**********'"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where.

    Attributes:
        line: In the file, from 1; 0 where no line is to blame.
    """

    line: int
    key: str
    text: str


class BadDocument(Exception):
    """The document cannot be read at all."""

    def __init__(self, line: int, text: str, key: str = "") -> None:
        super().__init__(text)
        self.problem = Problem(line, key, text)


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data, and the line of each key.

    Attributes:
        problems: What could not be read, by the key where it stands; the data there means nothing.
    """

    data: Any
    lines: dict[Path_, int]
    problems: dict[Path_, Problem] = field(default_factory=dict)

    def line(self, path: Path_) -> int:
        """Return the line of a key, or of the nearest one around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)


def read(text: str, *, references: bool = True) -> Document:
    """Parse a document.

    Args:
        text: The YAML.
        references: Whether ${...} is filled in; else it is text like any other.

    Raises:
        BadDocument: It is not YAML, or too deep or large to be a configuration.
    """
    found: dict[str, str | None] = {}

    def mark(match: re.Match[str]) -> str:
        name = _MARK.format(len(found))
        found[name] = match[1]
        return name

    builder = _Builder(found)
    try:
        # Not the loader in C: it overflows the stack where this one raises.
        root = yaml.compose(_REFERENCE.sub(mark, text) if references else text, Loader=yaml.SafeLoader)
        data = builder.build(root, ()) if root is not None else {}
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise BadDocument(line, f"not YAML: {error.problem or error}") from error
    except yaml.reader.ReaderError as error:
        raise BadDocument(text.count("\n", 0, error.position) + 1, f"not YAML: {error.reason}") from error
    except RecursionError as error:
        raise BadDocument(0, "is nested too deep") from error
    return Document(data, builder.lines or {(): 1}, builder.problems)


def key_name(path: Path_) -> str:
    """Write a path as people do: routes.default.targets[0].model."""
    name = ""
    for key in path:
        name += f"[{key}]" if isinstance(key, int) else f".{key}" if name else key
    return name


class _Builder:
    def __init__(self, references: dict[str, str | None]) -> None:
        self.lines: dict[Path_, int] = {}
        self.problems: dict[Path_, Problem] = {}
        self._references = references
        self._values = 0
        self._scalars = yaml.constructor.SafeConstructor()

    def build(self, node: yaml.Node, path: Path_) -> Any:
        self._bound(node, path)
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
            return dict(self._items(node, path))
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode) and node.tag in _SCALARS | _AS_WRITTEN:
            return self._scalar(node, path)
        self._problem(node, path, f'has the tag "{node.tag}", which means nothing here')
        return None

    def _bound(self, node: yaml.Node, path: Path_) -> None:
        self._values += 1
        line = node.start_mark.line + 1
        if len(path) > MAX_DEPTH:
            text = f"is nested more than {MAX_DEPTH} deep; does an alias stand inside what it names?"
            raise BadDocument(line, text, key_name(path[:1]))
        if self._values > MAX_VALUES:
            text = f"makes more than {MAX_VALUES} values of the file; do aliases stand for aliases?"
            raise BadDocument(line, text, key_name(path[:1]))

    def _problem(self, node: yaml.Node, path: Path_, text: str) -> None:
        self.problems.setdefault(path, Problem(node.start_mark.line + 1, key_name(path), text))

    def _items(self, node: yaml.MappingNode, path: Path_) -> Iterator[tuple[Key, Any]]:
        seen = set()
        for key_node, value_node in node.value:
            key = self._as_written(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?"
            key = _NOWHERE.sub(lambda found: ascii(found[0])[1:-1], key)
            at = (*path, key)
            if (wrong := self._wrong_key(key_node)) or key in seen:
                self._problem(key_node, at, wrong or "stands twice")
            self.lines[at] = key_node.start_mark.line + 1
            seen.add(key)
            yield key, self.build(value_node, at)

    def _as_written(self, text: str) -> str:
        return _MARKED.sub(lambda match: f"${{{self._references.get(match[0]) or ''}}}", text)

    def _wrong_key(self, node: yaml.Node) -> str:
        """Tell what is wrong with a key; empty for a good one."""
        if node.tag == f"{_TAG}merge":
            return "merge keys are not read: write the keys themselves"
        if not isinstance(node, yaml.ScalarNode) or node.tag not in {f"{_TAG}str", *_AS_WRITTEN}:
            return "must be text: put the key into quotes"
        if _MARKED.search(node.value):
            return "must not hold ${...}: only values may"
        return _wrong_text(node.value)

    def _scalar(self, node: yaml.ScalarNode, path: Path_) -> Any:
        value = self._filled(node, path) if _MARKED.search(node.value) else self._read(node, path)
        if isinstance(value, str) and (wrong := _wrong_text(value)):
            self._problem(node, path, wrong)
            return ""
        return value

    def _read(self, node: yaml.ScalarNode, path: Path_) -> Any:
        if node.tag in _AS_WRITTEN:
            return node.value
        try:
            return self._scalars.construct_object(node)
        except (ValueError, LookupError):
            self._problem(node, path, f"cannot be read as {node.tag.removeprefix(_TAG)}")
            return None

    def _filled(self, node: yaml.ScalarNode, path: Path_) -> str:
        def fill(match: re.Match[str]) -> str:
            if match[0] not in self._references:
                return match[0]
            if (reference := self._references[match[0]]) is None:
                return "${"
            try:
                return _look_up(reference)
            except LookupError as error:
                self._problem(node, path, error.args[0])
                return ""

        value = _MARKED.sub(fill, node.value)
        parts = _MARKED.findall(node.value)
        outside = "".join(parts) == node.value and None not in map(self._references.get, parts)
        return FromOutside(value) if outside else value


def _wrong_text(text: str) -> str:
    """Tell what a text must not hold; empty for a good one."""
    found = _NOWHERE.search(text)
    return f"must not hold U+{ord(found[0]):04X}" if found else ""


def _look_up(reference: str) -> str:
    if wrong := _wrong_text(reference):
        raise LookupError(wrong)
    if reference.startswith("file:"):
        return _read(Path(reference.removeprefix("file:")))
    if not _VARIABLE.fullmatch(reference):
        raise LookupError(f"must be ${{NAME}} or ${{file:PATH}}, is ${{{reference}}}")
    value = os.environ.get(reference)
    if not value:
        raise LookupError(f"the environment variable {reference} is {'not set' if value is None else 'empty'}")
    return value


def _read(file: Path) -> str:
    try:
        value = file.read_text(encoding="utf-8").rstrip("\n")
    except OSError as error:
        raise LookupError(f"the file {file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        # Without its cause, which quotes the file.
        raise LookupError(f"the file {file} is not UTF-8 text") from None
    if not value:
        raise LookupError(f"the file {file} is empty")
    return value
