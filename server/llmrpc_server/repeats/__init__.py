"""Requests that are sent twice with the same request_id: they run once.

book, rows: who runs which request, in the database that all server processes share.
outcome, outcomes: how a call ended, as bytes and where they are kept.
repeats: the calls under way in this process, each joined by its repeats.
"""

from pathlib import Path

MIGRATIONS = Path(__file__).with_name("migrations")
