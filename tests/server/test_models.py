"""ModelService, through the real server."""

import base64
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2

from details import detail
from fault_provider import ThreadedFaultProvider
from gateway import Gateway, faulty, request, running
from llmrpc.v1 import model_pb2

Code = grpc.StatusCode


async def failure_of(call: Any) -> grpc.aio.AioRpcError:
    """Return the error that an RPC ends with."""
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await call
    return failed.value


def wrong_fields(error: grpc.aio.AioRpcError) -> list[str]:
    """List the fields that an error says are wrong."""
    return [violation.field for violation in detail(error, error_details_pb2.BadRequest).field_violations]


async def names(gateway: Gateway, page_size: int = 0) -> list[list[str]]:
    """Page through all models; return the names of each page."""
    pages, token = [], ""
    while True:
        asked = model_pb2.ListModelsRequest(page_size=page_size, page_token=token)
        answer = await gateway.models.ListModels(asked, timeout=5)
        pages.append([model.name for model in answer.models])
        token = answer.next_page_token
        if not token:
            return pages


async def test_lists_routes_and_models(gateway: Gateway) -> None:
    """Every route and every model that a route names, by name, with targets in their order."""
    answer = await gateway.models.ListModels(model_pb2.ListModelsRequest(), timeout=5)

    assert [
        ("anthropic/claude-sonnet-5-5", [("anthropic", "claude-sonnet-5-5")]),
        ("default", [("openai", "gpt-4o"), ("anthropic", "claude-sonnet-5-5")]),
        ("openai/gpt-4o", [("openai", "gpt-4o")]),
    ] == [(model.name, [(target.provider, target.model) for target in model.targets]) for model in answer.models]
    assert "" == answer.next_page_token
    assert not any(model.HasField("context_window_tokens") for model in answer.models)


async def test_capabilities_are_those_of_all_targets(gateway: Gateway) -> None:
    """A model is said to do what the wire formats of all its targets can say."""
    answer = await gateway.models.ListModels(model_pb2.ListModelsRequest(), timeout=5)
    told = {model.name: {model_pb2.Capability.Name(one)[11:] for one in model.capabilities} for model in answer.models}

    common = {"STREAMING", "TOOLS", "JSON_SCHEMA", "IMAGE_INPUT", "DOCUMENT_INPUT"}
    assert {
        "default": common,
        "openai/gpt-4o": {*common, "AUDIO_INPUT"},
        "anthropic/claude-sonnet-5-5": {*common, "PREFILL"},
    } == told


async def test_what_is_listed_can_be_called(gateway: Gateway) -> None:
    """Each name is what CompleteRequest.model takes, and GetModel describes it the same way."""
    listed = await gateway.models.ListModels(model_pb2.ListModelsRequest(), timeout=5)

    for model in listed.models:
        one = await gateway.models.GetModel(model_pb2.GetModelRequest(name=model.name), timeout=5)
        answer = await gateway.completion.Complete(request(model.name), timeout=5)
        assert model == one.model
        assert model.name == answer.accounting.route
        assert model.targets[0].model == answer.accounting.target.model


async def test_a_route_named_like_a_model(faults: ThreadedFaultProvider) -> None:
    """A route that stands in for a model is listed once, as what a call to it gets."""
    config = faulty(faults, **{"openai/gpt-4o": ["anthropic/claude-sonnet-5-5"]})
    async with running(config) as gateway:
        answer = await gateway.models.ListModels(model_pb2.ListModelsRequest(), timeout=5)
        called = await gateway.completion.Complete(request("openai/gpt-4o"), timeout=5)

    (listed,) = [model for model in answer.models if model.name == "openai/gpt-4o"]
    assert "anthropic" == listed.targets[0].provider == called.accounting.target.provider


async def test_pages(faults: ThreadedFaultProvider) -> None:
    """Pages of any size hold everything once, in order; the last one has no token."""
    routes = {f"route-{number:03}": ["openai/gpt-4o"] for number in range(120)}
    async with running(faulty(faults, **routes)) as gateway:
        ((*everything,),) = await names(gateway, 1000)
        by_50 = await names(gateway, 50)
        by_1 = await names(gateway, 1)
        by_default = await names(gateway)
        by_much = await names(gateway, 2**31 - 1)
        whole = await names(gateway, len(everything))

    assert sorted(everything) == everything
    assert 123 == len(everything)
    assert [50, 50, 23] == [len(page) for page in by_50]
    assert everything == [name for page in by_50 for name in page]
    assert [[name] for name in everything] == by_1
    assert [100, 23] == [len(page) for page in by_default]
    assert [everything] == by_much
    assert [everything] == whole


async def test_limits_of_routes(faults: ThreadedFaultProvider) -> None:
    """A route's own limit is told; where there is none, none is."""
    config = faulty(faults, short={"targets": ["openai/gpt-4o"], "max_output_tokens": 2**31 - 1})
    async with running(config) as gateway:
        short = await gateway.models.GetModel(model_pb2.GetModelRequest(name="short"), timeout=5)
        default = await gateway.models.GetModel(model_pb2.GetModelRequest(name="default"), timeout=5)

    assert 2**31 - 1 == short.model.max_output_tokens
    assert not default.model.HasField("max_output_tokens")


async def test_a_page_size_below_zero(gateway: Gateway) -> None:
    """A negative page size is wrong."""
    error = await failure_of(gateway.models.ListModels(model_pb2.ListModelsRequest(page_size=-1), timeout=5))

    assert (Code.INVALID_ARGUMENT, ["page_size"]) == (error.code(), wrong_fields(error))


async def test_made_up_page_tokens(gateway: Gateway) -> None:
    """A token that this server did not make is the caller's to fix."""
    not_utf8 = base64.b64encode(b"\xff\xff").decode()
    for token in ("x", "a b", "é", "____", "%%%%", not_utf8, "\u2028" * 9):
        error = await failure_of(gateway.models.ListModels(model_pb2.ListModelsRequest(page_token=token), timeout=5))

        assert (Code.INVALID_ARGUMENT, ["page_token"]) == (error.code(), wrong_fields(error)), token
        assert "page_token: must be the next_page_token of an earlier answer" == error.details()


async def test_a_token_outlives_its_route(gateway: Gateway) -> None:
    """A page goes on after a name, also after one that is not there any more."""
    token = base64.urlsafe_b64encode(b"b-route-that-is-gone").decode()

    answer = await gateway.models.ListModels(model_pb2.ListModelsRequest(page_token=token), timeout=5)

    assert ["default", "openai/gpt-4o"] == [model.name for model in answer.models]


async def test_get_model_needs_a_name(gateway: Gateway) -> None:
    """There is no default model to describe."""
    error = await failure_of(gateway.models.GetModel(model_pb2.GetModelRequest(), timeout=5))

    assert (Code.INVALID_ARGUMENT, ["name"]) == (error.code(), wrong_fields(error))


async def test_get_model_that_is_not_there(gateway: Gateway) -> None:
    """A name that leads nowhere is NOT_FOUND, with the reason that calls have for it."""
    for name in ("defualt", "gpt-4o", "nobody/gpt-4o", "x" * 100_000):
        error = await failure_of(gateway.models.GetModel(model_pb2.GetModelRequest(name=name), timeout=5))

        assert (Code.NOT_FOUND, ["name"]) == (error.code(), wrong_fields(error)), name
        assert "MODEL_NOT_FOUND" == detail(error, error_details_pb2.ErrorInfo).reason


async def test_get_any_model_of_a_provider(gateway: Gateway) -> None:
    """A model that no route names can be called, so it can be described."""
    answer = await gateway.models.GetModel(model_pb2.GetModelRequest(name="openai/org/new"), timeout=5)

    assert ("openai/org/new", [("openai", "org/new")]) == (
        answer.model.name,
        [(target.provider, target.model) for target in answer.model.targets],
    )
