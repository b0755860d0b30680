"""What holds without a configuration file."""

import contextlib
import traceback
from collections.abc import AsyncIterator

import grpc
import pytest

from fault_provider import ThreadedFaultProvider
from gateway import Gateway, request
from llmrpc.v1 import completion_pb2
from llmrpc_server import providers
from llmrpc_server.app import App
from llmrpc_server.config.defaults import LOCAL_MODEL, default
from llmrpc_server.config.loading import BadConfig, Loaded
from llmrpc_server.local_model import weights


def loaded() -> Loaded:
    """Make the configuration of this environment."""
    return default(tuple(providers.KINDS), lambda kind: providers.load(kind).settings)


@contextlib.asynccontextmanager
async def defaults_running() -> AsyncIterator[Gateway]:
    """Run the server without a configuration file."""
    app = App(loaded(), listen="127.0.0.1:0")
    await app.start()
    try:
        async with grpc.aio.insecure_channel(app.address) as channel:
            yield Gateway(app, channel)
    finally:
        await app.stop()


def targets(found: Loaded) -> list[str]:
    """List the targets of the one route."""
    assert ["default"] == list(found.config.routes)
    return [target.model for target in found.config.routes["default"].targets]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, ["local/smollm2-135m-instruct"]),
        ({"OPENAI_API_KEY": ""}, ["local/smollm2-135m-instruct"]),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:1"}, ["local/smollm2-135m-instruct"]),
        ({"OPENAI_API_KEY": "sk-marker"}, ["openai/gpt-4o"]),
        ({"ANTHROPIC_API_KEY": "sk-marker"}, ["anthropic/claude-sonnet-5-5"]),
        (
            {"ANTHROPIC_API_KEY": "sk-marker", "OPENAI_API_KEY": "sk-marker"},
            ["openai/gpt-4o", "anthropic/claude-sonnet-5-5"],
        ),
        ({"ANTHROPIC_API_KEY": "sk-marker", "OPENAI_API_KEY": ""}, ["anthropic/claude-sonnet-5-5"]),
    ],
)
def test_targets(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: list[str]) -> None:
    """The clouds whose keys are there, OpenAI first; the local model only where there is none."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    found = loaded()

    assert expected == targets(found)
    assert {target.partition("/")[0] for target in expected} == set(found.providers)
    assert ((), "the defaults (no configuration file)") == (found.warnings, found.source)
    assert "sk-marker" not in repr(found)


def test_the_local_model_is_the_one_that_is_fetched() -> None:
    """The name of the local model stands in two places and is the same."""
    assert weights.NAME == LOCAL_MODEL


def test_refuses_a_key_that_no_header_can_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key with a newline at its end is refused at once, without a line number where there is no file."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-marker\n")

    with pytest.raises(BadConfig) as failed:
        loaded()

    expected = (
        "the defaults (no configuration file): providers.openai.api_key: "
        "must be one line of printable ASCII characters without spaces"
    )
    assert expected == str(failed.value)
    assert "marker" not in "".join(traceback.format_exception(failed.value))


async def test_openai_is_asked_and_anthropic_stands_second(
    monkeypatch: pytest.MonkeyPatch, faults: ThreadedFaultProvider
) -> None:
    """The SDKs' own variables say where the clouds are; each gets its own key, and OpenAI is asked first."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai")
    monkeypatch.setenv("OPENAI_BASE_URL", f"{faults.base_url}/v1")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-anthropic")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", faults.base_url)

    async with defaults_running() as gateway:
        plan = await gateway.completion.PlanCompletion(
            completion_pb2.PlanCompletionRequest(request=request()), timeout=5
        )
        answer = await gateway.completion.Complete(request(), timeout=5)
        await gateway.completion.Complete(request("anthropic/claude-sonnet-5-5"), timeout=5)

    assert [("openai", "gpt-4o", ""), ("anthropic", "claude-sonnet-5-5", "")] == [
        (planned.target.provider, planned.target.model, planned.skip_reason) for planned in plan.targets
    ]
    assert ("openai", "gpt-4o") == (answer.accounting.target.provider, answer.accounting.target.model)
    assert [("/v1/chat/completions", "sk-openai"), ("/v1/messages", "sk-anthropic")] == [
        (attempt.path, attempt.key) for attempt in faults.attempts
    ]


async def test_anthropic_alone_is_asked(monkeypatch: pytest.MonkeyPatch, faults: ThreadedFaultProvider) -> None:
    """With Anthropic's key alone the route "default" is Anthropic's."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-anthropic")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", faults.base_url)

    async with defaults_running() as gateway:
        answer = await gateway.completion.Complete(request(), timeout=5)

    assert ("default", "anthropic") == (answer.accounting.route, answer.accounting.target.provider)
