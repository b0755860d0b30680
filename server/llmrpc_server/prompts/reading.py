"""From a prompt's file to a compiled prompt, or to every problem in it with its line."""

import hashlib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from llmrpc_server.config.document import BadDocument, Document, Path_, Problem, key_name, read
from llmrpc_server.config.wording import problems_in
from llmrpc_server.prompts import defaults
from llmrpc_server.prompts.file import Format, MessageTemplate, PromptFile, Variant
from llmrpc_server.prompts.prompt import Prompt

MAX_BYTES = 1024 * 1024


class BadPrompt(Exception):
    """A file is no prompt. Its text has a line for each problem: file, line, key, what would be right."""

    def __init__(self, file: Path, found: list[Problem]) -> None:
        lines = [
            f"{file}:{problem.line}: {f'{problem.key}: ' if problem.key else ''}{problem.text}"
            for problem in sorted(found, key=lambda problem: problem.line)
        ]
        super().__init__("\n".join(lines))


def read_prompt(file: Path, data: bytes) -> Prompt:
    """Read and compile a prompt.

    Args:
        file: NAME/VERSION.yaml, which says what it is called.
        data: What the file holds.

    Raises:
        BadPrompt: It is none.
    """
    if len(data) > MAX_BYTES:
        raise BadPrompt(file, [Problem(0, "", f"must be at most {MAX_BYTES} bytes, has {len(data)}")])
    try:
        document = read(data.decode("utf-8-sig"), references=False)
    except BadDocument as error:
        raise BadPrompt(file, [error.problem]) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise BadPrompt(file, [Problem(line, "", "is not UTF-8 text")]) from error
    if document.problems:
        raise BadPrompt(file, list(document.problems.values()))
    try:
        checked = PromptFile.model_validate(document.data)
    except ValidationError as error:
        raise BadPrompt(file, list(problems_in(error, (), document, PromptFile))) from error
    return _compiled(file, hashlib.sha256(data).hexdigest(), checked, document)


def _compiled(file: Path, digest: str, checked: PromptFile, document: Document) -> Prompt:
    from llmrpc_server.prompts.templates import BadTemplate, ChatTemplate

    types = {name: variable.type for name, variable in checked.variables.items()}

    def compile_(messages: list[MessageTemplate], format_: Format, *at: str | int) -> ChatTemplate:
        return ChatTemplate(messages, format_, types, at)

    try:
        common = compile_(checked.messages, checked.format, "messages")
        variants: dict[str, ChatTemplate] = {}
        for index, variant in enumerate(checked.variants):
            made = compile_(variant.messages, variant.format or checked.format, "variants", index, "messages")
            for name in _new_names(variant, index, variants, document, file):
                variants[name] = made
        given = defaults.read(checked.defaults)
    except BadTemplate as error:
        raise _bad(file, document, error.path, str(error)) from error
    except defaults.BadDefaults as error:
        raise _bad(file, document, ("defaults", error.key), str(error)) from error
    return Prompt(file.parent.name, file.stem, digest, checked, given, common, variants)


def _new_names(variant: Variant, index: int, known: dict[str, Any], document: Document, file: Path) -> list[str]:
    for position, name in enumerate(variant.targets):
        if name in known:
            path = ("variants", index, "for", position)
            raise _bad(file, document, path, f'"{name}" has a variant already')
    return variant.targets


def _bad(file: Path, document: Document, path: Path_, text: str) -> BadPrompt:
    return BadPrompt(file, [Problem(document.line(path), key_name(path), text)])
