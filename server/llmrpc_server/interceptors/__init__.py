"""The steps around an RPC, one file each, outermost first; app.py has the list.

once: around all others, which it asks for their handler once a method.
status, telemetry, auth: around every RPC.
standing: around watches and reflection.
edge, plan, idempotency, limits, ledger, cache, output, fallback, retry, accounting: around calls to models.
"""
