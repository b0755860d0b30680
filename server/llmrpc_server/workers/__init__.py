"""Several server processes on one port, and the process above them. See docs/decisions/0021.

supervisor: starts workers, replaces those that die, hands signals on; __main__: what `llmrpc serve` becomes.
worker, process: a place among them, and who has it; output: what they log, as one stream.
metrics, merging: all workers' series at one endpoint.
lifeline: what supervisor and worker tell each other.

The supervisor has no event loop, no gRPC and no configuration: it imports little more than the standard library.
"""
