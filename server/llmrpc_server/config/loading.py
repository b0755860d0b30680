"""From llmrpc.yaml to a checked configuration, or to every problem in it with its line."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from llmrpc_server.config.cross_checks import entries, hopeless_targets, unasked_certificates, uncountable
from llmrpc_server.config.document import BadDocument, Document, Path_, Problem, key_name, read
from llmrpc_server.config.salvage import salvage
from llmrpc_server.config.schema import Config
from llmrpc_server.config.suggestions import did_you_mean
from llmrpc_server.config.wording import problems_in

# The settings class of a kind of provider; KeyError for an unknown kind, UnusableKind for a broken one.
SettingsOf = Callable[[str], type[BaseModel]]


class UnusableKind(Exception):
    """A kind of provider is there and cannot be used; the text tells whose it is, and why."""


class BadSetting(Exception):
    """What a key of the configuration names cannot be used: a file, or a name in the operator's own Python.

    Args:
        path: Of the key.
        text: What is wrong, or would be right.
    """

    def __init__(self, path: Path_, text: str) -> None:
        self.path, self.text = path, text
        super().__init__(f"{key_name(path)}: {text}")


class BadConfig(Exception):
    """The configuration cannot be used. Its text has a line for each problem: file, line, key, what would be right.

    Attributes:
        file: Which one, for people.
        rest: What is good of it, for whoever looks at what that names; None where nothing is.
    """

    def __init__(self, file: str, problems: Iterable[Problem], rest: "Loaded | None" = None) -> None:
        self.problems = sorted(problems, key=lambda problem: problem.line)
        self.file, self.rest = file, rest
        super().__init__("\n".join(_format(file, problem) for problem in self.problems))


@dataclass(frozen=True, slots=True)
class Loaded:
    """A good configuration.

    Attributes:
        providers: The section of each provider, checked by its kind: (kind, settings).
        warnings: What the operator should know, a line each.
        source: Where it came from, for people.
        document: As it was written.
    """

    config: Config
    providers: Mapping[str, tuple[str, Any]]
    warnings: tuple[str, ...]
    source: str
    document: Document = field(repr=False)

    def problems(self, settings: Iterable[BadSetting]) -> list[Problem]:
        """Find the line of each thing that is named here and cannot be used, unless it could not even be read."""
        known = self.document.problems
        return [
            Problem(self.document.line(one.path), key_name(one.path), one.text)
            for one in settings
            if one.path not in known
        ]


def load(path: Path, kinds: Iterable[str], settings_of: SettingsOf) -> Loaded:
    """Read and check a file.

    Raises:
        BadConfig: There are problems; all of them are in it.
    """
    file = str(path)
    try:
        document = read(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise BadConfig(file, [Problem(0, "", f"cannot be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        # Without its cause, which quotes the file.
        raise BadConfig(file, [Problem(line, "", "is not UTF-8 text")]) from None
    except BadDocument as error:
        raise BadConfig(file, [error.problem]) from error
    return check(document, file, tuple(kinds), settings_of)


def check(document: Document, file: str, kinds: tuple[str, ...], settings_of: SettingsOf) -> Loaded:
    """Check a document as `load` does."""
    providers, problems = _check_providers(document, kinds, settings_of)
    problems += document.problems.values()
    wrong = [*document.problems]
    config: Config | None
    try:
        config = Config.model_validate(document.data)
    except ValidationError as error:
        problems += problems_in(error, (), document, Config)
        wrong += [item["loc"] for item in error.errors(include_url=False, include_context=False, include_input=False)]
    if wrong:
        config = salvage(document.data, wrong)
    problems += hopeless_targets(document, providers)
    if config is None:
        raise BadConfig(file, problems)
    problems += [*unasked_certificates(config, document, wrong), *uncountable(config, document, wrong)]
    loaded = Loaded(config, providers, (), file, document)
    if problems:
        raise BadConfig(file, problems, loaded)
    return loaded


def _check_providers(
    document: Document, kinds: tuple[str, ...], settings_of: SettingsOf
) -> tuple[dict[str, tuple[str, Any]], list[Problem]]:
    """Check the providers' sections, also of a document that is no good otherwise."""
    providers: dict[str, tuple[str, Any]] = {}
    problems: list[Problem] = []
    for name, section in entries(document, "providers"):
        if not isinstance(section, dict):
            continue
        at: Path_ = ("providers", name)
        kind = section.get("kind")
        if kind in kinds:
            try:
                rest = {key: value for key, value in section.items() if key != "kind"}
                providers[name] = (kind, settings_of(kind).model_validate(rest))
            except ValidationError as error:
                problems.extend(problems_in(error, at, document, settings_of(kind)))
            except UnusableKind as error:
                problems.append(Problem(document.line((*at, "kind")), key_name((*at, "kind")), str(error)))
        elif (*at, "kind") not in document.problems:
            hint = did_you_mean(kind, kinds) if isinstance(kind, str) else ""
            text = f"must be one of {', '.join(kinds)}{hint}"
            problems.append(Problem(document.line((*at, "kind")), key_name((*at, "kind")), text))
    return providers, problems


def _format(file: str, problem: Problem) -> str:
    where = f"{file}:{problem.line}" if problem.line else file
    line = f"{where}: {problem.key}: {problem.text}" if problem.key else f"{where}: {problem.text}"
    # What an operator wrote stands in it: a line break there would make two problems of one.
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in line)
