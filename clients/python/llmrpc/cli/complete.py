"""`llmrpc complete`: one prompt, one answer."""

import sys
import time
from typing import Annotated

import typer
from google.protobuf.json_format import MessageToJson

from llmrpc._channel import DEFAULT_ADDRESS
from llmrpc._requests import RequestOptions
from llmrpc.cli import options, terminal
from llmrpc.client import Client
from llmrpc.completion import Completion
from llmrpc.v1.completion_pb2 import INTERRUPTION_POLICY_FAIL, CompleteRequest, StreamOptions

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
    text = _read_prompt(prompt)
    begin = time.monotonic()
    with options.connected(address, token, tls, ca_file, insecure) as client:
        if json:
            completion = client.complete(text, timeout=timeout, **call)
            typer.echo(MessageToJson(completion.response, preserving_proto_field_name=True, ensure_ascii=False))
        elif sys.stdout.isatty() if stream is None else stream:
            completion = _stream(client, text, timeout, call)
        else:
            completion = client.complete(text, timeout=timeout, **call)
            terminal.show_answer(completion)
    terminal.show_footer(completion, time.monotonic() - begin)


def _stream(client: Client, text: str, timeout: float | None, call: RequestOptions) -> Completion:
    """Print the answer as it comes."""
    if not sys.stdout.isatty():
        call["request"] = CompleteRequest(stream=StreamOptions(on_interruption=INTERRUPTION_POLICY_FAIL))
    with client.stream(text, timeout=timeout, **call) as stream:
        return terminal.show_stream(stream)


def _read_prompt(prompt: str | None) -> str:
    """Take the prompt from the command line or from stdin."""
    if prompt is not None and prompt != "-":
        return prompt
    if prompt is None and sys.stdin.isatty():
        raise typer.BadParameter("say something, or pipe it in", param_hint="PROMPT")
    return sys.stdin.read().rstrip("\n")
