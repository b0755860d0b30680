"""The section `ledger`: where the books are, and what holds when they cannot be written."""

import os
from datetime import timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from llmrpc_server.config.document import FromOutside
from llmrpc_server.config.values import Count, PositiveDuration, Section

URL_VARIABLE = "LLMRPC_LEDGER_URL"
DEFAULT_URL = "sqlite:///llmrpc.db"


def _check_url(value: Any) -> Any:
    if not isinstance(value, str):
        raise PydanticCustomError("string_type", "must be text")
    url = urlsplit(value)
    if not (value.startswith("sqlite:///") or (url.scheme == "postgresql" and url.hostname)) or not url.path.strip("/"):
        raise PydanticCustomError("database_url", "must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME")
    if url.scheme == "sqlite" and ("?" in value or value == "sqlite:///:memory:"):
        # Each connection would have a memory of its own; and what follows "?" would be part of a file's name.
        raise PydanticCustomError("database_url", "must name a file, without options: sqlite:///FILE")
    if url.password is not None and not isinstance(value, FromOutside):
        raise PydanticCustomError(
            "literal_secret", "must not hold a password in the file itself: write ${NAME} for the whole address"
        )
    return value


def default_url() -> str:
    """Return where the books are without a configuration: LLMRPC_LEDGER_URL, else a file in the working folder."""
    value = os.environ.get(URL_VARIABLE)
    return DEFAULT_URL if not value else FromOutside(value)


class LedgerSettings(Section):
    """Where the books are.

    Attributes:
        url: sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME.
        survives_power_loss: SQLite: each commit waits for the disk.
        on_outage: While the database is down, refuse calls, or go on and enter their books later.
        journal: The folder for books that are not in the database yet, made when it is needed; the same for all
            processes that share an SQLite file; unset: llmrpc-journal beside the SQLite file, or in the working folder.
        keep: After which calls are removed; the hourly sums stay.
        store_text: Keep what calls asked and were answered, too, as JSON; for whoever has `texts` or `admin` to read.
        keep_text: After which texts are removed.
        max_text_bytes: How much is kept of each request, and of each answer; what is cut off leaves no valid JSON.
        dead_after: After which silence a process counts as dead; its calls under way become estimates.
    """

    url: Annotated[str, BeforeValidator(_check_url)] = Field(default_factory=default_url, validate_default=True)
    survives_power_loss: bool = False
    on_outage: Literal["refuse", "continue"] = "refuse"
    journal: Annotated[str, Field(min_length=1)] | None = None
    keep: PositiveDuration | None = None
    store_text: bool = False
    keep_text: PositiveDuration = timedelta(days=7)
    max_text_bytes: Count = 65_536
    dead_after: PositiveDuration = timedelta(seconds=15)
