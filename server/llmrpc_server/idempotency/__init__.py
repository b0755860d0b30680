"""Requests that are sent twice with the same request_id: they run once.

runs: the calls under way in this process, each followed by all that repeat it.
claims, rows: which call runs which request, in the database that all server processes share.
outcome, outcome_store: how a call ended, as bytes, and where these are kept.
"""

from pathlib import Path

MIGRATIONS = Path(__file__).with_name("migrations")
