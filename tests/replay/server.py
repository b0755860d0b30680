"""Providers on loopback that answer with recordings: the name of the model that is asked for says which."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterable

from fault_provider.http1 import LAST_CHUNK, chunk, pieces, read_body, read_head, render_head
from replay.recordings import Recording

# They told how the recorded bytes travelled.
_OF_THE_CONNECTION = {"connection", "content-encoding", "content-length", "keep-alive", "transfer-encoding"}


@contextlib.asynccontextmanager
async def serving(recordings: Iterable[Recording], *, piece: int | None) -> AsyncIterator[str]:
    """Serve recordings in pieces of so many bytes, or in one, and hand out the address to ask."""
    by_name = {recording.name: recording for recording in recordings}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request and hang up."""
        with contextlib.closing(writer):
            if (request := await read_head(reader)) is None:
                return
            recording = by_name[json.loads(await read_body(reader, request.headers))["model"]]
            writer.write(render_head(recording.status, _headers(recording)))
            for part in pieces(recording.body, piece):
                writer.write(chunk(part))
                await writer.drain()
            writer.write(LAST_CHUNK)
            await writer.drain()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        yield f"http://{host}:{port}"


def _headers(recording: Recording) -> dict[str, str]:
    kept = {name: value for name, value in recording.headers if name.lower() not in _OF_THE_CONNECTION}
    return {**kept, "transfer-encoding": "chunked", "connection": "close"}
