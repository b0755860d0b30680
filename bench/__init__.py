"""What a call through llmrpc costs, as a ratio to the least that any gateway on grpc.aio could cost."""
