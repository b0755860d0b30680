"""A call to a model: what the steps below the edge see in place of gRPC's context.

It can outlive the RPC that began it, so nothing here touches that RPC but through `commit`.
"""

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from llmrpc.v1 import accounting_pb2, completion_pb2, message_pb2
from llmrpc_server.access.principal import Principal
from llmrpc_server.errors import CallError
from llmrpc_server.moments import duration
from llmrpc_server.money import add_cost
from llmrpc_server.output import in_words
from llmrpc_server.plan import Plan, Target
from llmrpc_server.requests.features import Demands, Feature
from llmrpc_server.tokens.estimates import estimate

Event = completion_pb2.StreamCompleteResponse
Events = AsyncGenerator[Event, None]

MAX_ATTEMPTS_REPORTED = 8


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast an attempt answered, in seconds of waiting for the provider.

    Attributes:
        first: To the first output.
        whole: To the end.
    """

    first: float
    whole: float


def _no_cache() -> accounting_pb2.CacheInfo:
    return accounting_pb2.CacheInfo(status=accounting_pb2.CACHE_STATUS_BYPASS)


@dataclass(slots=True, eq=False)
class Call:
    """One call, from the edge to the provider.

    Attributes:
        request: What the caller asked for, from the step "plan" on with what its prompt adds; read-only.
        streaming: Whether the caller wants the answer as it grows; if not, its events may come all at once.
        commit: Promise the RPC to the caller: sends its initial metadata. Await it just before money is spent.
        deadline: When the call ends, on the event loop's clock; the step "plan" sets it where the caller did not.
        trace_id: The trace that it is recorded in, 32 hex digits; empty for none.
        traceparent: What tells providers of that, as W3C has it; empty where they are not told.
        plan: Where the call may go; set by the step "plan".
        target: Where the attempt under way goes.
        targets_left: How many others could be asked after it.
        cause: Why the next attempt is made.
        affordable_output: The most tokens of output that the next attempt may ask for; None: money sets no limit.
        turns: What follows the caller's own messages: an answer that did not fit, and what is wrong with it.
        prefill: What the next attempt goes on from, at the very end: the begun answer of one that broke off.
        repairs: How often the model was asked again since its answer did not fit.
        attempts: Every request to a provider, the one under way last.
        pace: How fast the attempt that answered was.
        reached: Whether the provider can have read something of the attempt under way, and charge for it; true of one
            that does not tell.
        billed: What the provider of the attempt charges for, where that is not what it says it used.
        started: When the call arrived, on the monotonic clock, in seconds.
        first_output: When the first output came of what the caller has now, on the same clock; None while it has none.
        output_sent: Whether the caller of a stream was ever given output, void since then or not.
        cache: What the cache did for it.
        answered_by: Who made its answer, where no attempt of its own did.
        replayed: The books of the call that ran this request before; it has none of its own then.
        closed: Its own, as the ledger has them, once they are closed.
        failure: What it failed with, while its book, which says so, is entered.
        saved: What an attempt of its own would have cost; None where it made one, or no price is known.
    """

    id: str
    request: completion_pb2.CompleteRequest
    streaming: bool
    principal: Principal
    commit: Callable[[], Awaitable[None]]
    deadline: float | None
    trace_id: str = ""
    traceparent: str = ""
    plan: Plan = field(init=False)
    target: Target = field(init=False)
    targets_left: int = 0
    cause: accounting_pb2.AttemptCause.ValueType = accounting_pb2.ATTEMPT_CAUSE_FIRST
    affordable_output: int | None = None
    turns: Sequence[message_pb2.Message] = ()
    prefill: message_pb2.Message | None = None
    repairs: int = 0
    pace: Pace | None = None
    reached: bool = True
    billed: accounting_pb2.Usage | None = None
    attempts: list[accounting_pb2.Attempt] = field(default_factory=list)
    warnings: list[completion_pb2.Warning] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)
    first_output: float | None = None
    output_sent: bool = False
    cache: accounting_pb2.CacheInfo = field(default_factory=_no_cache)
    answered_by: accounting_pb2.Target | None = None
    replayed: accounting_pb2.Accounting | None = None
    closed: accounting_pb2.Accounting | None = None
    failure: CallError | None = None
    saved: accounting_pb2.Cost | None = None

    @property
    def attempt(self) -> accounting_pb2.Attempt:
        """The attempt under way."""
        return self.attempts[-1]

    @property
    def attempt_shows(self) -> bool:
        """Whether the caller of a stream was given output of the attempt under way."""
        return bool(self.attempts) and self.attempt.HasField("time_to_first_token")

    @property
    def messages(self) -> Sequence[message_pb2.Message]:
        """The conversation that the next attempt sends.

        Raises:
            InvalidRequest: The prompt cannot be rendered for the target.
        """
        said: Sequence[message_pb2.Message] = self.request.messages
        if self.plan.prompt is not None:
            said = [*self.plan.prompt.messages(self.target), *said]
        if self.plan.shape is None and self.prefill is None:
            return said
        ended = () if self.prefill is None else (self.prefill,)
        if self.plan.shape is not None:
            said = in_words.told(said, self.plan.shape, self.output)
        return [*said, *self.turns, *ended]

    @property
    def sent(self) -> completion_pb2.CompleteRequest:
        """What the next attempt makes a provider read: the conversation, the tools and the shape."""
        if self.plan.prompt is None and self.plan.shape is None and self.prefill is None:
            return self.request
        made = completion_pb2.CompleteRequest(messages=self.messages, tools=self.request.tools)
        made.tool_choice.CopyFrom(self.request.tool_choice)
        made.output.CopyFrom(self.output)
        return made

    @property
    def output(self) -> completion_pb2.OutputFormat:
        """The shape that the target itself is to hold its answer to; without a format where it cannot."""
        shape = self.plan.shape
        if shape is None:
            return self.request.output
        features = self.target.provider.features
        beside = bool(self.request.tools) or Feature.DOCUMENTS in self.demands.features
        if beside and Feature.JSON_BESIDE_TOOLS not in features:
            return completion_pb2.OutputFormat()
        if shape.schema and Feature.JSON_SCHEMA in features:
            wanted = completion_pb2.JsonSchemaFormat(name=shape.name, schema_json=shape.schema)
            return completion_pb2.OutputFormat(json_schema=wanted)
        if shape.is_object and Feature.JSON_MODE in features:
            return completion_pb2.OutputFormat(json=completion_pb2.JsonFormat())
        return completion_pb2.OutputFormat()

    @property
    def max_output_tokens(self) -> int | None:
        """The limit to ask the provider for: the request's, else the route's, and what money allows.

        None for the provider's own.
        """
        limit, affordable = self._wanted_output_tokens, self.affordable_output
        if limit is None or affordable is None:
            return affordable if limit is None else limit
        return min(limit, affordable)

    @property
    def _wanted_output_tokens(self) -> int | None:
        config = self.request.config
        own = config.HasField("max_output_tokens")
        limit = config.max_output_tokens if own else self.plan.route.max_output_tokens
        if limit is None or self.prefill is None:
            return limit
        return max(limit - sum(estimate(part.text) for part in self.prefill.parts), 1)

    @property
    def attempts_left(self) -> int:
        """How many attempts may still be made; a repair is one more."""
        return self.plan.max_attempts + self.repairs - len(self.attempts)

    @property
    def bound_user(self) -> str:
        """The user whom limits and budgets count: one whom the credential vouches for; empty for none."""
        principal = self.principal
        return principal.user or (self.request.user if principal.names_users else "")

    @property
    def demands(self) -> Demands:
        """What the request asks of a provider."""
        return self.plan.demands

    def reach(self) -> None:
        """Take note that the attempt's request is on its way."""
        self.reached = True

    def drop(self, field_path: str) -> None:
        """Warn that the target does not have a harmless parameter, which is left out."""
        self.warn("PARAMETER_DROPPED", f"{self.target.name} has no {field_path}: it was left out")

    def warn(self, reason: str, text: str) -> None:
        """Tell the caller something that does not stop the call; once is enough."""
        warning = completion_pb2.Warning(reason=reason, text=text)
        if warning not in self.warnings:
            self.warnings.append(warning)

    def accounting(self, attempts: Sequence[accounting_pb2.Attempt] | None = None) -> accounting_pb2.Accounting:
        """Tell what the call did up to now, or until its books were closed, or what the one did that it repeats.

        Args:
            attempts: What else to take for its attempts.
        """
        told = self.replayed or self.closed
        if told is not None:
            return told
        made = self.attempts if attempts is None else attempts
        books = accounting_pb2.Accounting(
            call_id=self.id,
            route=self.request.model or "default",
            attempts=made[-MAX_ATTEMPTS_REPORTED:],
            attempts_total=len(made),
            duration=duration(time.monotonic() - self.started),
            saved=self.saved,
            cache=self.cache,
        )
        priced = unpriced = False
        for attempt in made:
            if attempt.HasField("usage"):
                add_usage(books.usage, attempt.usage)
            if attempt.HasField("cost"):
                priced = True
                add_cost(books.cost, attempt.cost)
            elif attempt.HasField("usage"):
                unpriced = True
        if priced and unpriced:
            books.cost.incomplete = True
        if self.saved is not None and not made:
            books.cost.currency_code = self.saved.currency_code
        if self.streaming and self.first_output is not None:
            books.time_to_first_token.CopyFrom(duration(self.first_output - self.started))
        return books


def add_usage(total: accounting_pb2.Usage, usage: accounting_pb2.Usage) -> None:
    """Add one attempt's counts to a total. What one side does not know stays unknown only if neither knows it."""
    if not total.ListFields():
        total.CopyFrom(usage)
        return
    for descriptor, value in usage.ListFields():
        if descriptor.name == "source":
            total.source = max(total.source, usage.source)
        else:
            setattr(total, descriptor.name, getattr(total, descriptor.name) + value)
