"""The generated stubs of all services on one channel."""

import grpc
import grpc.aio

from llmrpc.v1.cache_pb2_grpc import CacheServiceStub
from llmrpc.v1.completion_pb2_grpc import CompletionServiceStub
from llmrpc.v1.model_pb2_grpc import ModelServiceStub
from llmrpc.v1.prompt_pb2_grpc import PromptServiceStub
from llmrpc.v1.usage_pb2_grpc import UsageServiceStub


class Stubs:
    """The generated stubs, on the client's channel. Give each call `metadata=client.metadata()`."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.completion = CompletionServiceStub(channel)
        self.models = ModelServiceStub(channel)
        self.prompts = PromptServiceStub(channel)
        self.usage = UsageServiceStub(channel)
        self.cache = CacheServiceStub(channel)


class AsyncStubs:
    """The generated stubs, on the client's channel. Give each call `metadata=client.metadata()`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.completion = CompletionServiceStub(channel)
        self.models = ModelServiceStub(channel)
        self.prompts = PromptServiceStub(channel)
        self.usage = UsageServiceStub(channel)
        self.cache = CacheServiceStub(channel)
