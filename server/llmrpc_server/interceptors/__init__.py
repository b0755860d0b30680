"""The steps around an RPC, one file each, outermost first; app.py has the list.

current: around all others, those of the configuration that holds, whose handlers it keeps by method.
status, telemetry, auth: around every RPC.
standing: around watches and reflection.
edge, plan, idempotency, limits, ledger, cache, output, fallback, retry, accounting: around calls to models.
"""
