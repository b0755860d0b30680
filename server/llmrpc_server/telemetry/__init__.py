"""What the server tells of itself.

metrics, rpc_counts: what Prometheus collects.
logs, log_lines: events as lines, and writing these without waiting for whoever reads them.
"""
