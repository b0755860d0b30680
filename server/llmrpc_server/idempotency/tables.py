"""The table of requests that have an id of their own."""

from sqlalchemy import Column, Float, MetaData, Table, Text

METADATA = MetaData()

REQUESTS = Table(
    "requests",
    METADATA,
    Column("tenant", Text, primary_key=True),
    Column("request_id", Text, primary_key=True),
    # A hash over the request: the same id with another is a mistake.
    Column("fingerprint", Text, nullable=False),
    Column("call_id", Text, nullable=False),
    # The server process that runs it, and when that one last said so; in seconds since 1970.
    Column("owner", Text, nullable=False),
    Column("seen", Float, nullable=False),
    Column("state", Text, nullable=False),
    Column("started", Float, nullable=False, index=True),
)
