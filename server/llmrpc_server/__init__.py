"""The llmrpc server: one gRPC API in front of every LLM provider. Start reading at app.py."""
