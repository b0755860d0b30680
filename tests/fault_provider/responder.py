"""Answers one request as its behaviour says."""

from collections.abc import Iterator

from .answer import Answer, compose
from .attempts import Outcome, Recorder
from .behaviour import Behaviour, BehaviourError, HangUp
from .connection import Connection
from .errors import STATUS_OF_CODE, Failure
from .http1 import LAST_CHUNK, Encoder, chunk, pieces, render_head
from .prompt import Prompt
from .sse import BYTE_ORDER_MARK, render
from .unknown import with_unknown_fields
from .wires.wire import Event, Part, Reply, Wire, compact

_HTML = b"""<html>
<head><title>502 Bad Gateway</title></head>
<body>
<center><h1>502 Bad Gateway</h1></center>
<hr><center>nginx</center>
</body>
</html>
"""
_NO_PREFILL = Failure(
    400,
    message="This model does not support assistant message prefill.",
)
_NOT_JSON = '{"this": is not JSON'


class Responder:
    """One attempt: everything that is sent, and the notes about it."""

    def __init__(self, connection: Connection, wire: Wire, recorder: Recorder) -> None:
        self._connection = connection
        self._wire = wire
        self._recorder = recorder
        self._number = recorder.attempt.number

    async def respond(self, prompt: Prompt, behaviour: Behaviour, *, is_down: bool) -> Outcome:
        """Do what the behaviour says; `is_down` is its flap's present state. Raises ClientGone."""
        await self._connection.pause(behaviour.slow_headers)
        if behaviour.raw is not None:
            await self._connection.write(*pieces(behaviour.raw, behaviour.piece_bytes))
            if behaviour.hang_up is None:
                self._connection.finish()
                return "scripted"
        if behaviour.hang_up is not None and behaviour.hang_up_after is None:
            return await self._hang_up(behaviour.hang_up)
        status = self._status_of(behaviour, is_down=is_down)
        if behaviour.html or behaviour.body is not None:
            return await self._send_body(status, behaviour)
        answer = self._answer(behaviour, prompt, status)
        if isinstance(answer, Failure):
            return await self.refuse(answer, behaviour)
        reply = Reply(self._number, prompt, answer, with_usage=not behaviour.no_usage)
        streamed = behaviour.sse_whole or (prompt.streamed and not behaviour.json_stream)
        return await (self._stream if streamed else self._whole)(reply, behaviour)

    def _answer(self, behaviour: Behaviour, prompt: Prompt, status: int | None) -> Answer | Failure:
        """Return what is to be said."""
        if status is not None and status != 200 and behaviour.error_event is None:
            return Failure(status, behaviour.code)
        if behaviour.reject_prefill and prompt.prefill is not None:
            return _NO_PREFILL
        if (behaviour.refusal or behaviour.finish == "filter") and not self._wire.can_decline:
            return Failure(400, message=f"{self._wire.name} has no way to decline", param="model")
        try:
            return compose(behaviour, prompt)
        except BehaviourError as error:
            return Failure(400, message=str(error), param="model")

    async def refuse(self, failure: Failure, behaviour: Behaviour | None = None) -> Outcome:
        """Answer an error in the wire format's shape; a status below 400 has no body."""
        body = compact(self._wire.error(failure, self._number)) if failure.status >= 400 else b""
        return await self._send(failure.status, body, behaviour or Behaviour())

    async def _send_body(self, status: int | None, behaviour: Behaviour) -> Outcome:
        """Send a body that is not the wire format's."""
        if behaviour.body is not None:
            return await self._send(status or 200, behaviour.body, behaviour)
        return await self._send(status or 502, _HTML, behaviour, content_type="text/html")

    async def _send(
        self, status: int, body: bytes, behaviour: Behaviour, *, content_type: str = "application/json"
    ) -> Outcome:
        """Send a whole response."""
        encoder = Encoder(gzip=behaviour.gzip and bool(body))
        sent = encoder.encode(body, ends=True)
        headers = {"content-type": content_type, "content-length": str(len(sent)), **encoder.headers}
        await self._connection.write(self._head(status, behaviour, headers), *pieces(sent, behaviour.piece_bytes))
        self._recorder.headers_sent(status)
        return "answered" if status < 400 else "refused"

    async def _whole(self, reply: Reply, behaviour: Behaviour) -> Outcome:
        """Answer unstreamed: all pauses come before the headers, and what breaks off does so half-way."""
        tokens = reply.answer.size
        await self._connection.pause(behaviour.slow_first + behaviour.slow_tokens * max(tokens - 1, 0))
        if behaviour.error_event is not None:
            return await self.refuse(self._failure_inside(behaviour), behaviour)
        value = self._wire.whole(reply)
        body = compact(with_unknown_fields(value) if behaviour.unknown else value)
        encoder = Encoder(gzip=behaviour.gzip)
        body = encoder.encode(body if behaviour.malformed_event is None else body[:-1], ends=True)
        breaks = behaviour.hang_up_after is not None and behaviour.hang_up_after <= tokens
        sent = body[: len(body) // 2] if breaks else body
        length = len(sent) if behaviour.hang_up == "end" else len(body)
        headers = {"content-type": "application/json", "content-length": str(length), **encoder.headers}
        await self._connection.write(self._head(200, behaviour, headers))
        self._recorder.headers_sent(200)
        await self._connection.write(*pieces(sent, behaviour.piece_bytes))
        if breaks and behaviour.hang_up is not None:
            return "broken" if behaviour.hang_up == "end" else await self._hang_up(behaviour.hang_up)
        self._recorder.tokens_sent(tokens)
        return "answered" if behaviour.malformed_event is None else "broken"

    async def _stream(self, reply: Reply, behaviour: Behaviour) -> Outcome:
        """Answer as SSE; an event is sent when the next one is looked at, the last with the body's end."""
        body = _StreamBody(self._connection, self._recorder, behaviour)
        headers = {"content-type": "text/event-stream; charset=utf-8", "transfer-encoding": "chunked"}
        await self._connection.write(
            self._head(200, behaviour, {**headers, "cache-control": "no-cache", **body.encoder.headers})
        )
        self._recorder.headers_sent(200)
        tokens, last, outcome = 0, Part.OPENING, "answered"
        for event in self._events(reply, behaviour):
            if not behaviour.burst:
                await body.flush()
            if event.part is not Part.OPENING and tokens == behaviour.hang_up_after and behaviour.hang_up:
                if behaviour.half_line:
                    body.add_half(event)
                await body.flush(ends=behaviour.hang_up == "end")
                return "broken" if behaviour.hang_up == "end" else await self._hang_up(behaviour.hang_up)
            if event.part is Part.TOKEN:
                await self._connection.pause(behaviour.slow_tokens if tokens else behaviour.slow_first)
                tokens += 1
            body.add(event)
            last = event.part
            outcome = "broken" if last is Part.FAULT else outcome
        await body.flush(ends=True)
        return "answered" if last is Part.END and outcome == "answered" else "broken"

    def _events(self, reply: Reply, behaviour: Behaviour) -> Iterator[Event]:
        """Yield the answer's events with the faults that sit in single events."""
        for position, event in enumerate(self._wire.events(reply), 1):
            if position == behaviour.error_event:
                yield from self._wire.error_events(self._failure_inside(behaviour), reply, position)
                return
            if position == behaviour.malformed_event:
                yield Event(Part.FAULT, _NOT_JSON, event.name)
            elif event.part is not Part.END or not behaviour.no_end:
                yield event

    def _failure_inside(self, behaviour: Behaviour) -> Failure:
        """Return the error that an error event reports."""
        return Failure(self._status_of(behaviour, is_down=False) or self._wire.overloaded, behaviour.code)

    def _head(self, status: int, behaviour: Behaviour, headers: dict[str, str]) -> bytes:
        """Return the response's head."""
        return render_head(status, {**headers, **self._wire.headers(self._number, status), **behaviour.headers})

    async def _hang_up(self, how: HangUp) -> Outcome:
        """Break off; `silent` lasts until the other side leaves, and then raises ClientGone."""
        if how == "silent":
            await self._connection.pause(None)
        if how == "reset":
            self._connection.reset()
            return "reset"
        self._connection.finish()
        return "cut"

    def _status_of(self, behaviour: Behaviour, *, is_down: bool) -> int | None:
        """Return the status that the behaviour asks for."""
        status = behaviour.status
        if status is None and behaviour.code is not None:
            status = {**STATUS_OF_CODE, **self._wire.statuses}.get(behaviour.code, 400)
        if behaviour.flap is not None:
            return (status or 503) if is_down else None
        return status


class _StreamBody:
    """The chunked body of a stream: what is added leaves with the next flush."""

    def __init__(self, connection: Connection, recorder: Recorder, behaviour: Behaviour) -> None:
        self._connection = connection
        self._recorder = recorder
        self._behaviour = behaviour
        self._unsent = [BYTE_ORDER_MARK] if behaviour.bom else []
        self._tokens = 0
        self.encoder = Encoder(gzip=behaviour.gzip)

    def add(self, event: Event) -> None:
        """Add an event."""
        self._unsent.append(render(event, self._behaviour))
        self._tokens += event.part is Part.TOKEN

    def add_half(self, event: Event) -> None:
        """Add the first half of an event's bytes."""
        data = render(event, self._behaviour)
        self._unsent.append(data[: len(data) // 2])

    async def flush(self, *, ends: bool = False) -> None:
        """Send what is unsent, in one write if the behaviour leaves it whole."""
        if not (self._unsent or ends):
            return
        data = self.encoder.encode(b"".join(self._unsent), ends=ends)
        chunks = [chunk(piece) for piece in pieces(data, self._behaviour.piece_bytes)]
        if ends:
            # In one write: a client that hangs up as soon as it read the end marker did not leave early.
            chunks = [*chunks[:-1], b"".join(chunks[-1:]) + LAST_CHUNK]
        await self._connection.write(*chunks)
        self._recorder.tokens_sent(self._tokens)
        self._unsent, self._tokens = [], 0
