"""Whether a database can be used, looked at without changing anything."""

import os
from pathlib import Path

from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError

from llmrpc_server.database.database import first_line
from llmrpc_server.database.engine import make_engine


async def why_out_of_reach(url: str) -> str:
    """Tell what keeps a server from its database; empty for nothing. An SQLite file need not be there yet."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _why_no_file(Path(parsed.database or ""))
    engine = make_engine(url, survives_power_loss=False)
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        return first_line(error)
    finally:
        await engine.dispose()
    return ""


def _why_no_file(file: Path) -> str:
    folder = file.absolute().parent
    if not folder.is_dir():
        return f"there is no folder {folder}"
    # Its log and the journal stand beside it.
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"the folder {folder} cannot be written to"
    if not file.exists():
        return ""
    return "" if file.is_file() and os.access(file, os.R_OK | os.W_OK) else f"{file} is no file that can be written to"
