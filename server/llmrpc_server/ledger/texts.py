"""What calls asked and were answered, where the configuration says to keep it; by itself, so that it can go sooner."""

import time
from collections.abc import Iterable

from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from sqlalchemy import select

from llmrpc.v1 import completion_pb2, message_pb2, usage_pb2
from llmrpc_server.database import Database
from llmrpc_server.ledger.rows import Row
from llmrpc_server.ledger.tables import texts


def text_row(
    call_id: str, request: completion_pb2.CompleteRequest, answer: message_pb2.Message | None, most: int
) -> Row:
    """Make the row of a call's texts, without the bytes of its media.

    Args:
        most: How many bytes are kept, of the request and of the answer each.
    """
    asked, answered = completion_pb2.CompleteRequest(), message_pb2.Message()
    asked.CopyFrom(request)
    if answer is not None:
        answered.CopyFrom(answer)
    for message in (*asked.messages, answered):
        _leave_out_media(message.parts)
    told = _json(asked, most), ("", False) if answer is None else _json(answered, most)
    return {
        "call_id": call_id,
        "stored_us": time.time_ns() // 1000,
        "request": told[0][0],
        "answer": told[1][0],
        "truncated": told[0][1] or told[1][1],
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


def _leave_out_media(parts: Iterable[message_pb2.ContentPart]) -> None:
    for part in parts:
        if part.HasField("media"):
            part.media.ClearField("data")
        if part.HasField("tool_result"):
            _leave_out_media(part.tool_result.parts)


def _json(message: Message, most: int) -> tuple[str, bool]:
    written = MessageToJson(message, preserving_proto_field_name=True, ensure_ascii=False, indent=None).encode()
    # Half a character at the cut is left out.
    return written[:most].decode(errors="ignore"), len(written) > most
