"""A YAML file as plain data that remembers the line of every key, with ${...} filled in.

`${NAME}` is an environment variable, `${file:PATH}` a file's content without the newline at its end, `$${` a plain
"${". They are filled in after the YAML is parsed: a value can never change the document's structure.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Key = str | int
Path_ = tuple[Key, ...]

# In flow style a brace would end the scalar, so that YAML never gets to see one; these code points are private use.
_OPEN, _CLOSE = "\ue000", "\ue001"
_REFERENCE = re.compile(r"(?<!\$)\$\{([^{}\n]*)\}")
_MARKED = re.compile(f"{_OPEN}(.*?){_CLOSE}")


class FromOutside(str):
    """A value that came out of the environment or a file, not out of the document itself."""

    __slots__ = ()


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
    """The document cannot be used."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data, and the line of each key."""

    data: Any
    lines: dict[Path_, int]

    def line(self, path: Path_) -> int:
        """Return the line of a key, or of the nearest one around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read(text: str) -> Document:
    """Parse a document.

    Raises:
        BadDocument: It is not YAML, a key stands twice, or a reference has no value.
    """
    try:
        root = yaml.compose(_REFERENCE.sub(rf"{_OPEN}\1{_CLOSE}", text), Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise BadDocument([Problem(line, "", f"not YAML: {error.problem or error}")]) from error
    except yaml.YAMLError as error:
        raise BadDocument([Problem(0, "", f"not YAML: {error}")]) from error
    builder = _Builder()
    data = builder.build(root, ()) if root is not None else {}
    if builder.problems:
        raise BadDocument(builder.problems)
    return Document(data, builder.lines)


def key_name(path: Path_) -> str:
    """Write a path as people do: routes.default.targets[0].model."""
    name = ""
    for key in path:
        name += f"[{key}]" if isinstance(key, int) else f".{key}" if name else key
    return name


class _Builder:
    def __init__(self) -> None:
        self.lines: dict[Path_, int] = {}
        self.problems: list[Problem] = []
        self._scalars = yaml.constructor.SafeConstructor()

    def build(self, node: yaml.Node, path: Path_) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return dict(self._items(node, path))
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        if _OPEN in node.value:
            return self._filled(node, path)
        value = self._scalars.construct_object(node)
        return value.replace("$${", "${") if isinstance(value, str) else value

    def _items(self, node: yaml.MappingNode, path: Path_) -> Iterator[tuple[Key, Any]]:
        seen = set()
        for key_node, value_node in node.value:
            key = self._scalars.construct_object(key_node)
            self.lines[*path, key] = line = key_node.start_mark.line + 1
            if key in seen:
                self.problems.append(Problem(line, key_name((*path, key)), "stands twice"))
            seen.add(key)
            yield key, self.build(value_node, (*path, key))

    def _filled(self, node: yaml.Node, path: Path_) -> str:
        def fill(match: re.Match[str]) -> str:
            try:
                return _look_up(match[1])
            except LookupError as error:
                problem = Problem(node.start_mark.line + 1, key_name(path), error.args[0])
                self.problems.append(problem)
                return ""

        return FromOutside(_MARKED.sub(fill, node.value))


def _look_up(reference: str) -> str:
    if reference.startswith("file:"):
        file = Path(reference.removeprefix("file:"))
        try:
            return file.read_text(encoding="utf-8").rstrip("\n")
        except OSError as error:
            msg = f"the file {file} cannot be read: {error.strerror}"
            raise LookupError(msg) from error
    value = os.environ.get(reference)
    if not value:
        state = "not set" if value is None else "empty"
        msg = f"the environment variable {reference} is {state}"
        raise LookupError(msg)
    return value
