"""The steps around an RPC, one file each, outermost first; app.py has the list.

status, telemetry, auth: around every RPC.
edge, plan, idempotency, limits, ledger, cache, fallback, retry, accounting: around calls to models.
"""
