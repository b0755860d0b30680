"""What pydantic finds wrong, in the words and with the lines of the document."""

from collections.abc import Iterator

from pydantic import BaseModel, ValidationError

from llmrpc_server.config.document import Document, Path_, Problem, key_name
from llmrpc_server.config.suggestions import instead_of


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
        written = as_written(path, document)
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


def as_written(path: Path_, document: Document) -> Path_:
    """Drop the keys that a short form leaves out: a route can be the bare list of its targets."""
    written: Path_ = ()
    for key in path:
        if (*written, key) in document.lines:
            written = (*written, key)
    return written
