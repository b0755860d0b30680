"""The file of API keys: read by the server, changed by `llmrpc keys`."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from pydantic import ValidationError

from llmrpc_server.auth.keys import Key, KeyBook, KeyFile

_HEAD = "# Written by `llmrpc keys`. It holds no key, only their hashes.\n"
# In C, where PyYAML has it: a file of thousands of keys takes seconds else.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def parse(content: bytes) -> KeyBook:
    """Read the file's content. Raises ValueError, with what is wrong and where."""
    # What an editor or `cp` is about to write begins so; that nobody may call is said with `keys: []`.
    if not content.strip():
        raise ValueError("is empty")
    return KeyBook(_parse(content))


def _parse(content: bytes) -> list[Key]:
    try:
        data = yaml.load(content, Loader=_LOADER)  # noqa: S506 - both loaders are safe ones
    except (yaml.YAMLError, UnicodeDecodeError):
        raise ValueError("is not YAML") from None
    try:
        keys = KeyFile.model_validate(data or {}).keys
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    if len({key.id for key in keys}) < len(keys):
        raise ValueError("two keys have the same id")
    return keys


@contextmanager
def changing(path: Path) -> Iterator[list[Key]]:
    """Give the keys of a file to change, alone; what the list holds at the end becomes the file, at once or not at all.

    Raises:
        ValueError: The file is not one of keys.
        OSError: It cannot be read or written.
    """
    # A link stays one: what it leads to changes.
    path = path.resolve()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        keys = _parse(path.read_bytes()) if path.exists() else []
        yield keys
        _replace(path, keys)
    finally:
        os.close(folder)


def _replace(path: Path, keys: list[Key]) -> None:
    data = {"keys": [key.model_dump(mode="json", exclude_unset=True, exclude_none=True) for key in keys]}
    # Only the owner may read what mkstemp makes; a file that is there keeps the mode that somebody gave it.
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(_HEAD)
            yaml.dump(data, file, Dumper=_DUMPER, sort_keys=False)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            there = path.stat()
            Path(name).chmod(there.st_mode & 0o777)
            # The server that reads it may be another user than the operator who changes it.
            if (there.st_uid, there.st_gid) != (os.geteuid(), os.getegid()):
                os.chown(name, there.st_uid, there.st_gid)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
