"""UsageService: what was used, by whom, and what it cost. A tenant sees its own alone."""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from llmrpc.v1 import usage_pb2
from llmrpc_server import money
from llmrpc_server.access.scopes import Scope, allows
from llmrpc_server.budgets import Budgets, Period, period_end, period_start
from llmrpc_server.config import BudgetSettings
from llmrpc_server.config.budgets import EVERY
from llmrpc_server.database import Database
from llmrpc_server.edge import rpc
from llmrpc_server.errors import CallNotFound, InvalidRequest, Violation
from llmrpc_server.ledger.reading import query
from llmrpc_server.ledger.reading.messages import to_call, usage_row
from llmrpc_server.ledger.reading.query import Filter
from llmrpc_server.ledger.texts import get_text
from llmrpc_server.requests.validation import MAX_LABELS
from llmrpc_server.services.handlers import unary
from llmrpc_server.services.paging import BAD_TOKEN, first_page, key_token, page_size, read_key

NAME = "llmrpc.v1.UsageService"

_USUAL_ROWS, _MOST_ROWS = 1000, 10_000
# What a Timestamp may hold.
_FIRST_SECOND, _LAST_SECOND = -62_135_596_800, 253_402_300_799
# Of a moment in microseconds, and less than 64 bits hold.
_MOST_DIGITS = 18
# Of values that one filter looks for; databases take tens of thousands in a statement.
_MOST_VALUES = 1000
# No tenant has the name of a code point that is no character.
_NOBODY = ("\uffff",)


class UsageService:
    """Answers from the ledger.

    Args:
        catch_up: Waits until the database has what was reported done.
    """

    def __init__(self, database: Database, budgets: Budgets, *, catch_up: Callable[[], Awaitable[None]]) -> None:
        self._database = database
        self._catch_up = catch_up
        self._budgets = budgets

    def handlers(self) -> grpc.GenericRpcHandler:
        """Make the handlers to register."""
        methods = {
            "QueryUsage": unary(self.query_usage, usage_pb2.QueryUsageRequest, usage_pb2.QueryUsageResponse),
            "ListCalls": unary(self.list_calls, usage_pb2.ListCallsRequest, usage_pb2.ListCallsResponse),
            "GetCall": unary(self.get_call, usage_pb2.GetCallRequest, usage_pb2.GetCallResponse),
            "ListBudgets": unary(self.list_budgets, usage_pb2.ListBudgetsRequest, usage_pb2.ListBudgetsResponse),
        }
        return grpc.method_handlers_generic_handler(NAME, methods)

    async def query_usage(self, request: usage_pb2.QueryUsageRequest, _context: Any) -> Any:
        """Sum usage by the dimensions asked for."""
        violations = [
            Violation(f"group_by[{index}]", "must be a dimension that this server knows")
            for index, dimension in enumerate(request.group_by)
            if not dimension or dimension not in usage_pb2.UsageDimension.values()
        ]
        if usage_pb2.USAGE_DIMENSION_LABEL in request.group_by and not request.label:
            violations.append(Violation("label", "must be set where group_by has USAGE_DIMENSION_LABEL"))
        violations += _nul("label", request.label)
        wanted = _filter(request.filter, violations)
        size = page_size(request.page_size, violations, usual=_USUAL_ROWS, most=_MOST_ROWS)
        after = read_key(request.page_token, violations)
        if violations:
            raise InvalidRequest.of(*violations)
        await self._catch_up()
        sums = await query.usage(self._database, wanted, request.group_by, request.label)
        page, last = first_page([group for group in sorted(sums) if after is None or list(group) > after], size)
        return usage_pb2.QueryUsageResponse(
            rows=[usage_row(group, sums[group]) for group in page],
            next_page_token="" if last is None else key_token(last),
        )

    async def list_calls(self, request: usage_pb2.ListCallsRequest, _context: Any) -> Any:
        """List calls, newest first."""
        violations: list[Violation] = []
        wanted = _filter(request.filter, violations)
        size = page_size(request.page_size, violations)
        key = read_key(request.page_token, violations)
        before = None if key is None else _moment_and_call(key, violations)
        if violations:
            raise InvalidRequest.of(*violations)
        await self._catch_up()
        page, last = first_page(await query.list_calls(self._database, wanted, before, size + 1), size)
        return usage_pb2.ListCallsResponse(
            calls=[to_call(row) for row in page],
            next_page_token="" if last is None else key_token((str(last["start_us"]), last["call_id"])),
        )

    async def get_call(self, request: usage_pb2.GetCallRequest, _context: Any) -> Any:
        """Return one call with all its attempts."""
        if not request.call_id:
            raise InvalidRequest.of(Violation("call_id", "must be set"))
        if wrong := _nul("call_id", request.call_id):
            raise InvalidRequest.of(*wrong)
        principal = rpc.principal()
        tenants = () if allows(principal.scopes, Scope.ADMIN) else (principal.tenant,)
        await self._catch_up()
        found = await query.get_call(self._database, request.call_id, tenants)
        if found is None:
            raise CallNotFound("the ledger has no such call")
        call = to_call(*found)
        if allows(principal.scopes, Scope.TEXTS) and (text := await get_text(self._database, call.call_id)):
            call.text.CopyFrom(text)
        return usage_pb2.GetCallResponse(call=call)

    async def list_budgets(self, request: usage_pb2.ListBudgetsRequest, _context: Any) -> Any:
        """List budgets and how much of them is used."""
        wrong = [found for index, name in enumerate(request.tenants) for found in _nul(f"tenants[{index}]", name)]
        if wrong:
            raise InvalidRequest.of(*wrong)
        tenants = _tenants(request.tenants)
        now_us = time.time_ns() // 1000
        await self._catch_up()
        starts = {budget.name: period_start(budget.period, now_us) for budget in self._budgets.settings}
        used = {
            Period(row["budget"], row["tenant"], row["subject"], row["start_us"]): row
            for row in await query.budget_rows(self._database, starts)
        }
        found = []
        for budget in self._budgets.settings:
            start_us = starts[budget.name]
            periods = {period for period in used if (period.budget, period.start_us) == (budget.name, start_us)}
            if (own := _own_period(budget, start_us)) is not None:
                periods.add(own)
            # A budget over all tenants is nobody's own.
            visible = sorted(period for period in periods if not tenants or period.tenant in tenants)
            found += [_budget(budget, period, used.get(period, {})) for period in visible]
        return usage_pb2.ListBudgetsResponse(budgets=found)


def _filter(asked: usage_pb2.UsageFilter, violations: list[Violation]) -> Filter:
    violations += _unusable(asked)
    if violations:
        # What follows reads it as it is meant.
        return Filter()
    has_end = asked.HasField("end_time")
    start_us, end_us = asked.start_time.ToMicroseconds(), asked.end_time.ToMicroseconds() if has_end else None
    if end_us is not None and end_us < start_us:
        violations.append(Violation("filter.end_time", "must not be before filter.start_time"))
    return Filter(
        max(start_us, 0),
        end_us,
        {
            "tenant": _tenants(asked.tenants),
            "user": asked.users,
            "key": asked.keys,
            "provider": asked.providers,
            "model": asked.models,
            "route": asked.routes,
            "prompt": asked.prompts,
        },
        dict(asked.labels),
        asked.reasons,
    )


def _tenants(asked: Sequence[str]) -> Sequence[str]:
    """Return the tenants that the caller asks for and may see; empty: all."""
    principal = rpc.principal()
    if allows(principal.scopes, Scope.ADMIN):
        return asked
    return (principal.tenant,) if not asked or principal.tenant in asked else _NOBODY


def _nul(path: str, text: str) -> list[Violation]:
    """Find the one character that no column of PostgreSQL takes."""
    return [Violation(path, "must not hold a NUL character")] if "\0" in text else []


def _unusable(asked: usage_pb2.UsageFilter) -> list[Violation]:
    """Find what no database takes: NUL characters, too many values, and moments that the calendar does not have."""
    found: list[Violation] = []
    for field, value in asked.ListFields():
        if field.message_type is not None and field.message_type.full_name == Timestamp.DESCRIPTOR.full_name:
            if not (_FIRST_SECOND <= value.seconds <= _LAST_SECOND and 0 <= value.nanos < 10**9):
                found.append(Violation(f"filter.{field.name}", "must be a moment from the year 1 to 9999"))
        elif len(value) > (most := MAX_LABELS if field.name == "labels" else _MOST_VALUES):
            found.append(Violation(f"filter.{field.name}", f"must hold at most {most:,}, has {len(value):,}"))
        elif field.name == "labels":
            for name, wanted in value.items():
                found += _nul(f'filter.labels["{name}"]'.replace("\0", "\\0"), name + wanted)
        elif field.name != "reasons":
            for index, text in enumerate(value):
                found += _nul(f"filter.{field.name}[{index}]", text)
    return found


def _own_period(budget: BudgetSettings, start_us: int) -> Period | None:
    """Return the period of a budget for one subject, used or not; None for a budget that binds each of several."""
    bound = [("user", budget.user), ("key", budget.key), ("label", budget.label)]
    kind, value = next(((kind, value) for kind, value in bound if value is not None), ("tenant", budget.tenant))
    open_label = kind == "label" and "=" not in (value or "")
    if EVERY in (value, budget.tenant) or open_label or (value or "").endswith(f"={EVERY}"):
        return None
    subject = "all" if value is None else f"{kind}:{value}"
    return Period(budget.name, budget.tenant or "", subject, start_us)


def _budget(settings: BudgetSettings, period: Period, used: Any) -> usage_pb2.Budget:
    budget = usage_pb2.Budget(name=settings.name, subject=period.subject, period=settings.period, hard=settings.hard)
    if settings.picos is not None:
        budget.limit.CopyFrom(money.cost(settings.picos))
        budget.spent.CopyFrom(money.cost(used.get("spent_picos", 0)))
        budget.reserved.CopyFrom(money.cost(used.get("reserved_picos", 0)))
    else:
        budget.token_limit = settings.tokens or 0
        budget.tokens_spent = used.get("spent_tokens", 0)
    if (end_us := period_end(settings.period, period.start_us)) is not None:
        budget.reset_time.CopyFrom(Timestamp(seconds=end_us // 10**6))
    return budget


def _moment_and_call(key: Sequence[str], violations: list[Violation]) -> tuple[int, str] | None:
    """Read the key of a page of calls: when the call before it began, in microseconds, and its id."""
    match key:
        case [start_us, call_id] if start_us.isdecimal() and len(start_us) <= _MOST_DIGITS and "\0" not in call_id:
            return int(start_us), call_id
    violations.append(BAD_TOKEN)
    return None
