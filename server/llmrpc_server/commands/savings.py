"""`llmrpc usage savings`: what could have been saved, the largest first, from the ledger itself."""

import asyncio
import dataclasses
import json as json_text
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from llmrpc_server import ledger
from llmrpc_server.commands import configuration
from llmrpc_server.config.loading import Loaded
from llmrpc_server.database import CannotOpen, Database
from llmrpc_server.ledger.reading.savings import Repeats, TargetUse, repeated, used_by_target
from llmrpc_server.money import UNIT
from llmrpc_server.prices import PriceBook, Tariff

_UNAVAILABLE = 69  # EX_UNAVAILABLE of sysexits.h
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Saving:
    """What could have been saved, in picos, and how."""

    picos: int
    advice: str


def savings(config: str | None, start_us: int, *, json: bool) -> None:
    """Print the largest savings since a moment."""
    loaded = configuration.load_or_exit(None if config is None else Path(config))
    try:
        found = asyncio.run(_find(loaded, start_us))
    except CannotOpen as error:
        typer.echo(f"ledger.url: {error}", err=True)
        raise typer.Exit(_UNAVAILABLE) from error
    if json:
        typer.echo(json_text.dumps([dataclasses.asdict(saving) for saving in found]))
        return
    for saving in found:
        typer.echo(f"USD {saving.picos / UNIT:.4f}  {saving.advice}")
    if not found:
        typer.echo("No saving in reach was found.")


async def _find(loaded: Loaded, start_us: int) -> list[Saving]:
    settings = loaded.config.ledger
    database = Database(settings.url, [ledger.MIGRATIONS])
    try:
        await database.open()
        found = [_of_repeats(group) for group in await repeated(database, start_us)]
        found += _of_targets(await used_by_target(database, start_us), loaded)
    finally:
        await database.close()
    worth = (saving for saving in found if saving.picos > 0)
    return sorted(worth, key=lambda saving: saving.picos, reverse=True)[:_SHOWN]


def _of_repeats(group: Repeats) -> Saving:
    advice = f"route {group.route}: {group.calls:,} calls repeated an earlier request; cache: {{ttl: ...}} answers them"
    return Saving(group.picos, advice)


def _of_targets(uses: Sequence[TargetUse], loaded: Loaded) -> list[Saving]:
    """Compare each target with those of the configuration that have the same model elsewhere."""
    book = PriceBook.configured(loaded.config.prices, loaded.providers)
    names = {target.model for route in loaded.config.routes.values() for target in route.targets}
    found = []
    for use in uses:
        own = f"{use.provider}/{use.model}"
        for other in sorted(names - {own}):
            provider, _, model = other.partition("/")
            tariff = book.tariff(provider, model)
            if tariff is not None and _same_model(model, use.model):
                advice = f"{own}: {use.calls:,} calls; the same model is cheaper at {other}"
                found.append(Saving(use.picos - _cost(tariff, use), advice))
    return found


def _same_model(one: str, other: str) -> bool:
    """Tell whether two names are one model's: vendors put their own name and more before it."""
    return one.rpartition("/")[2].lower() == other.rpartition("/")[2].lower()


def _cost(tariff: Tariff, use: TargetUse) -> int:
    """Return what the same tokens cost elsewhere, none of them cached there; out of reach without a price."""
    worst = tariff.worst_case(0, 0)
    rates = tariff.base
    if worst is None or rates.input is None or rates.output is None:
        return use.picos
    tokens = use.input_tokens * rates.input + use.output_tokens * rates.output
    return tokens // 10**6 + rates.request * use.calls
