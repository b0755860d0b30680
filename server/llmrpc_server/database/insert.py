"""INSERTs of many rows: a statement is compiled once, and rows go to the driver as they are."""

import functools
import importlib
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import Connection, Dialect, Table
from sqlalchemy.ext.asyncio import AsyncConnection

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

# Each of its rows by itself costs SQLite's driver two turns of the interpreter's lock.
_MOST_TOGETHER = 32

_Values = Callable[[Any], tuple[Any, ...]]


def insert(dialect: str, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """Make an INSERT that has ON CONFLICT, which the two dialects write alike."""
    # The other one, PostgreSQL's above all, takes a while to import.
    made: sqlite.Insert | postgresql.Insert = importlib.import_module(f"sqlalchemy.dialects.{dialect}").insert(table)
    return made


async def insert_new(connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows; those whose key is there already are left as they are.

    Args:
        rows: At least two columns, the same in all, with values that the driver itself takes.
    """
    await connection.run_sync(lambda sync: put_new(sync, table, rows))


def put_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Do what `insert_new` does, in work for `Database.write`; return how many rows were not there before."""
    return _put(connection, table, rows, tuple(rows[0]), itemgetter) if rows else 0


def put_structs(connection: Connection, table: Table, rows: Sequence[msgspec.Struct]) -> int:
    """Do the same with rows that have their columns as attributes."""
    return _put(connection, table, rows, rows[0].__struct_fields__, attrgetter) if rows else 0


def _put(
    connection: Connection, table: Table, rows: Sequence[Any], names: tuple[str, ...], getter: Callable[..., _Values]
) -> int:
    left, start, new = len(rows), 0, 0
    while left:
        # In powers of two, so that few statements are enough for any number of rows.
        count = min(1 << left.bit_length() - 1, _MOST_TOGETHER)
        statement, values = _new(connection.dialect, table, names, count, getter)
        flat = tuple(chain.from_iterable(map(values, rows[start : start + count])))
        new += connection.exec_driver_sql(statement, flat).rowcount
        left, start = left - count, start + count
    return new


@functools.lru_cache
def _new(
    dialect: Dialect, table: Table, names: tuple[str, ...], count: int, getter: Callable[..., _Values]
) -> tuple[str, _Values]:
    """Compile the statement for so many rows, and make the function that puts a row's values in its order."""
    statement = insert(dialect.name, table).values([dict.fromkeys(names)] * count).on_conflict_do_nothing()
    order = [column.name for column in table.c if column.name in names]
    return statement.compile(dialect=dialect).string, getter(*order)
