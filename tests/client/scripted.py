"""A real llmrpc server on a free port that does what a test tells it."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures
from typing import NoReturn

import grpc
from google.protobuf.message import Message as AnyProto
from google.rpc.status_pb2 import Status
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from typing_extensions import override

from llmrpc.v1.accounting_pb2 import Accounting, Cost, Target, Usage
from llmrpc.v1.completion_pb2 import (
    FINISH_REASON_STOP,
    CompleteRequest,
    CompleteResponse,
    OutputReset,
    PartDelta,
    PartFinished,
    PartStarted,
    PlanCompletionRequest,
    PlanCompletionResponse,
    PlannedTarget,
    StreamCompleteResponse,
    StreamStarted,
)
from llmrpc.v1.completion_pb2_grpc import CompletionServiceServicer, add_CompletionServiceServicer_to_server
from llmrpc.v1.message_pb2 import ROLE_ASSISTANT, ContentPart, Message
from llmrpc.v1.model_pb2 import (
    CAPABILITY_STREAMING,
    CAPABILITY_TOOLS,
    GetModelRequest,
    GetModelResponse,
    ListModelsRequest,
    ListModelsResponse,
    Model,
    Price,
    WatchProviderHealthRequest,
    WatchProviderHealthResponse,
)
from llmrpc.v1.model_pb2_grpc import ModelServiceServicer, add_ModelServiceServicer_to_server

CALL_ID = "01jd3x6p7hv2m9qk4y8zt5w0ce"
TARGET = Target(provider="openai", model="gpt-4o")
Event = StreamCompleteResponse
Script = Callable[[CompleteRequest, grpc.ServicerContext], Iterator[Event]]


def response(text: str) -> CompleteResponse:
    """Make a whole answer that is one part of text."""
    return CompleteResponse(
        message=Message(role=ROLE_ASSISTANT, parts=[ContentPart(text=text)]),
        finish_reason=FINISH_REASON_STOP,
        accounting=Accounting(
            call_id=CALL_ID,
            target=TARGET,
            usage=Usage(input_tokens=12, output_tokens=80),
            cost=Cost(currency_code="USD", picos=840_000_000),
        ),
    )


def numbered(events: Sequence[Event]) -> list[Event]:
    """Give the events their sequence."""
    for sequence, event in enumerate(events, start=1):
        event.sequence = sequence
    return list(events)


def started() -> Event:
    """Begin a stream."""
    return Event(started=StreamStarted(call_id=CALL_ID, target=TARGET))


def part(index: int, content: ContentPart | None = None) -> Event:
    """Begin a part; of text where nothing else is said."""
    return Event(part_started=PartStarted(part_index=index, part=content or ContentPart(text="")))


def text(index: int, piece: str) -> Event:
    """Add to a part of text."""
    return Event(part_delta=PartDelta(part_index=index, text=piece))


def finished(index: int) -> Event:
    """End a part."""
    return Event(part_finished=PartFinished(part_index=index))


def reset() -> Event:
    """Void everything so far."""
    return Event(output_reset=OutputReset())


def completed(answer: str) -> Event:
    """End a stream."""
    return Event(completed=response(answer))


def unknown() -> Event:
    """Make an event of a kind that this version of the protos does not have (field 14)."""
    return Event.FromString(b"\x72\x02hi")


def answer(*pieces: str) -> list[Event]:
    """Make the usual stream: one part of text in pieces."""
    return numbered(
        [
            started(),
            part(0),
            *(text(0, piece) for piece in pieces),
            finished(0),
            completed("".join(pieces)),
        ]
    )


def endless(_: CompleteRequest, context: grpc.ServicerContext) -> Iterator[Event]:
    """Begin an answer and stay silent until the call ends. A script."""
    ended = threading.Event()
    context.add_callback(ended.set)
    yield from answer("Bl")[:3]
    ended.wait(10)


def fail(context: grpc.ServicerContext, code: grpc.StatusCode, message: str, *details: AnyProto) -> NoReturn:
    """End the call with a status and its details."""
    status = Status(code=code.value[0], message=message)
    for detail in details:
        status.details.add().Pack(detail)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(code, message)


class Scripted(CompletionServiceServicer, ModelServiceServicer):
    """Answers with `script`, and keeps what it saw."""

    def __init__(self) -> None:
        self.script: Script = lambda request, context: iter(answer("The sky ", "is blue."))
        self.requests: list[CompleteRequest] = []
        self.metadata: list[dict[str, str | bytes]] = []
        self.deadlines: list[float | None] = []
        self.ended = threading.Event()
        """Set once a call has ended, however that was."""

    @override
    def Complete(self, request: CompleteRequest, context: grpc.ServicerContext) -> CompleteResponse:
        """Answer whole."""
        self._note(request, context)
        *_, last = self.script(request, context)
        return last.completed

    @override
    def StreamComplete(self, request: CompleteRequest, context: grpc.ServicerContext) -> Iterator[Event]:
        """Answer in events."""
        self._note(request, context)
        yield from self.script(request, context)

    @override
    def PlanCompletion(self, request: PlanCompletionRequest, context: grpc.ServicerContext) -> PlanCompletionResponse:
        """Plan for one target."""
        self._note(request.request, context)
        return PlanCompletionResponse(targets=[PlannedTarget(target=TARGET, input_tokens=12)])

    @override
    def ListModels(self, request: ListModelsRequest, context: grpc.ServicerContext) -> ListModelsResponse:
        """List two pages of one model each."""
        if request.page_token == "next":
            return ListModelsResponse(models=[Model(name="fast")])
        return ListModelsResponse(models=[_model("default")], next_page_token="next")

    @override
    def GetModel(self, request: GetModelRequest, context: grpc.ServicerContext) -> GetModelResponse:
        """Describe any model."""
        return GetModelResponse(model=_model(request.name))

    @override
    def WatchProviderHealth(
        self, request: WatchProviderHealthRequest, context: grpc.ServicerContext
    ) -> Iterator[WatchProviderHealthResponse]:
        """Have nothing to tell."""
        return iter(())

    def _note(self, request: CompleteRequest, context: grpc.ServicerContext) -> None:
        """Keep what was seen."""
        self.requests.append(request)
        self.metadata.append(dict(context.invocation_metadata()))
        remaining = context.time_remaining()
        # Without a deadline grpc says some hundred years.
        self.deadlines.append(remaining if remaining < 1e9 else None)
        context.add_callback(self.ended.set)


class ScriptedServer(Scripted):
    """The servicer and its server."""

    def __init__(self, credentials: grpc.ServerCredentials | None = None) -> None:
        super().__init__()
        self._server = grpc.server(futures.ThreadPoolExecutor(8), options=[("grpc.max_receive_message_length", -1)])
        add_CompletionServiceServicer_to_server(self, self._server)
        add_ModelServiceServicer_to_server(self, self._server)
        self.health = health.HealthServicer()
        self.serve(health_pb2.HealthCheckResponse.SERVING)
        health_pb2_grpc.add_HealthServicer_to_server(self.health, self._server)
        port = (
            self._server.add_secure_port("127.0.0.1:0", credentials)
            if credentials
            else self._server.add_insecure_port("127.0.0.1:0")
        )
        self.address = f"127.0.0.1:{port}"
        self._server.start()

    def serve(self, status: int) -> None:
        """Say whether calls are welcome."""
        self.health.set("llmrpc.v1.CompletionService", status)

    def stop(self) -> None:
        """Close the port and break what runs."""
        self._server.stop(grace=0).wait()


def _model(name: str) -> Model:
    """Describe a model."""
    return Model(
        name=name,
        targets=[TARGET],
        context_window_tokens=128_000,
        capabilities=[CAPABILITY_STREAMING, CAPABILITY_TOOLS],
        prices=[Price(sku="input_tokens", currency_code="USD", picos_per_unit=2_500_000)],
    )
