"""`llmrpc calls`: the calls on the ledger, or the whole story of one."""

from itertools import islice
from typing import Annotated

import grpc
import typer
from google.protobuf.json_format import MessageToJson

from llmrpc._channel import DEFAULT_ADDRESS
from llmrpc.cli import ledger_filter, options, terminal
from llmrpc.v1.accounting_pb2 import Accounting, Attempt, AttemptCause
from llmrpc.v1.error_reason_pb2 import ErrorReason
from llmrpc.v1.usage_pb2 import Call, CallText, ListCallsRequest, ListCallsResponse

_MOST_AT_ONCE = 1000
_CODES = {code.value[0]: code.name for code in grpc.StatusCode}


def calls(
    call_id: Annotated[
        str, typer.Argument(metavar="[CALL_ID]", help="Tell the whole story of this one.", show_default=False)
    ] = "",
    *,
    most: Annotated[int, typer.Option("--most", "-n", min=1, help="How many to list.")] = 20,
    since: ledger_filter.Since = "7d",
    until: ledger_filter.Until = "",
    tenant: ledger_filter.Tenants = None,
    user: ledger_filter.Users = None,
    model: ledger_filter.Models = None,
    route: ledger_filter.Routes = None,
    label: ledger_filter.Labels = None,
    json: options.Json = False,
    address: options.Address = DEFAULT_ADDRESS,
    token: options.Token = "",
    tls: options.Tls = False,
    ca_file: options.CaFile = None,
    insecure: options.Insecure = False,
) -> None:
    """List calls, newest first, or tell one with all its attempts."""
    asked = ledger_filter.make_filter(
        since, until, tenants=tenant, users=user, models=model, routes=route, labels=label
    )
    with options.connected(address, token, tls, ca_file, insecure) as client:
        if call_id:
            call = client.get_call(call_id)
            typer.echo(_json(call) if json else describe(call))
            return
        request = ListCallsRequest(filter=asked, page_size=min(most, _MOST_AT_ONCE))
        found = list(islice(client.list_calls(request), most))
    if json:
        typer.echo(_json(ListCallsResponse(calls=found)))
    for call in [] if json else found:
        typer.echo("\t".join(_line(call)))


def describe(call: Call) -> str:
    """Say everything about a call, a line each."""
    books = call.accounting
    head = [
        ("call", call.call_id),
        ("began", call.start_time.ToJsonString()),
        ("method", call.method),
        ("ended", _ended(call.code, call.reason)),
        ("tenant", call.tenant),
        ("user", call.user),
        ("key", call.key),
        ("labels", ", ".join(f"{name}={value}" for name, value in sorted(call.labels.items()))),
        ("route", books.route),
        ("answered by", _target(books)),
        ("used", terminal.format_usage(books.usage) if books.HasField("usage") else ""),
        ("cost", terminal.format_cost(books.cost) if books.HasField("cost") else "not known"),
        ("took", f"{books.duration.ToMicroseconds() / 1e6:.3f} s"),
        ("trace", call.trace_id),
    ]
    lines = [f"{name:14}{value}" for name, value in head if value]
    return "\n".join([*lines, *(_attempt(attempt) for attempt in books.attempts), *_text(call.text)])


def _attempt(attempt: Attempt) -> str:
    parts = [
        f"{attempt.number}. {AttemptCause.Name(attempt.cause).removeprefix('ATTEMPT_CAUSE_').lower()}",
        f"{attempt.target.provider}/{attempt.target.model}",
        _reason(attempt.reason) or "answered",
        f"HTTP {attempt.http_status}" if attempt.http_status else "",
        terminal.format_usage(attempt.usage) if attempt.HasField("usage") else "",
        terminal.format_cost(attempt.cost) if attempt.HasField("cost") else "",
        f"{attempt.duration.ToMicroseconds() / 1e6:.3f} s",
        attempt.provider_request_id,
    ]
    return "  " + " · ".join(part for part in parts if part)


def _text(text: CallText) -> list[str]:
    told = [("asked", text.request_json), ("answered", text.answer_json)]
    cut = ["(cut: they were longer)"] if text.truncated else []
    return [*(f"{name:14}{value}" for name, value in told if value), *cut]


def _line(call: Call) -> list[str]:
    books = call.accounting
    return [
        call.start_time.ToJsonString(),
        call.call_id,
        _ended(call.code, call.reason),
        books.route,
        _target(books) or "-",
        terminal.format_usage(books.usage) if books.HasField("usage") else "-",
        terminal.format_cost(books.cost) if books.HasField("cost") else "-",
    ]


def _target(books: Accounting) -> str:
    return f"{books.target.provider}/{books.target.model}" if books.target.provider else ""


def _ended(code: int, reason: ErrorReason.ValueType) -> str:
    return f"{_CODES.get(code, str(code))} {_reason(reason)}".strip()


def _reason(reason: ErrorReason.ValueType) -> str:
    if not reason:
        return ""
    known = reason in ErrorReason.values()
    return ErrorReason.Name(reason).removeprefix("ERROR_REASON_") if known else str(reason)


def _json(message: Call | ListCallsResponse) -> str:
    return MessageToJson(message, preserving_proto_field_name=True, ensure_ascii=False)
