"""The books of every call: what it used and cost, however it ended; and the budgets that they count against.

A call has a `Hold` while it runs and a `Book` when it is over. The `Writer` enters both, many in one transaction; a
call is reported done once its book is committed, or in the `Backlog` on the disk where that is as safe. Holds of a
process that died become books with estimated attempts.

bookkeeper: the books of calls under way; open_book, under_way, budget_errors, texts, text_json: what it needs.
entries, rows, tables: holds and books, as rows.
writer, batch, commit_delay: many calls, one transaction.
transactions/, journal/, sums/, reading/, chores/: rooms of their own; ledger: all of it, put together.
"""

from pathlib import Path

MIGRATIONS = Path(__file__).with_name("migrations")
