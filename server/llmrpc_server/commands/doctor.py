"""`llmrpc doctor`: what is configured, what answers, what is missing, and what to do about it."""

import asyncio
import dataclasses
import importlib.metadata
import json as json_text
import shlex
import sys
from collections.abc import AsyncIterator, Collection, Iterator
from dataclasses import dataclass
from typing import Annotated

import typer
from sqlalchemy import make_url
from typing_extensions import override

from llmrpc_server import providers
from llmrpc_server.commands import configuration, named
from llmrpc_server.commands.answers import answers
from llmrpc_server.commands.serve import DEFAULT_LISTEN
from llmrpc_server.config.loading import BadConfig, Loaded
from llmrpc_server.database.reach import why_out_of_reach
from llmrpc_server.prices import PriceBook

_PROBE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        state: What it is, where it is well.
        warning: What is not as it could be, and keeps nobody from calling.
        problem: What is wrong.
    """

    subject: str
    state: str = ""
    warning: str = ""
    problem: str = ""

    @override
    def __str__(self) -> str:
        mark = "✗" if self.problem else "!" if self.warning else "✓"
        return f"{mark} {self.subject}: {self.problem or self.warning or self.state}"


def doctor(
    *,
    config: configuration.Option = None,
    address: Annotated[
        str, typer.Option("--address", "-a", envvar="LLMRPC_ADDRESS", help="Where the server should answer.")
    ] = DEFAULT_LISTEN,
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Look at the configuration, ask every provider whether it knows us, and see whether the server answers.

    Asks no model and costs nothing. "✓" is well, "!" a warning, "✗" a problem of the configuration or a provider.

    Exit code 1 where there is a problem.
    """
    loaded = configuration.load_or_exit(config)
    serve = "llmrpc serve" if config is None else f"llmrpc serve --config {shlex.quote(str(config))}"
    findings = asyncio.run(_examine(loaded, address, serve))
    problems = sum(finding.problem != "" for finding in findings)
    warnings = sum(finding.warning != "" for finding in findings)
    if json:
        typer.echo(json_text.dumps([dataclasses.asdict(finding) for finding in findings]))
    else:
        for finding in findings:
            typer.echo(finding)
        typer.echo(f"problems: {problems}, warnings: {warnings}")
    if problems:
        raise typer.Exit(1)


async def _examine(loaded: Loaded, address: str, serve: str) -> list[Finding]:
    version = importlib.metadata.version("llmrpc")
    python = ".".join(map(str, sys.version_info[:3]))
    findings = [Finding("llmrpc", f"{version} on Python {python}"), Finding("configuration", loaded.source)]
    findings += [Finding("configuration", warning=warning) for warning in loaded.warnings]
    problems = named.problems(loaded)
    if problems:
        lines = str(BadConfig(loaded.source, problems)).splitlines()
        findings += [Finding("configuration", problem=line) for line in lines]
    for name, route in loaded.config.routes.items():
        findings.append(Finding(f"route {name}", ", then ".join(target.model for target in route.targets)))
    findings.append(await _ledger(loaded))
    findings += _prices(loaded)
    async for finding in _providers(loaded, {problem.text for problem in problems}):
        findings.append(finding)
    findings.append(await _server(address, serve, tls=loaded.config.server.tls is not None))
    return findings


async def _ledger(loaded: Loaded) -> Finding:
    url = loaded.config.ledger.url
    return Finding("ledger", make_url(url).render_as_string(), problem=await why_out_of_reach(url))


def _prices(loaded: Loaded) -> Iterator[Finding]:
    book = PriceBook.configured(loaded.config.prices, loaded.providers)
    models = {target.model: None for route in loaded.config.routes.values() for target in route.targets}
    for model in models:
        provider, _, name = model.partition("/")
        if book.tariff(provider, name) is None:
            # Not a problem: it is asked all the same.
            text = "not known, so its calls have no cost; a row under prices gives one"
            yield Finding(f"price of {model}", warning=text)


async def _providers(loaded: Loaded, told: Collection[str]) -> AsyncIterator[Finding]:
    """Ask each; what was told of the configuration is not told again of the provider that it is for."""
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
            if problem not in told:
                yield Finding(f"provider {name}", problem=problem)
        if not problems:
            yield Finding(f"provider {name}", f"{kind}, ready")


async def _server(address: str, serve: str, *, tls: bool) -> Finding:
    subject, told = f"server at {address}", await answers(address, tls=tls)
    if not told:
        # Not a problem: most look before they start it.
        return Finding(subject, warning=f"does not answer; start it with: {serve}")
    if told == "NOT_SERVING":
        return Finding(subject, warning=f"takes no calls: {told}")
    return Finding(subject, told)
