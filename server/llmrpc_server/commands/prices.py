"""`llmrpc prices`: what a model costs by the tables of this server, and from which table."""

import json as json_text
from typing import Annotated

import typer

from llmrpc_server.commands import configuration
from llmrpc_server.config.loading import Loaded
from llmrpc_server.money import UNIT
from llmrpc_server.prices import PriceBook, Rates, Tariff

_UNKNOWN = 1


def prices(
    model: Annotated[
        str, typer.Argument(metavar="[MODEL]", help="A route or provider/model; without it all targets.")
    ] = "",
    *,
    config: configuration.Option = None,
    json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """Tell what models cost, in USD for a million tokens. Exit code 1 where a price is not known."""
    loaded = configuration.load_or_exit(config)
    book = PriceBook.configured(loaded.config.prices, loaded.providers)
    found = {name: book.tariff(*name.split("/", 1)) for name in _names(model, loaded)}
    if json:
        typer.echo(json_text.dumps({name: _plain(tariff) for name, tariff in found.items()}))
    else:
        for name, tariff in found.items():
            typer.echo("\n".join(_lines(name, tariff)))
    if None in found.values():
        raise typer.Exit(_UNKNOWN)


def _names(model: str, loaded: Loaded) -> list[str]:
    routes = loaded.config.routes
    chosen = [routes[model]] if model in routes else [] if model else list(routes.values())
    if chosen:
        return list(dict.fromkeys(target.model for route in chosen for target in route.targets))
    if model.partition("/")[0] in loaded.providers and model.partition("/")[2]:
        return [model]
    raise typer.BadParameter(f'must be a route or "provider/model" of the configuration, is "{model}"')


def _lines(name: str, tariff: Tariff | None) -> list[str]:
    if tariff is None:
        return [f"{name}: not known; a row under prices gives one"]
    lines = [f"{name} ({tariff.version})"]
    for above, rates in ((0, tariff.base), *tariff.tiers):
        if above:
            lines.append(f"  with more than {above:,} tokens of input")
        lines += [f"  {label:16}{price:>12}" for label, price in _shown(rates).items()]
    return lines


def _shown(rates: Rates) -> dict[str, str]:
    labels = ("input", "output", "cache_read", "cache_write", "reasoning", "audio_input", "audio_output")
    shown = {label: _usd(price) for label in labels if (price := getattr(rates, label)) is not None}
    return {**shown, "request": _usd(rates.request)} if rates.request else shown


def _usd(picos: int) -> str:
    units, rest = divmod(picos, UNIT)
    return f"{units}." + f"{rest:012}".rstrip("0").ljust(2, "0")


def _plain(tariff: Tariff | None) -> dict[str, object] | None:
    if tariff is None:
        return None
    tiers = [{"above": above, **_shown(rates)} for above, rates in tariff.tiers]
    return {"version": tariff.version, "currency": "USD", **_shown(tariff.base), "tiers": tiers}
