"""A file of API keys for tests, made as `llmrpc keys` makes it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from llmrpc_server.auth import key_file
from llmrpc_server.auth.keys import Key, Secret, new_id, new_text, secret_of


class Book:
    """The file, and the texts of its keys."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "keys.yaml"
        self.section = {"keys": str(self.path)}

    def key(self, *, expires_in: float | None = None, revoked: bool = False, **fields: Any) -> str:
        """Add a key; return its text."""
        key_id, now = new_id(), datetime.now(UTC)
        text = new_text(key_id)
        secret = secret_of(text, expires=None if expires_in is None else now + timedelta(seconds=expires_in))
        row = {"id": key_id, "tenant": "acme", "created": now, "secrets": [secret], **fields}
        with key_file.changing(self.path) as keys:
            keys.append(Key.model_validate(row | ({"revoked": now} if revoked else {})))
        return text

    def rotate(self, text: str) -> str:
        """Give a key a new text beside the old one."""
        new = new_text(id_of(text))
        self._replace(text, secrets=[secret_of(new), secret_of(text)])
        return new

    def revoke(self, text: str) -> None:
        """Make a key useless."""
        self._replace(text, revoked=datetime.now(UTC))

    def _replace(self, text: str, **fields: list[Secret] | datetime) -> None:
        with key_file.changing(self.path) as keys:
            index = next(index for index, key in enumerate(keys) if key.id == id_of(text))
            keys[index] = keys[index].model_copy(update=fields)


def id_of(text: str) -> str:
    """Return the public id in a key's text."""
    return text.split("_")[1]
