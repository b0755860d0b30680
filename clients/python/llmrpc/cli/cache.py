"""`llmrpc cache`: what the server's cache did, and what it shall forget."""

from collections.abc import Iterable
from typing import Annotated, Any

import typer
from google.protobuf.json_format import MessageToJson

from llmrpc._channel import DEFAULT_ADDRESS
from llmrpc.cli import options
from llmrpc.v1.accounting_pb2 import Cost
from llmrpc.v1.cache_pb2 import CacheStats, InvalidateCacheRequest

cache = typer.Typer(no_args_is_help=True, help="Look at the server's cache, and make stored answers unreachable.")

Key = Annotated[str, typer.Option("--key", metavar="KEY", help="The cache key of an answer.", show_default=False)]
Tag = Annotated[str, typer.Option("--tag", metavar="TAG", help="A tag of the calls.", show_default=False)]
Of = Annotated[str, typer.Option("--model", metavar="NAME", help='Who answered: "provider/model".', show_default=False)]
Prompt = Annotated[str, typer.Option("--prompt", metavar="NAME", help="A prompt template.", show_default=False)]
Tenant = Annotated[str, typer.Option("--tenant", metavar="NAME", help="Whose calls.", show_default=False)]
All = Annotated[bool, typer.Option("--all", help="Everything that the caller may.")]


@cache.callback()
def group() -> None:
    """Look at the server's cache, and make stored answers unreachable."""


@cache.command()
def invalidate(
    *,
    key: Key = "",
    tag: Tag = "",
    model: Of = "",
    prompt: Prompt = "",
    tenant: Tenant = "",
    everything: All = False,
    address: options.Address = DEFAULT_ADDRESS,
    token: options.Token = "",
    tls: options.Tls = False,
    ca_file: options.CaFile = None,
    insecure: options.Insecure = False,
) -> None:
    """Make stored answers unreachable; when this ends, no server serves them any more."""
    named: dict[str, Any] = {"key": key, "tag": tag, "model": model, "prompt": prompt, "tenant": tenant}
    given = {name: value for name, value in named.items() if value}
    if len(given) + everything != 1:
        raise typer.BadParameter("give one of --key, --tag, --model, --prompt, --tenant and --all")
    request = InvalidateCacheRequest(**given) if given else InvalidateCacheRequest(all=True)
    with options.connected(address, token, tls, ca_file, insecure) as client:
        client.invalidate_cache(request)


@cache.command()
def stats(
    *,
    json: options.Json = False,
    address: options.Address = DEFAULT_ADDRESS,
    token: options.Token = "",
    tls: options.Tls = False,
    ca_file: options.CaFile = None,
    insecure: options.Insecure = False,
) -> None:
    """Count what the cache did since the server started, by route: for the own tenant, or with "admin" for all."""
    with options.connected(address, token, tls, ca_file, insecure) as client:
        found = client.get_cache_stats()
    if json:
        typer.echo(MessageToJson(found, preserving_proto_field_name=True, ensure_ascii=False))
        return
    for line in _table(found.routes):
        typer.echo(line)
    for node, state in sorted(found.nodes.items()):
        typer.echo(f"{node}: {state}")


def _table(routes: Iterable[CacheStats]) -> Iterable[str]:
    """Say the counts, a line for each route."""
    yield "route\thits\tmisses\tjoined\terrors\tstored bytes\tsaved"
    for route in routes:
        counts = (route.hits, route.misses, route.joined, route.errors, route.stored_bytes)
        saved = _amount(route.saved) if route.HasField("saved") else "-"
        yield "\t".join((route.route, *map(str, counts), saved))


def _amount(cost: Cost) -> str:
    """Say an amount of money, without zeros at its end."""
    return f"{cost.currency_code} {cost.units}.{cost.picos:012}".rstrip("0").rstrip(".")
