"""What calls asked and were answered, where the configuration says to keep it; by itself, so that it can go sooner."""

import time

from sqlalchemy import select

from llmrpc.v1 import completion_pb2, message_pb2, usage_pb2
from llmrpc_server.database import Database
from llmrpc_server.ledger.entries import TextRow
from llmrpc_server.ledger.tables import texts
from llmrpc_server.ledger.text_json import first_bytes


def text_row(
    call_id: str, request: completion_pb2.CompleteRequest, answer: message_pb2.Message | None, most: int
) -> TextRow:
    """Make the row of a call's texts, without the bytes of its media.

    Args:
        most: How many bytes are kept, of the request and of the answer each; one that is cut is no valid JSON.

    Raises:
        SerializeToJsonError: One of them holds what has no JSON.
    """
    asked, asked_more = first_bytes(request, most)
    answered, answered_more = ("", False) if answer is None else first_bytes(answer, most)
    return {
        "call_id": call_id,
        "stored_us": time.time_ns() // 1000,
        "request": asked,
        "answer": answered,
        "truncated": asked_more or answered_more,
    }


async def get_text(database: Database, call_id: str) -> usage_pb2.CallText | None:
    """Return a call's texts; None where there are none.

    Raises:
        StoreUnavailable: The database does not answer.
    """
    async with database.reading() as connection:
        found = await connection.execute(select(texts).where(texts.c.call_id == call_id))
        row = found.mappings().one_or_none()
    if row is None:
        return None
    return usage_pb2.CallText(request_json=row["request"], answer_json=row["answer"], truncated=row["truncated"])
