"""From llmrpc.yaml to a checked configuration, or to every problem in it with its line."""

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from llmrpc_server.config.allowed import instead_of
from llmrpc_server.config.document import BadDocument, Document, Path_, Problem, key_name, read
from llmrpc_server.config.rest import rest
from llmrpc_server.config.schema import Config

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
        config = rest(document.data, wrong)
    problems += _hopeless_targets(document, providers)
    if config is None:
        raise BadConfig(file, problems)
    problems += [*_unasked_certificates(config, document, wrong), *_uncountable(config, document, wrong)]
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
    for name, section in _entries(document, "providers"):
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
            hint = _suggest(kind, kinds) if isinstance(kind, str) else ""
            text = f"must be one of {', '.join(kinds)}{hint}"
            problems.append(Problem(document.line((*at, "kind")), key_name((*at, "kind")), text))
    return providers, problems


def _entries(document: Document, section: str) -> Iterator[tuple[str, Any]]:
    found = document.data.get(section) if isinstance(document.data, dict) else None
    yield from found.items() if isinstance(found, dict) else ()


def _hopeless_targets(document: Document, providers: Mapping[str, tuple[str, Any]]) -> Iterator[Problem]:
    """Find targets that can never answer, also in a document that is no good otherwise.

    Args:
        providers: Those whose sections are good. One whose settings have `only_models` has these alone.
    """
    known = [name for name, _ in _entries(document, "providers")]
    # Where one has a name that is none, that is what is wrong.
    sound = bool(known) and not any(name == "" or "/" in name for name in known)
    for path, provider, model in _targets(document) if sound else ():
        models = getattr(providers[provider][1], "only_models", None) if provider in providers else None
        text = ""
        if provider not in known:
            text = f'no provider "{provider}" is configured{_suggest(provider, known)}'
        # A path without a name names no model: then the path is what is wrong.
        elif models is not None and all(models) and model not in models:
            text = f"must be {' or '.join(f'{provider}/{one}' for one in models)}: the provider has no other model"
        if text:
            yield Problem(document.line(_as_written(path, document)), key_name(path), text)


def _targets(document: Document) -> Iterator[tuple[Path_, str, str]]:
    """Yield the path, the provider and the model of each target that has both."""
    for name, route in _entries(document, "routes"):
        targets = route.get("targets") if isinstance(route, dict) else route
        for index, target in enumerate(targets if isinstance(targets, list) else ()):
            written = target.get("model") if isinstance(target, dict) else target
            provider, _, model = written.partition("/") if isinstance(written, str) else ("", "", "")
            if provider and model:
                yield ("routes", name, "targets", index), provider, model


def _sound(wrong: Iterable[Path_], *paths: Path_) -> bool:
    """Tell whether nothing is wrong at some paths, in what they hold, or with what they are in."""
    return not any(one[: len(path)] == path[: len(one)] for one in wrong for path in paths)


def _unasked_certificates(config: Config, document: Document, wrong: Iterable[Path_]) -> Iterator[Problem]:
    """Find rows of certificates that nobody is ever asked for."""
    if not _sound(wrong, ("auth", "certificates"), ("auth", "forwarded"), ("server", "tls")):
        return
    auth, tls = config.auth, config.server.tls
    if auth is not None and auth.certificates and not auth.forwarded and not (tls and tls.client_ca):
        path = ("auth", "certificates")
        text = "no certificate is ever seen: set server.tls.client_ca, or auth.forwarded behind a mesh"
        yield Problem(document.line(path), key_name(path), text)


def _uncountable(config: Config, document: Document, wrong: Iterable[Path_]) -> Iterator[Problem]:
    """Find memcached servers that keep answers and cannot count."""
    if not _sound(wrong, ("cache", "memcached"), ("limits", "rates")):
        return
    for index, address in enumerate(config.cache.memcached if config.limits.rates else ()):
        if address.startswith("/"):
            path = ("cache", "memcached", index)
            yield Problem(document.line(path), key_name(path), "must be HOST:PORT where limits.rates are counted in it")


def problems_in(error: ValidationError, at: Path_, document: Document, model: type[BaseModel]) -> Iterator[Problem]:
    """Yield what pydantic finds wrong with a document, or with the part of it at a path, each with its line.

    Args:
        model: What the document, or that part of it, is read as.
    """
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        path = (*at, *item["loc"])
        # Behind a key it is pydantic's way to say that the key is wrong, not its value; it can be written, too.
        if path[-1:] == ("[key]",) and path not in document.lines:
            path = path[:-1]
        written = _as_written(path, document)
        if not _follows(item["type"], written, document):
            if item["type"] == "extra_forbidden":
                text = f"unknown key{instead_of(str(path[-1]), model, path[len(at) :])}"
            else:
                text = _right(item["type"], item["msg"])
            yield Problem(document.line(written), key_name(path), text)


def _follows(kind: str, written: Path_, document: Document) -> bool:
    """Tell whether a problem only follows from one of the document; rules for a whole section do from any in it."""
    if kind == "value_error":
        return any(path[: len(written)] == written for path in document.problems)
    return written in document.problems


def _right(kind: str, message: str) -> str:
    """Tell what would be right; pydantic's own words where they are good enough."""
    return _WORDS.get(kind) or message.removeprefix("Value error, ").replace("Input should be", "must be")


_WORDS = {
    "missing": "must be set",
    "model_type": "must be a mapping of keys to values",
    "dict_type": "must be a mapping of keys to values",
    "list_type": "must be a list",
    "string_type": "must be text",
    "string_too_short": "must not be empty",
    "too_short": "must hold at least one",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "path_type": "must be a path",
}


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
    line = f"{where}: {problem.key}: {problem.text}" if problem.key else f"{where}: {problem.text}"
    # What an operator wrote stands in it: a line break there would make two problems of one.
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in line)
