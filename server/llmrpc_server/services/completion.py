"""CompletionService: the innermost step of a call to a model, and the plan of one."""

import asyncio
import time
from contextlib import aclosing
from typing import Any

import grpc

from llmrpc.v1 import accounting_pb2, completion_pb2
from llmrpc_server import rpc
from llmrpc_server.call import Call, Events, duration, now
from llmrpc_server.errors import CallError, ProviderError, Reason, Violation
from llmrpc_server.planning import Planner, check_allowed

NAME = "llmrpc.v1.CompletionService"

# Events that carry something of the answer itself.
_OUTPUT = frozenset({"part_delta", "completed"})


class CompletionService:
    """Asks the call's target once; raises, never retries."""

    def __init__(self, planner: Planner) -> None:
        self._planner = planner

    def handlers(self) -> grpc.GenericRpcHandler:
        """Make the handlers to register.

        Both calls to models are streams of events here; the interceptor "edge" makes a whole answer of Complete's.
        """
        call = grpc.unary_stream_rpc_method_handler(
            self.run,
            completion_pb2.CompleteRequest.FromString,
            completion_pb2.StreamCompleteResponse.SerializeToString,
        )
        plan = grpc.unary_unary_rpc_method_handler(
            self.plan,
            completion_pb2.PlanCompletionRequest.FromString,
            completion_pb2.PlanCompletionResponse.SerializeToString,
        )
        return grpc.method_handlers_generic_handler(
            NAME, {"Complete": call, "StreamComplete": call, "PlanCompletion": plan}
        )

    async def run(self, _request: completion_pb2.CompleteRequest, call: Call) -> Events:
        """Make one attempt at the call's target and keep its record."""
        await call.commit()
        attempt = accounting_pb2.Attempt(
            number=len(call.attempts) + 1,
            cause=accounting_pb2.ATTEMPT_CAUSE_FIRST,
            target=call.target.message(),
            start_time=now(),
        )
        call.attempts.append(attempt)
        started = time.monotonic()
        try:
            async with aclosing(call.target.provider.stream(call)) as events:
                async for event in events:
                    if call.first_output is None and event.WhichOneof("event") in _OUTPUT:
                        call.first_output = time.monotonic()
                        if call.streaming:
                            attempt.time_to_first_token.CopyFrom(duration(call.first_output - started))
                    if event.HasField("completed"):
                        attempt.duration.CopyFrom(duration(time.monotonic() - started))
                    yield event
        except ProviderError as error:
            attempt.reason = error.reason
            attempt.http_status = error.http_status
            attempt.provider_request_id = error.request_id or attempt.provider_request_id
            raise
        except (asyncio.CancelledError, GeneratorExit):
            if not attempt.HasField("duration"):
                late = call.deadline is not None and asyncio.get_running_loop().time() >= call.deadline
                attempt.reason = Reason.ERROR_REASON_DEADLINE_EXCEEDED if late else Reason.ERROR_REASON_CANCELLED
            raise
        except Exception:
            attempt.reason = Reason.ERROR_REASON_INTERNAL
            raise
        finally:
            if not attempt.HasField("duration"):
                attempt.duration.CopyFrom(duration(time.monotonic() - started))

    async def plan(self, request: completion_pb2.PlanCompletionRequest, _context: Any) -> Any:
        """Tell what would happen to a request."""
        check_allowed(request.request, rpc.principal())
        try:
            plan = self._planner.plan(request.request)
        except CallError as error:
            error.violations = tuple(Violation(f"request.{v.field}", v.description) for v in error.violations)
            raise
        targets = [
            completion_pb2.PlannedTarget(target=target.message(), input_tokens=plan.input_tokens)
            for target in plan.targets
        ]
        skipped = [
            completion_pb2.PlannedTarget(target=target.message(), input_tokens=plan.input_tokens, skip_reason=reason)
            for target, reason in plan.skipped.items()
        ]
        return completion_pb2.PlanCompletionResponse(targets=targets + skipped, messages=request.request.messages)
