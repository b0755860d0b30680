"""`llmrpc models`: what can be asked."""

import sys
from collections.abc import Iterable
from typing import Annotated

import typer
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message

from llmrpc._channel import DEFAULT_ADDRESS
from llmrpc.cli import options
from llmrpc.v1.model_pb2 import Capability, ListModelsResponse, Model, Price

Name = Annotated[str | None, typer.Argument(metavar="NAME", help="Describe this one alone.", show_default=False)]


def models(
    name: Name = None,
    *,
    json: options.Json = False,
    address: options.Address = DEFAULT_ADDRESS,
    token: options.Token = "",
    tls: options.Tls = False,
    ca_file: options.CaFile = None,
    insecure: options.Insecure = False,
) -> None:
    """List the routes and models, or describe one."""
    with options.connected(address, token, tls, ca_file, insecure) as client:
        if name is not None:
            model = client.get_model(name)
            typer.echo(_json(model) if json else describe(model))
            return
        found = list(client.list_models())
    if json:
        typer.echo(_json(ListModelsResponse(models=found)))
    elif sys.stdout.isatty():
        _print_table(found)
    else:
        for model in found:
            typer.echo("\t".join(_row(model)))


def describe(model: Model) -> str:
    """Say everything about a model, a line each."""
    name, targets, window, output, capabilities = _row(model)
    lines = [
        ("name", name),
        ("targets", targets),
        ("context window", window),
        ("max output", output),
        ("capabilities", capabilities),
        *((f"price of {price.sku}", format_price(price)) for price in model.prices),
    ]
    return "\n".join(f"{label:24}{value}" for label, value in lines)


def format_price(price: Price) -> str:
    """Say a price for a million units, as vendors do: "USD 2.50 for a million"."""
    micros = price.picos_per_unit
    return f"{price.currency_code} {micros // 10**6}.{micros % 10**6:06}".rstrip("0").rstrip(".") + " for a million"


def _row(model: Model) -> tuple[str, str, str, str, str]:
    """Say the main things about a model; "-" for what is not known."""
    return (
        model.name,
        ", ".join(f"{target.provider}/{target.model}" for target in model.targets) or "-",
        f"{model.context_window_tokens:,}" if model.HasField("context_window_tokens") else "-",
        f"{model.max_output_tokens:,}" if model.HasField("max_output_tokens") else "-",
        ", ".join(_capability_names(model.capabilities)) or "-",
    )


def _capability_names(capabilities: Iterable[Capability.ValueType]) -> list[str]:
    """Name the capabilities that this client knows."""
    known = Capability.values()
    return [Capability.Name(number).removeprefix("CAPABILITY_").lower() for number in capabilities if number in known]


def _print_table(found: Iterable[Model]) -> None:
    """Print all of them for people."""
    from rich.console import Console
    from rich.table import Table

    table = Table("name", "targets", "context window", "max output", "capabilities", box=None)
    for model in found:
        table.add_row(*_row(model))
    Console().print(table, markup=False)


def _json(message: Message) -> str:
    """Write the message with the names that the protos have."""
    return MessageToJson(message, preserving_proto_field_name=True, ensure_ascii=False)
