"""Generated from protos/llmrpc/v1 by `just generate`."""
