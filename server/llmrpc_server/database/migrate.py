"""Brings the tables of all rooms up to date.

Each room's folder is a line of Alembic revisions of its own, from its first to its last, so that two rooms can grow
without knowing each other. A revision's id is its file's name, for example "ledger_0001"; names sort in the order of
the line.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from sqlalchemy import Connection, inspect, text

_SCRIPTS = Path(__file__).with_name("alembic")
# Any number that no one else locks in the same database.
_LOCK = 0x6C6C6D72


class NewerDatabase(Exception):
    """A newer version of llmrpc has changed the tables; this one does not know them."""


def to_head(connection: Connection, folders: Sequence[Path]) -> None:
    """Run what is missing, in the transaction of the connection.

    Raises:
        NewerDatabase: The database is ahead of this version.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    there, known = _there(connection), _known(folders)
    if unknown := {name for name in there if any(_line(name) == _line(other) for other in known)} - known:
        raise NewerDatabase(f"a newer llmrpc has been here: this one does not know {', '.join(sorted(unknown))}")
    if heads(folders) <= there:
        return
    # Only now: it takes a while to import.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(str(folder) for folder in folders))
    config.attributes["connection"] = connection
    command.upgrade(config, "heads")


def heads(folders: Iterable[Path]) -> set[str]:
    """Return the last revision of each room."""
    return {max(path.stem for path in folder.glob("*_[0-9]*.py")) for folder in folders}


def _known(folders: Iterable[Path]) -> set[str]:
    return {path.stem for folder in folders for path in folder.glob("*_[0-9]*.py")}


def _there(connection: Connection) -> set[str]:
    if not inspect(connection).has_table("alembic_version"):
        return set()
    return set(connection.execute(text("SELECT version_num FROM alembic_version")).scalars())


def _line(revision: str) -> str:
    return revision.rpartition("_")[0]
