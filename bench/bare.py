"""The floor of a call that asks nobody: bare grpc.aio with a canned answer. `python -m bench.bare`."""

from typing import Any

from bench import lifetime
from bench.messages import completed, delta, serve
from bench.wire import INPUT_TOKENS, OUTPUT_TOKENS, PIECES, TEXT
from llmrpc.v1 import completion_pb2

_USAGE = {"prompt_tokens": INPUT_TOKENS, "completion_tokens": OUTPUT_TOKENS}


class Bare:
    """Answers from memory."""

    async def complete(
        self, _request: completion_pb2.CompleteRequest, _context: Any
    ) -> completion_pb2.CompleteResponse:
        """Answer."""
        return completed(TEXT, "stop", _USAGE)

    async def stream(self, _request: completion_pb2.CompleteRequest, context: Any) -> None:
        """Answer, a message a delta."""
        for sequence, piece in enumerate(PIECES, start=1):
            await context.write(delta(sequence, piece))
        answer = completed(TEXT, "stop", _USAGE)
        await context.write(completion_pb2.StreamCompleteResponse(sequence=len(PIECES) + 1, completed=answer))


async def _start() -> str:
    return await serve(Bare())


if __name__ == "__main__":
    lifetime.run(_start)
