"""The database of what must outlive a process: SQLite, or PostgreSQL for several replicas; one code path.

A room that keeps something has its own `tables.py` and its own folder of migrations; `app.py` hands the folders to the
`Database`, which brings all tables up to date before it is used.
"""

from llmrpc_server.database.database import CannotOpen, Database
from llmrpc_server.database.migrate import NewerDatabase

__all__ = ["CannotOpen", "Database", "NewerDatabase"]
