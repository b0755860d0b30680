"""Scopes: every RPC needs one, and a credential does what its scopes say."""

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import structlog
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import FileDescriptor
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2

import llmrpc.v1
from auth.book import Book
from details import failure_of
from fault_provider import ThreadedFaultProvider
from gateway import bearer, faulty, request, running
from llmrpc.v1 import completion_pb2, model_pb2, prompt_pb2, prompt_pb2_grpc
from llmrpc_server.access import scopes
from llmrpc_server.services import reflection


def _files() -> Iterator[FileDescriptor]:
    for module in pkgutil.iter_modules(llmrpc.v1.__path__):
        if module.name.endswith("_pb2"):
            yield importlib.import_module(f"llmrpc.v1.{module.name}").DESCRIPTOR
    reflection.handlers(())
    newer = descriptor_pool.Default().FindFileContainingSymbol("grpc.reflection.v1.ServerReflection")
    yield from (health_pb2.DESCRIPTOR, reflection_pb2.DESCRIPTOR, newer)


def test_every_rpc_is_in_the_table() -> None:
    """Each RPC of each service needs a scope, and the table names no others."""
    methods = {
        f"/{service.full_name}/{method.name}"
        for file in _files()
        for service in file.services_by_name.values()
        for method in service.methods
    }

    assert methods == set(scopes.NEEDED)


@pytest.mark.parametrize("scope", ["complete", "admin", "model:fast", "model:openai/gpt-4o", "model:openai/*"])
def test_known_scopes(scope: str) -> None:
    """Rights, models and prefixes of models are scopes."""
    assert scopes.known(scope)


@pytest.mark.parametrize("scope", ["", "root", "model:", "model:*/gpt", "Complete"])
def test_unknown_scopes(scope: str) -> None:
    """Anything else is none."""
    assert not scopes.known(scope)


@pytest.mark.parametrize("rights", [["models"], ["usage", "prompts"], ["complete", "model:fast"]])
async def test_what_a_scope_does_not_allow(faults: ThreadedFaultProvider, book: Book, rights: list[str]) -> None:
    """A call without the right, or for a model that is not allowed, is PERMISSION_DENIED and costs nothing."""
    key = book.key(scopes=rights)
    async with running({**faulty(faults, fast=["openai/gpt-4o-mini"]), "auth": book.section}) as gateway:
        metadata = bearer(key)
        plan = completion_pb2.PlanCompletionRequest(request=request("default"))
        unknown = request("no/such")
        fallback = request("fast", routing={"fallback_models": ["default"]})
        found = [
            await failure_of(gateway.completion.Complete(request(), metadata=metadata)),
            await failure_of(gateway.completion.StreamComplete(request("openai/gpt-4o"), metadata=metadata)),
            await failure_of(gateway.completion.PlanCompletion(plan, metadata=metadata)),
            await failure_of(gateway.completion.Complete(unknown, metadata=metadata)),
            await failure_of(gateway.completion.Complete(fallback, metadata=metadata)),
        ]

    assert {grpc.StatusCode.PERMISSION_DENIED} == {error.code() for error in found}
    assert 1 == len({error.details() for error in found})
    assert [] == faults.attempts


async def test_a_caller_sees_the_models_that_it_may_ask(faults: ThreadedFaultProvider, book: Book) -> None:
    """ListModels and GetModel know the allowed models alone; calls to them run."""
    metadata = bearer(book.key(scopes=["complete", "models", "model:fast", "model:anthropic/*"]))
    async with running({**faulty(faults, fast=["openai/gpt-4o-mini"]), "auth": book.section}) as gateway:
        listed = await gateway.models.ListModels(model_pb2.ListModelsRequest(), metadata=metadata)
        hidden = gateway.models.GetModel(model_pb2.GetModelRequest(name="default"), metadata=metadata)
        assert grpc.StatusCode.PERMISSION_DENIED == (await failure_of(hidden)).code()
        await gateway.completion.Complete(request("fast"), metadata=metadata)
        await gateway.completion.Complete(request("anthropic/claude-sonnet-5-5"), metadata=metadata)

    assert ["anthropic/claude-sonnet-5-5", "fast"] == [model.name for model in listed.models]


async def test_a_caller_sees_the_health_of_its_own_targets(faults: ThreadedFaultProvider, book: Book) -> None:
    """WatchProviderHealth tells of targets that the credential names, and of those in its routes."""
    metadata, others = bearer(book.key(scopes=["complete", "models", "model:fast", "model:openai/gpt-4.1"])), book.key()
    async with running({**faulty(faults, fast=["openai/gpt-4o-mini"]), "auth": book.section}) as gateway:
        await gateway.completion.Complete(request("openai/gpt-4.1"), metadata=metadata)
        await gateway.completion.Complete(request("openai/gpt-4o"), metadata=bearer(others))
        watch = gateway.models.WatchProviderHealth(model_pb2.WatchProviderHealthRequest(), metadata=metadata)
        seen = await watch.read()
        watch.cancel()

    assert ["gpt-4.1", "gpt-4o-mini"] == sorted(health.target.model for health in seen.targets)


@pytest.mark.parametrize("model", ["", "default", "openai/gpt-4o", "no/such"])
async def test_prompts_are_not_rendered_for_models_of_others(
    faults: ThreadedFaultProvider, book: Book, tmp_path: Path, model: str
) -> None:
    """RenderPrompt does not tell which models there are to who may not ask for them."""
    (tmp_path / "prompts" / "hello").mkdir(parents=True)
    (tmp_path / "prompts" / "hello" / "1.yaml").write_text("messages: [{role: user, text: Hello.}]")
    metadata = bearer(book.key(scopes=["prompts", "model:fast"]))
    config = {**faulty(faults, fast=["openai/gpt-4o-mini"]), "prompts": {"path": str(tmp_path / "prompts")}}
    hello = completion_pb2.PromptReference(name="hello")
    ask = prompt_pb2.RenderPromptRequest(prompt=hello, model=model)
    own = prompt_pb2.RenderPromptRequest(prompt=hello, model="fast")
    async with running({**config, "auth": book.section}) as gateway:
        prompts = prompt_pb2_grpc.PromptServiceStub(gateway.channel)
        refused = await failure_of(prompts.RenderPrompt(ask, metadata=metadata))
        rendered = await prompts.RenderPrompt(own, metadata=metadata)

    assert grpc.StatusCode.PERMISSION_DENIED == refused.code()
    assert "Hello." == rendered.messages[0].parts[0].text


def _reflect(channel: grpc.aio.Channel, version: str = "v1", **options: Any) -> Any:
    """Ask one question, without the race between its sending and a refusal that a stream of them would be."""
    ask: Any = channel.unary_stream(f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo")
    return ask(reflection_pb2.ServerReflectionRequest(list_services="").SerializeToString(), **options)


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
async def test_health_is_open_and_reflection_is_not(faults: ThreadedFaultProvider, book: Book, version: str) -> None:
    """Probes need no credential; reflection needs one, whatever its scopes, unless the configuration opens it."""
    key = book.key(scopes=["complete"])
    async with running({**faulty(faults), "auth": book.section}) as gateway:
        health = health_pb2_grpc.HealthStub(gateway.channel)
        state = await health.Check(health_pb2.HealthCheckRequest())
        refused = await failure_of(_reflect(gateway.channel, version))
        told = [answer async for answer in _reflect(gateway.channel, version, metadata=bearer(key))]
    async with running({**faulty(faults), "auth": {**book.section, "open": ["reflection"]}}) as gateway:
        health = health_pb2_grpc.HealthStub(gateway.channel)
        closed = await failure_of(health.Check(health_pb2.HealthCheckRequest()))
        opened = [answer async for answer in _reflect(gateway.channel, version)]

    assert health_pb2.HealthCheckResponse.SERVING == state.status
    assert grpc.StatusCode.UNAUTHENTICATED == refused.code() == closed.code()
    assert 1 == len(told) == len(opened)


async def test_reflection_can_be_off(faults: ThreadedFaultProvider) -> None:
    """With `server.reflection: false` there is none."""
    async with running({**faulty(faults), "server": {"reflection": False}}) as gateway:
        refused = await failure_of(_reflect(gateway.channel))

    assert grpc.StatusCode.UNIMPLEMENTED == refused.code()


def _serve_cache_stats(server: Any) -> None:
    """Answer a call of administration, whatever else is served."""

    async def answer(request: bytes, _context: Any) -> bytes:
        return request

    handler = grpc.unary_unary_rpc_method_handler(answer, bytes, bytes)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("llmrpc.v1.CacheService", {"GetCacheStats": handler}),)
    )


def _cache_stats(channel: grpc.aio.Channel) -> grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]:
    return channel.unary_unary("/llmrpc.v1.CacheService/GetCacheStats")


async def test_admin_calls_are_audited(faults: ThreadedFaultProvider, book: Book) -> None:
    """What needs a right over others is written down with its principal, refused or not."""
    plain, admin = book.key(), book.key(scopes=["admin"])
    async with running({**faulty(faults), "auth": book.section}) as gateway:
        _serve_cache_stats(gateway.app._server)
        with structlog.testing.capture_logs() as lines:
            refused = await failure_of(_cache_stats(gateway.channel)(b"", metadata=bearer(plain)))
            await _cache_stats(gateway.channel)(b"", metadata=bearer(admin))

    assert grpc.StatusCode.PERMISSION_DENIED == refused.code()
    audited = [(line["key"], line["allowed"]) for line in lines if line["event"] == "audit"]
    assert [(plain.split("_")[1], False), (admin.split("_")[1], True)] == audited
