"""The commands that are no conversation."""

import json
from collections.abc import Iterator
from importlib import metadata

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import (
    BadRequest,
    ErrorInfo,
    RetryInfo,
)
from typer.testing import CliRunner, Result

from client.scripted import CALL_ID, Event, ScriptedServer, answer, completed, endless, fail, numbered, started
from llmrpc.cli import terminal
from llmrpc.cli.app import app
from llmrpc.errors import (
    BrokenStream,
    Cancelled,
    ConnectionFailed,
    DeadlineExceeded,
    InternalError,
    LlmrpcError,
    ModelNotFound,
    PermissionDenied,
    RateLimited,
    Unauthenticated,
    Unavailable,
    Unsupported,
)
from llmrpc.v1.completion_pb2 import (
    FINISH_REASON_MAX_TOKENS,
    INTERRUPTION_POLICY_FAIL,
    CompleteRequest,
    Warning,  # noqa: A004 - the proto's name.
)


def run(server: ScriptedServer, *arguments: str, stdin: str | bytes | None = None) -> Result:
    """Run a command against the server; its stdout and stderr are pipes."""
    return CliRunner().invoke(app, [*arguments, "--address", server.address], input=stdin)


def test_complete_prints_the_answer_and_nothing_else(server: ScriptedServer) -> None:
    """Into a pipe goes the answer alone, whole."""
    done = run(server, "complete", "Why is the sky blue?")

    assert (0, "The sky is blue.\n", "") == (done.exit_code, done.stdout, done.stderr)


def test_complete_sends_what_was_said(server: ScriptedServer) -> None:
    """Every option has its field."""
    run(
        server,
        *("complete", "Why?", "-m", "fast", "-s", "Be brief.", "-t", "0", "--max-output-tokens", "9"),
        *("--label", "team=search", "-l", "feature=a=b", "--timeout", "30"),
    )

    (request,) = server.requests
    assert "fast" == request.model
    assert ["Be brief.", "Why?"] == [message.parts[0].text for message in request.messages]
    assert (True, 0.0) == (request.config.HasField("temperature"), request.config.temperature)
    assert 9 == request.config.max_output_tokens
    assert {"team": "search", "feature": "a=b"} == dict(request.labels)
    assert [30] == [deadline and round(deadline) for deadline in server.deadlines]


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [(("complete",), b"caf\xe9 \xff\n"), (("complete", "caf\udce9 \udcff"), None), (("chat",), b"caf\xe9 \xff\n")],
)
def test_bytes_that_are_no_text(server: ScriptedServer, arguments: tuple[str, ...], stdin: bytes | None) -> None:
    """They are replaced, in a pipe and on the command line; the rest is asked."""
    done = run(server, *arguments, stdin=stdin)

    assert (0, ["caf\ufffd \ufffd"]) == (done.exit_code, [one.messages[0].parts[0].text for one in server.requests])


@pytest.mark.parametrize("arguments", [("complete",), ("complete", "-")])
def test_complete_reads_stdin(server: ScriptedServer, arguments: tuple[str, ...]) -> None:
    """A pipe or "-" brings the prompt, without its last newline."""
    run(server, *arguments, stdin="Two\nlines\n")

    assert "Two\nlines" == server.requests[0].messages[0].parts[0].text


def test_complete_json(server: ScriptedServer) -> None:
    """The response as the protos name it."""
    done = run(server, "complete", "Why?", "--json")

    answered = json.loads(done.stdout)
    assert [{"text": "The sky is blue."}] == answered["message"]["parts"]
    assert "FINISH_REASON_STOP" == answered["finish_reason"]
    assert CALL_ID == answered["accounting"]["call_id"]


def test_a_stream_into_a_pipe_cannot_start_again(server: ScriptedServer) -> None:
    """What was written stays, so that a provider that breaks off must be an error."""
    done = run(server, "complete", "Why?", "--stream")

    assert (0, "The sky is blue.\n") == (done.exit_code, done.stdout)
    assert INTERRUPTION_POLICY_FAIL == server.requests[0].stream.on_interruption


def test_what_the_caller_should_know_goes_to_stderr(server: ScriptedServer) -> None:
    """Warnings and an answer without its end are told, beside the answer."""
    event = completed("The sky")
    event.completed.finish_reason = FINISH_REASON_MAX_TOKENS
    event.completed.warnings.append(Warning(reason="PARAMETER_DROPPED", text="openai has no config.top_k"))
    server.script = lambda *_: iter(numbered([started(), event]))

    done = run(server, "complete", "Why?")

    assert "The sky\n" == done.stdout
    assert "Warning: openai has no config.top_k\nThe answer ended with MAX_TOKENS.\n" == done.stderr


def test_a_server_that_is_not_there(server: ScriptedServer) -> None:
    """The message tells what to do."""
    server.stop()
    done = run(server, "complete", "Why?")

    expected = f"No llmrpc server answers at {server.address}. Start one with: llmrpc serve\n"
    assert (69, "", expected) == (done.exit_code, done.stdout, done.stderr)


def test_an_error_shows_all_that_helps(server: ScriptedServer) -> None:
    """Reason, words, fields, the wait and the call."""
    details = (
        ErrorInfo(reason="INVALID_REQUEST", domain="llmrpc", metadata={"call_id": CALL_ID}),
        BadRequest(field_violations=[BadRequest.FieldViolation(field="model", description="must be short")]),
        RetryInfo(retry_delay=Duration(seconds=1, nanos=500_000_000)),
    )
    server.script = lambda _, context: fail(context, grpc.StatusCode.INVALID_ARGUMENT, "bad", *details)

    done = run(server, "complete", "Why?")

    assert (65, "") == (done.exit_code, done.stdout)
    assert [
        "Error: INVALID_REQUEST: bad",
        "  model: must be short",
        "  Try again in 1.5 s.",
        f"  Call {CALL_ID}",
    ] == done.stderr.splitlines()


def test_what_is_told_once_is_enough(server: ScriptedServer) -> None:
    """A field whose words stand in the message is not named again below it."""
    text = "model: must be short"
    details = (
        ErrorInfo(reason="INVALID_REQUEST", domain="llmrpc", metadata={"call_id": CALL_ID}),
        BadRequest(field_violations=[BadRequest.FieldViolation(field="model", description="must be short")]),
    )
    server.script = lambda _, context: fail(context, grpc.StatusCode.INVALID_ARGUMENT, text, *details)

    done = run(server, "complete", "Why?")

    assert [f"Error: INVALID_REQUEST: {text}", f"  Call {CALL_ID}"] == done.stderr.splitlines()


def test_the_version() -> None:
    """It is that of the installed package."""
    done = CliRunner().invoke(app, ["--version"])

    assert (0, f"llmrpc {metadata.version('llmrpc')}\n") == (done.exit_code, done.stdout)


def test_who_is_not_known_is_told_where_a_token_goes(server: ScriptedServer) -> None:
    """The server speaks of metadata; who types a command has a variable and an option."""
    info = ErrorInfo(reason="UNAUTHENTICATED", domain="llmrpc", metadata={"call_id": CALL_ID})
    server.script = lambda _, context: fail(context, grpc.StatusCode.UNAUTHENTICATED, "who are you?", info)

    done = run(server, "complete", "Why?")

    assert 77 == done.exit_code
    assert [
        "Error: UNAUTHENTICATED: who are you?",
        "  Name a good token in LLMRPC_TOKEN, or with --token.",
        f"  Call {CALL_ID}",
    ] == done.stderr.splitlines()


def test_a_stream_that_fails_ends_with_an_error(server: ScriptedServer) -> None:
    """What came is printed, and the exit code says that it is not whole."""

    def script(_: CompleteRequest, context: grpc.ServicerContext) -> Iterator[Event]:
        yield from answer("The sk")[:3]
        context.abort(grpc.StatusCode.INTERNAL, "words")

    server.script = script
    done = run(server, "complete", "Why?", "--stream")

    assert (70, "The sk", "Error: INTERNAL: words\n") == (done.exit_code, done.stdout, done.stderr)


def test_a_deadline_ends_like_timeout(server: ScriptedServer) -> None:
    """The exit code is that of timeout(1)."""
    server.script = endless

    assert 124 == run(server, "complete", "Why?", "--timeout", "0.2").exit_code


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ModelNotFound, 65),
        (Unsupported, 65),
        (Unavailable, 69),
        (ConnectionFailed, 69),
        (InternalError, 70),
        (RateLimited, 75),
        (Unauthenticated, 77),
        (PermissionDenied, 77),
        (DeadlineExceeded, 124),
        (BrokenStream, 70),
        (Cancelled, 1),
    ],
)
def test_exit_codes(error: type[LlmrpcError], expected: int) -> None:
    """Scripts can tell what to do next."""
    assert expected == terminal.exit_code(error("words"))


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("complete", "Why?", "--label", "team"), "'team' is not KEY=VALUE"),
        (("complete", "Why?", "--temperature", "warm"), "--temperature"),
        (("models", "--ca-file", "/nowhere.pem"), "does not exist"),
    ],
)
def test_a_wrong_command_line(server: ScriptedServer, arguments: tuple[str, ...], complaint: str) -> None:
    """The exit code is 2, and nothing is sent."""
    done = run(server, *arguments)

    assert 2 == done.exit_code
    assert complaint in " ".join(done.stderr.split())
    assert [] == server.requests


def test_a_token_for_another_machine_needs_tls() -> None:
    """The client's refusal is a message, no traceback."""
    done = CliRunner().invoke(app, ["models", "--address", "gateway:50051", "--token", "t0p"])

    assert 2 == done.exit_code
    assert done.stderr.startswith("Error: the token would travel unencrypted to gateway:50051")


def test_models_into_a_pipe(server: ScriptedServer) -> None:
    """A line each, columns divided by tabs."""
    done = run(server, "models")

    assert [
        "default\topenai/gpt-4o\t128,000\t-\tstreaming, tools",
        "fast\t-\t-\t-\t-",
    ] == done.stdout.splitlines()


def test_models_json(server: ScriptedServer) -> None:
    """All pages as one list."""
    done = run(server, "models", "--json")

    assert ["default", "fast"] == [model["name"] for model in json.loads(done.stdout)["models"]]


def test_one_model(server: ScriptedServer) -> None:
    """Everything that is known, the prices for a million units."""
    done = run(server, "models", "default")

    assert [
        "name                    default",
        "targets                 openai/gpt-4o",
        "context window          128,000",
        "max output              -",
        "capabilities            streaming, tools",
        "price of input_tokens   USD 2.5 for a million",
    ] == done.stdout.splitlines()
