"""The messages that the floors answer with, the real service's own, and the plainest server for them."""

from typing import Any, Final, Protocol

import grpc

from llmrpc.v1 import accounting_pb2, completion_pb2, message_pb2

_NAME: Final = "llmrpc.v1.CompletionService"

# grpc.aio stops a server that nobody holds.
_serving: list[grpc.aio.Server] = []


class Service(Protocol):
    """The two calls to models of CompletionService."""

    async def complete(self, request: completion_pb2.CompleteRequest, context: Any) -> completion_pb2.CompleteResponse:
        """Answer with one message."""
        ...

    async def stream(self, request: completion_pb2.CompleteRequest, context: Any) -> None:
        """Write the answer's messages to the context, which costs a little less than yielding them."""
        ...


async def serve(service: Service) -> str:
    """Serve CompletionService on a free port; return host and port."""
    parse = completion_pb2.CompleteRequest.FromString
    complete: Any = grpc.unary_unary_rpc_method_handler(
        service.complete, parse, completion_pb2.CompleteResponse.SerializeToString
    )
    stream: Any = grpc.unary_stream_rpc_method_handler(
        service.stream, parse, completion_pb2.StreamCompleteResponse.SerializeToString
    )
    handlers = {"Complete": complete, "StreamComplete": stream}
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_NAME, handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    _serving.append(server)
    return f"127.0.0.1:{port}"


def completed(text: str, finish: str, usage: dict[str, Any]) -> completion_pb2.CompleteResponse:
    """Make the answer, with the usage that OpenAI sent."""
    counts = accounting_pb2.Usage(input_tokens=usage["prompt_tokens"], output_tokens=usage["completion_tokens"])
    return completion_pb2.CompleteResponse(
        message=message_pb2.Message(role=message_pb2.ROLE_ASSISTANT, parts=[message_pb2.ContentPart(text=text)]),
        finish_reason=completion_pb2.FINISH_REASON_STOP,
        provider_finish_reason=finish,
        accounting=accounting_pb2.Accounting(usage=counts),
    )


def delta(sequence: int, text: str) -> completion_pb2.StreamCompleteResponse:
    """Make the event that tells of more text."""
    return completion_pb2.StreamCompleteResponse(
        sequence=sequence, part_delta=completion_pb2.PartDelta(part_index=0, text=text)
    )
