"""The client for programs that block, against a real server."""

import threading
from collections.abc import Iterator

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckResponse

import llmrpc
from client.scripted import (
    CALL_ID,
    TARGET,
    Event,
    ScriptedServer,
    answer,
    completed,
    endless,
    numbered,
    part,
    reset,
    response,
    started,
    text,
    unknown,
)
from llmrpc.v1.accounting_pb2 import Cost, Usage
from llmrpc.v1.completion_pb2 import (
    INTERRUPTION_POLICY_FAIL,
    INTERRUPTION_POLICY_RESTART,
    CompleteRequest,
    StreamOptions,
)
from llmrpc.v1.message_pb2 import ContentPart, Message, ToolCall
from llmrpc.v1.model_pb2 import ListModelsRequest


def test_complete_returns_a_view_of_the_response(client: llmrpc.Client) -> None:
    """What callers need most is at hand; the response itself is there too."""
    completion = client.complete("Why is the sky blue?")

    assert "The sky is blue." == completion.text
    assert "STOP" == completion.finish_reason
    assert CALL_ID == completion.call_id
    assert Usage(input_tokens=12, output_tokens=80) == completion.usage
    assert Cost(currency_code="USD", picos=840_000_000) == completion.cost
    assert [] == completion.warnings
    assert response("The sky is blue.") == completion.response


def test_an_answer_goes_back_into_the_conversation(server: ScriptedServer, client: llmrpc.Client) -> None:
    """`message` can stand beside plain ones."""
    completion = client.complete("Hello")
    client.complete([("user", "Hello"), completion.message, ("user", "Why?")])

    assert completion.message == server.requests[-1].messages[1]


def test_what_is_not_known_is_none() -> None:
    """Unknown usage and cost are not zero; an unknown finish reason stays readable."""
    bare = response("Hi")
    bare.accounting.ClearField("usage")
    bare.accounting.ClearField("cost")
    bare.finish_reason = 99  # type: ignore[assignment]
    completion = llmrpc.Completion(bare)

    assert (None, None, "99") == (completion.usage, completion.cost, completion.finish_reason)


def test_tool_calls_are_at_hand() -> None:
    """They come in the model's order, and add nothing to the text."""
    call = ToolCall(id="t1", name="look")
    answered = response("Let me see.")
    answered.message.MergeFrom(Message(parts=[ContentPart(tool_call=call)]))
    completion = llmrpc.Completion(answered)

    assert ("Let me see.", [call]) == (completion.text, completion.tool_calls)


def test_stream_text(server: ScriptedServer, client: llmrpc.Client) -> None:
    """Text comes in pieces; then the whole answer is there; the server may restart unless told otherwise."""
    with client.stream("Why?") as stream:
        pieces = list(stream.text)

    assert ["The sky ", "is blue."] == pieces
    assert response("The sky is blue.") == stream.completion.response
    assert INTERRUPTION_POLICY_RESTART == server.requests[0].stream.on_interruption


def test_the_callers_own_policy_holds(server: ScriptedServer, client: llmrpc.Client) -> None:
    """What the raw request says about interruptions is not overwritten."""
    request = CompleteRequest(stream=StreamOptions(on_interruption=INTERRUPTION_POLICY_FAIL))
    client.stream("Why?", request=request).result()

    assert INTERRUPTION_POLICY_FAIL == server.requests[0].stream.on_interruption


def test_stream_events(server: ScriptedServer, client: llmrpc.Client) -> None:
    """Iterating over the stream gives every event as it came, unknown ones too."""
    events = numbered([started(), unknown(), completed("Blue.")])
    server.script = lambda *_: iter(events)

    with client.stream("Why?") as stream:
        assert events == list(stream)


def test_a_reset_is_seen_by_who_prints(server: ScriptedServer, client: llmrpc.Client) -> None:
    """RESET stands between the void text and the fresh one; the answer holds the fresh one alone."""
    server.script = lambda *_: iter(
        numbered([started(), part(0), text(0, "The sk"), reset(), part(0), text(0, "Blue."), completed("Blue.")])
    )

    stream = client.stream("Why?")

    assert ["The sk", llmrpc.RESET, "Blue."] == list(stream.text)
    assert "Blue." == stream.completion.text


def test_result_reads_what_is_left(client: llmrpc.Client) -> None:
    """One may stop looking at pieces and take the rest at once; asking again is allowed."""
    stream = client.stream("Why?")
    first = next(stream.text)

    assert ("The sky ", "The sky is blue.") == (first, stream.result().text)
    assert stream.result() == stream.completion


def test_the_completion_is_not_there_before_the_end(client: llmrpc.Client) -> None:
    """To ask too early is a mistake in the program, and said so."""
    with (
        client.stream("Why?") as stream,
        pytest.raises(RuntimeError, match="the stream has not ended"),
    ):
        _ = stream.completion


def test_a_stream_without_completed_is_an_error(server: ScriptedServer, client: llmrpc.Client) -> None:
    """Status OK alone does not make an answer whole."""
    server.script = lambda *_: iter(answer("Blue.")[:-1])

    with pytest.raises(llmrpc.BrokenStream, match="without its completed event"):
        client.stream("Why?").result()


def test_a_stream_that_fails_raises_after_its_text(server: ScriptedServer, client: llmrpc.Client) -> None:
    """What came before the failure is delivered; the error comes after."""

    def script(_: CompleteRequest, context: grpc.ServicerContext) -> Iterator[Event]:
        yield from answer("Bl")[:3]
        context.abort(grpc.StatusCode.INTERNAL, "words")

    server.script = script
    pieces: list[str] = []
    with pytest.raises(llmrpc.InternalError, match="words"), client.stream("Why?") as stream:
        pieces.extend(stream.text)

    assert ["Bl"] == pieces
    assert "Bl" == stream.assembler.text


def test_leaving_the_block_cancels_the_call(server: ScriptedServer, client: llmrpc.Client) -> None:
    """Nobody pays for what nobody reads: the server sees the cancellation at once."""
    server.script = endless

    with client.stream("Why?") as stream:
        assert "Bl" == next(stream.text)

    assert server.ended.wait(5)
    with pytest.raises(llmrpc.Cancelled):
        stream.result()


def test_timeout_is_the_deadline(server: ScriptedServer, client: llmrpc.Client) -> None:
    """The server is told the deadline; past it the call ends with an error of its own."""
    server.script = endless

    with pytest.raises(llmrpc.DeadlineExceeded), client.stream("Why?", timeout=1) as stream:
        stream.result()
    with pytest.raises(llmrpc.DeadlineExceeded):
        client.complete("Why?", timeout=1)

    assert [True, True] == [deadline is not None for deadline in server.deadlines]


def test_a_call_without_timeout_has_the_clients_or_none(server: ScriptedServer, client: llmrpc.Client) -> None:
    """The client's timeout is the default of its calls; without either the server's own holds."""
    client.complete("Why?")
    with llmrpc.Client(server.address, timeout=60) as patient:
        patient.complete("Why?")
        patient.complete("Why?", timeout=5)

    assert [None, 60, 5] == [deadline and round(deadline) for deadline in server.deadlines]


def test_models_are_listed_over_all_pages(client: llmrpc.Client) -> None:
    """Pages are fetched as needed."""
    assert ["default", "fast"] == [model.name for model in client.list_models()]


def test_one_model_is_described(client: llmrpc.Client) -> None:
    """`get_model` returns the model itself."""
    assert [TARGET] == list(client.get_model("default").targets)


def test_plan_runs_nothing(client: llmrpc.Client) -> None:
    """It takes what `complete` takes and tells where it would go."""
    assert [TARGET] == [planned.target for planned in client.plan("Why?", model="fast").targets]


def test_the_stubs_are_there_for_the_rest(server: ScriptedServer) -> None:
    """Raw calls go over the same connection, with the same metadata."""
    with llmrpc.Client(server.address, token="t0p") as client:
        client.stubs.completion.Complete(CompleteRequest(), metadata=client.metadata())
        page = client.stubs.models.ListModels(ListModelsRequest(page_token="next"))

    assert "Bearer t0p" == server.metadata[0]["authorization"]
    assert ["fast"] == [model.name for model in page.models]


def test_a_missing_rpc_is_unsupported(server: ScriptedServer, client: llmrpc.Client) -> None:
    """A server older than the RPC says UNIMPLEMENTED without a reason."""
    server.script = lambda _, context: context.abort(grpc.StatusCode.UNIMPLEMENTED, "Method not found!")

    with pytest.raises(llmrpc.Unsupported, match="Method not found!"):
        client.complete("Why?")


def test_nobody_listens(server: ScriptedServer) -> None:
    """An address without a server is an error of its own, soon; no call id, since nobody saw the call."""
    server.stop()

    with llmrpc.Client(server.address) as client, pytest.raises(llmrpc.ConnectionFailed) as caught:
        client.complete("Why?")

    assert "" == caught.value.call_id


def test_a_server_that_drains_is_not_asked(server: ScriptedServer, client: llmrpc.Client) -> None:
    """The channel watches the health of the service, and sends no calls where it is NOT_SERVING."""
    server.serve(HealthCheckResponse.NOT_SERVING)

    with pytest.raises(llmrpc.ConnectionFailed):
        client.complete("Why?")

    assert [] == server.requests


def test_a_connection_that_breaks_knows_its_call(server: ScriptedServer, client: llmrpc.Client) -> None:
    """When the server dies in the middle, the call is known and can be asked about."""

    def script(_: CompleteRequest, context: grpc.ServicerContext) -> Iterator[Event]:
        context.send_initial_metadata((("llmrpc-call-id", CALL_ID),))
        yield from answer("Bl")[:3]
        server.ended.wait(5)

    server.script = script
    stream = client.stream("Why?")
    next(stream.text)
    threading.Thread(target=server.stop).start()
    with pytest.raises(llmrpc.ConnectionFailed) as caught:
        stream.result()

    assert CALL_ID == caught.value.call_id
