"""`llmrpc doctor`: what is configured, what answers, what is missing, and what to do about it."""

import asyncio
import dataclasses
import importlib.metadata
import json as json_text
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Annotated

import typer

from llmrpc_server import providers
from llmrpc_server.commands import configuration, named
from llmrpc_server.commands.serve import DEFAULT_LISTEN
from llmrpc_server.config.loading import Loaded
from llmrpc_server.prices import PriceBook

_PROBE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `problem` is empty where it is well."""

    subject: str
    state: str
    problem: str = ""


def doctor(
    *,
    config: configuration.Option = None,
    address: Annotated[
        str, typer.Option("--address", "-a", envvar="LLMRPC_ADDRESS", help="Where the server should answer.")
    ] = DEFAULT_LISTEN,
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Look at the configuration, ask every provider whether it knows us, and see whether the server answers.

    Asks no model and costs nothing. Exit code 1 where something is wrong with the configuration or a provider.
    """
    loaded = configuration.load_or_exit(config)
    findings = asyncio.run(_examine(loaded, address))
    if json:
        typer.echo(json_text.dumps([dataclasses.asdict(finding) for finding in findings]))
    else:
        for finding in findings:
            mark = "✗" if finding.problem else "✓"
            typer.echo(f"{mark} {finding.subject}: {finding.problem or finding.state}")
    if any(finding.problem for finding in findings):
        raise typer.Exit(1)


async def _examine(loaded: Loaded, address: str) -> list[Finding]:
    version = importlib.metadata.version("llmrpc")
    python = ".".join(map(str, sys.version_info[:3]))
    findings = [Finding("llmrpc", f"{version} on Python {python}"), Finding("configuration", loaded.source)]
    findings += [Finding("configuration", "", warning) for warning in loaded.warnings]
    if (problems := named.refused(loaded)) is not None:
        findings += [Finding("configuration", "", line) for line in str(problems).splitlines()]
    for name, route in loaded.config.routes.items():
        findings.append(Finding(f"route {name}", ", then ".join(target.model for target in route.targets)))
    findings += _prices(loaded)
    async for finding in _providers(loaded):
        findings.append(finding)
    findings.append(await _server(address))
    return findings


def _prices(loaded: Loaded) -> Iterator[Finding]:
    book = PriceBook.configured(loaded.config.prices, loaded.providers)
    models = {target.model: None for route in loaded.config.routes.values() for target in route.targets}
    for model in models:
        provider, _, name = model.partition("/")
        if book.tariff(provider, name) is None:
            # Not a problem: it is asked all the same.
            yield Finding(f"price of {model}", "not known, so its calls have no cost; a row under prices gives one")


async def _providers(loaded: Loaded) -> AsyncIterator[Finding]:
    for name, (kind, settings) in loaded.providers.items():
        provider = providers.load(kind)(name, settings)
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                problems = await provider.probe()
        except TimeoutError:
            problems = [f"did not answer within {_PROBE_SECONDS:.0f} s"]
        finally:
            await provider.close()
        for problem in problems:
            yield Finding(f"provider {name}", "", problem)
        if not problems:
            yield Finding(f"provider {name}", f"{kind}, ready")


async def _server(address: str) -> Finding:
    import grpc
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    async with grpc.aio.insecure_channel(address) as channel:
        try:
            answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=2)
        except grpc.aio.AioRpcError:
            # Not a problem: most look before they start it.
            return Finding(f"server at {address}", "does not answer; start it with: llmrpc serve")
    return Finding(f"server at {address}", health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))
