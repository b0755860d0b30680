"""From llmrpc.yaml to a checked configuration, or to every problem in it with its line."""

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from llmrpc_server.config import pending, schema
from llmrpc_server.config.document import BadDocument, Document, Path_, Problem, key_name, read
from llmrpc_server.config.schema import Config, Section

# The settings class of a kind of provider; KeyError for an unknown kind.
SettingsOf = Callable[[str], type[BaseModel]]


class BadConfig(Exception):
    """The configuration cannot be used. Its text has a line for each problem: file, line, key, what would be right."""

    def __init__(self, file: str, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: problem.line)
        super().__init__("\n".join(_format(file, problem) for problem in self.problems))


@dataclass(frozen=True, slots=True)
class Loaded:
    """A good configuration.

    Attributes:
        providers: The section of each provider, checked by its kind: (kind, settings).
        warnings: What the operator should know, a line each.
        source: Where it came from, for people.
    """

    config: Config
    providers: Mapping[str, tuple[str, Any]]
    warnings: tuple[str, ...]
    source: str


def load(path: Path, kinds: Iterable[str], settings_of: SettingsOf) -> Loaded:
    """Read and check a file.

    Raises:
        BadConfig: There are problems; all of them are in it.
    """
    file = str(path)
    try:
        document = read(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadConfig(file, [Problem(0, "", f"cannot be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        raise BadConfig(file, [Problem(0, "", "is not UTF-8 text")]) from error
    except BadDocument as error:
        raise BadConfig(file, error.problems) from error
    return check(document, file, tuple(kinds), settings_of)


def check(document: Document, file: str, kinds: tuple[str, ...], settings_of: SettingsOf) -> Loaded:
    """Check a document as `load` does."""
    problems: list[Problem] = []
    try:
        config = Config.model_validate(document.data)
    except ValidationError as error:
        raise BadConfig(file, _problems(error, (), document)) from error
    providers: dict[str, tuple[str, Any]] = {}
    for name, section in config.providers.items():
        at: Path_ = ("providers", name)
        kind = section.get("kind")
        if kind not in kinds:
            text = f"must be one of {', '.join(kinds)}{_suggest(str(kind), kinds)}"
            problems.append(Problem(document.line((*at, "kind")), key_name((*at, "kind")), text))
            continue
        try:
            rest = {key: value for key, value in section.items() if key != "kind"}
            providers[name] = (kind, settings_of(kind).model_validate(rest))
        except ValidationError as error:
            problems.extend(_problems(error, at, document))
    problems.extend(_unknown_providers(config, document))
    for path in pending.refused(config):
        text = "this version cannot check credentials yet: remove it, and let only those in who may call"
        problems.append(Problem(document.line(path), key_name(path), text))
    if problems:
        raise BadConfig(file, problems)
    warnings = tuple(
        _format(file, Problem(document.line(path), key_name(path), "has no effect in this version yet"))
        for path in pending.without_effect(config)
    )
    return Loaded(config, providers, warnings, file)


def _unknown_providers(config: Config, document: Document) -> Iterator[Problem]:
    for name, route in config.routes.items():
        for index, target in enumerate(route.targets):
            provider = target.model.partition("/")[0]
            if provider not in config.providers:
                path = ("routes", name, "targets", index)
                line = document.line(path) if path in document.lines else document.line(("routes", name, index))
                text = f'no provider "{provider}" is configured{_suggest(provider, config.providers)}'
                yield Problem(line, key_name(path), text)


def _problems(error: ValidationError, at: Path_, document: Document) -> Iterator[Problem]:
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        path = (*at, *item["loc"])
        line = document.line(_as_written(path, document))
        match item["type"]:
            case "extra_forbidden":
                text = f"unknown key{_suggest(str(path[-1]), _VOCABULARY)}"
            case "missing":
                text = "must be set"
            case "string_pattern_mismatch" if path[-1] == "model":
                text = 'must be written "provider/model"'
            case _:
                text = item["msg"].removeprefix("Value error, ")
        yield Problem(line, key_name(path), text)


def _as_written(path: Path_, document: Document) -> Path_:
    """Drop the keys that a short form leaves out: a route can be the bare list of its targets."""
    written: Path_ = ()
    for key in path:
        if (*written, key) in document.lines:
            written = (*written, key)
    return written


def _suggest(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f'; did you mean "{close[0]}"?' if close else ""


def _format(file: str, problem: Problem) -> str:
    where = f"{file}:{problem.line}" if problem.line else file
    return f"{where}: {problem.key}: {problem.text}" if problem.key else f"{where}: {problem.text}"


def _vocabulary() -> frozenset[str]:
    sections = (item for item in vars(schema).values() if isinstance(item, type) and issubclass(item, Section))
    fields = (name for section in sections for name in section.model_fields)
    return frozenset((*fields, "kind", "api_key", "api_keys", "base_url"))


_VOCABULARY = _vocabulary()
