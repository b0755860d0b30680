"""The folder of prompts: NAME/VERSION.yaml. A file that is no good never replaces one that was."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from llmrpc.v1 import completion_pb2
from llmrpc_server.errors import PromptNotFound, Violation
from llmrpc_server.prompts import defaults
from llmrpc_server.prompts.prompt import Filled, Prompt
from llmrpc_server.prompts.reading import BadPrompt, read_prompt
from llmrpc_server.requests.rules import MAX_NAME_SHOWN

log = structlog.get_logger()

_NAME = re.compile(r"[\w][\w.-]*")


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What a file was when it was read.

    Attributes:
        prompt: The last good one that it held; None if it never did.
        data: What it holds.
        problem: What is wrong with that; empty if nothing is.
    """

    prompt: Prompt | None
    data: bytes
    problem: str = ""


@dataclass(slots=True)
class PromptStore:
    """The prompts that are served.

    Args:
        folder: None where there are none.
    """

    folder: Path | None = None
    _files: Mapping[Path, _Loaded] = field(default_factory=dict)
    _prompts: Mapping[str, Mapping[str, Prompt]] = field(default_factory=dict)

    def load(self) -> list[str]:
        """Read what has changed, and serve it at once; return what is wrong, a text for each file, with its lines.

        What is under way goes on with what it began with.
        """
        if fault := self.fault():
            return [f"{self.folder}: {fault}"]
        files: dict[Path, _Loaded] = {}
        for path in self._paths():
            before = self._files.get(path)
            try:
                data = path.read_bytes()
            except OSError as error:
                files[path] = _Loaded(before.prompt if before else None, b"", f"{path}: {error.strerror}")
                continue
            files[path] = before if before is not None and before.data == data else _read(path, data, before)
        prompts: dict[str, dict[str, Prompt]] = {}
        for loaded in files.values():
            if loaded.prompt is not None:
                prompts.setdefault(loaded.prompt.name, {})[loaded.prompt.version] = loaded.prompt
        self._files, self._prompts = files, prompts
        return [loaded.problem for loaded in files.values() if loaded.problem]

    def fault(self) -> str:
        """Tell why its folder can hold no prompts; empty where it can, or there is none."""
        try:
            return "" if self.folder is None or self.folder.is_dir() else "is no folder"
        except OSError as error:
            return f"cannot be read: {error.strerror}"

    def __iter__(self) -> Iterator[Prompt]:
        """Yield the current version of each prompt, by name."""
        return (self.get(name) for name in sorted(self._prompts))

    def get(self, name: str, version: str = "", *, field: str = "name") -> Prompt:
        """Return a version of a prompt, the current one where none is asked for.

        Raises:
            PromptNotFound: There is none; `field` is the request's field that named it.
        """
        versions = self._prompts.get(name)
        if versions is None:
            known = ", ".join(sorted(self._prompts)) or "none"
            text = f'there is no prompt "{name[:MAX_NAME_SHOWN]}"; there are: {known}'
            raise PromptNotFound(text, violations=(Violation(field, text),))
        found = versions.get(version or self.current(name))
        if found is None:
            known = ", ".join(self.versions(name))
            text = f'the prompt "{name}" has no version "{version[:MAX_NAME_SHOWN]}"; it has: {known}'
            raise PromptNotFound(text, violations=(Violation(field.replace("name", "version"), text),))
        return found

    def versions(self, name: str) -> list[str]:
        """Return all versions of a prompt, newest first."""
        return sorted(self._prompts[name], key=_age, reverse=True)

    def current(self, name: str) -> str:
        """Return the version that is used where none is asked for: the one that says so, else the newest."""
        versions = self.versions(name)
        return next((one for one in versions if self._prompts[name][one].file.current), versions[0])

    def fill(self, request: completion_pb2.CompleteRequest) -> tuple[completion_pb2.CompleteRequest, Filled | None]:
        """Return a request with what its prompt adds to it, and the prompt filled in; as it is where it names none.

        Raises:
            PromptNotFound: There is no such prompt.
            InvalidRequest: Variables are missing, not declared or wrong.
        """
        if not request.HasField("prompt"):
            return request, None
        asked = request.prompt
        prompt = self.get(asked.name, asked.version, field="prompt.name")
        filled = prompt.filled(asked.variables)
        return defaults.applied(prompt.defaults, request, prompt.version), filled

    def _paths(self) -> list[Path]:
        if self.folder is None:
            return []
        found = self.folder.glob("*/*.yaml")
        return sorted(path for path in found if _NAME.fullmatch(path.stem) and _NAME.fullmatch(path.parent.name))


def _read(path: Path, data: bytes, before: _Loaded | None) -> _Loaded:
    try:
        return _Loaded(read_prompt(path, data), data)
    except BadPrompt as error:
        return _Loaded(before.prompt if before else None, data, str(error))


def _age(version: str) -> list[tuple[int, int, str]]:
    """Order versions as people count them: 2 before 10, 1.9 before 1.10."""
    return [(1, int(piece), "") if piece.isdigit() else (0, 0, piece) for piece in re.findall(r"\d+|\D+", version)]
