"""`llmrpc complete`: one prompt, one answer."""

import json as json_text
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from google.protobuf.json_format import MessageToJson

from llmrpc._channel import DEFAULT_ADDRESS
from llmrpc._requests import RequestOptions
from llmrpc.cli import options, terminal
from llmrpc.client import Client
from llmrpc.completion import Completion
from llmrpc.v1.completion_pb2 import (
    INTERRUPTION_POLICY_FAIL,
    CompleteRequest,
    JsonSchemaFormat,
    OutputFormat,
)

Prompt = Annotated[
    str | None,
    typer.Argument(metavar="PROMPT", help='Without it, or "-": stdin.', show_default=False),
]
Stream = Annotated[
    bool | None,
    typer.Option(
        "--stream/--no-stream",
        help="Print the answer as it comes; on a terminal it does by itself. "
        "Into a pipe, where nothing can be taken back, a provider that breaks off is then an error.",
        show_default=False,
    ),
]


def complete(
    prompt: Prompt = None,
    *,
    model: options.Model = "",
    system: options.System = "",
    temperature: options.Temperature = None,
    max_output_tokens: options.MaxOutputTokens = None,
    timeout: options.Timeout = None,
    label: options.Labels = None,
    template: Annotated[
        str,
        typer.Option("--prompt", metavar="NAME[@VERSION]", help="A prompt template of the server.", show_default=False),
    ] = "",
    var: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=TEXT", help="A variable of the template; KEY:=JSON for one that is no text; repeatable."
        ),
    ] = None,
    schema: Annotated[
        Path | None, typer.Option(help="A file with a JSON Schema that the answer must satisfy.", dir_okay=False)
    ] = None,
    stream: Stream = None,
    json: options.Json = False,
    address: options.Address = DEFAULT_ADDRESS,
    token: options.Token = "",
    tls: options.Tls = False,
    ca_file: options.CaFile = None,
    insecure: options.Insecure = False,
) -> None:
    """Answer one prompt."""
    call: RequestOptions = {
        "model": model,
        "system": system,
        "temperature": temperature,
        "max_output_tokens": max_output_tokens,
        "labels": options.parse_labels(label),
    }
    if template:
        call |= {"prompt": template, "variables": _parse_variables(var or [])}
    if schema is not None:
        call["request"] = CompleteRequest(output=_shape(schema))
    text = "" if template and prompt is None else _read_prompt(prompt)
    begin = time.monotonic()
    with options.connected(address, token, tls, ca_file, insecure) as client:
        if json:
            completion = client.complete(text or (), timeout=timeout, **call)
            typer.echo(MessageToJson(completion.response, preserving_proto_field_name=True, ensure_ascii=False))
        elif sys.stdout.isatty() if stream is None else stream:
            completion = _stream(client, text, timeout, call)
        else:
            completion = client.complete(text or (), timeout=timeout, **call)
            terminal.show_answer(completion)
    terminal.show_footer(completion, time.monotonic() - begin)


def _stream(client: Client, text: str, timeout: float | None, call: RequestOptions) -> Completion:
    """Print the answer as it comes."""
    if not sys.stdout.isatty():
        request = call.get("request") or CompleteRequest()
        request.stream.on_interruption = INTERRUPTION_POLICY_FAIL
        call["request"] = request
    with client.stream(text or (), timeout=timeout, **call) as stream:
        return terminal.show_stream(stream)


def _parse_variables(pairs: list[str]) -> dict[str, Any]:
    """Read KEY=TEXT and KEY:=JSON."""
    variables: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip(":"):
            raise typer.BadParameter(f"must be KEY=TEXT or KEY:=JSON, is {pair!r}", param_hint="--var")
        try:
            variables[key.removesuffix(":")] = json_text.loads(value) if key.endswith(":") else value
        except ValueError as error:
            raise typer.BadParameter(f"{key} must be followed by JSON: {error}", param_hint="--var") from error
    return variables


def _shape(file: Path) -> OutputFormat:
    """Read a JSON Schema."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{file} cannot be read: {error}", param_hint="--schema") from error
    return OutputFormat(json_schema=JsonSchemaFormat(name="", schema_json=text))


def _read_prompt(prompt: str | None) -> str:
    """Take the prompt from the command line or from stdin."""
    if prompt is not None and prompt != "-":
        # Bytes that are no text came as surrogates, which no message can hold.
        return prompt.encode(errors="surrogateescape").decode(errors="replace")
    text = "" if prompt is None and sys.stdin.isatty() else sys.stdin.read().rstrip("\n")
    if not text:
        raise typer.BadParameter("say something, or pipe it in", param_hint="PROMPT")
    return text
