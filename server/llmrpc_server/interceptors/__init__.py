"""The steps around an RPC, one file each, outermost first; app.py has the list.

once: puts the others together, once for each method.
status, telemetry, auth: around every RPC.
edge, plan, idempotency, limits, ledger, cache, output, fallback, retry, accounting: around calls to models.
"""
