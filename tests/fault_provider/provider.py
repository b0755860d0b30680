"""The provider: a loopback server that answers as the model's name says."""

import asyncio
import contextlib
import json
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from .attempts import Attempt, AttemptLog, Condition, Outcome, Recorder, now_ms
from .behaviour import Behaviour, BehaviourError
from .connection import ClientGone, Connection
from .control import Control
from .errors import Failure, InvalidRequest
from .http1 import BadRequestError, Request, render_head
from .responder import Responder
from .scripts import Scripts, Step
from .wires import WIRES, Wire

_BACKLOG = 4096
_WIRE_OF_PATH = {wire.path: wire for wire in WIRES}
_NO_KEY = Failure(401, message="You didn't provide an API key.")


class FaultProvider:
    """An LLM provider on 127.0.0.1 whose behaviour is chosen by the model's name, or by a script.

    `async with FaultProvider() as provider:` starts it on a free port; leaving closes every connection at
    once. The last `keep` attempts are remembered.
    """

    def __init__(self, *, port: int = 0, keep: int = 20_000) -> None:
        self._port = port
        self._log = AttemptLog(keep)
        self._scripts = Scripts()
        self._control = Control(self._log, self._scripts)
        self._first_seen_ms: dict[str, float] = {}
        self.connections_made = 0
        self._connections: dict[asyncio.Task[None], Connection] = {}

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port, backlog=_BACKLOG)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def base_url(self) -> str:
        """The address without a path: the SDKs of Anthropic and Cohere take it as it is, OpenAI's with `/v1`."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def attempts(self) -> list[Attempt]:
        """What was asked so far, oldest first."""
        return list(self._log.attempts)

    @property
    def open_connections(self) -> int:
        """How many connections are open now."""
        return len(self._connections)

    def script(self, model: str, steps: Iterable[Step]) -> None:
        """Let each request for the model take a step of its own, the last repeats; raises BehaviourError."""
        self._scripts.put(model, steps)

    def clear(self) -> None:
        """Forget all attempts."""
        self._log.clear()

    async def wait_until(self, condition: Condition, timeout: float = 20) -> None:  # noqa: ASYNC109
        """Return when the condition holds for the attempts; raises TimeoutError after `timeout` seconds."""
        await self._log.wait_until(condition, timeout)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a new connection in a task of its own."""
        connection = Connection(reader, writer)
        task = asyncio.create_task(self._serve(connection))
        self._connections[task] = connection
        self.connections_made += 1

    async def _serve(self, connection: Connection) -> None:
        """Answer requests until either side hangs up."""
        try:
            while request := await connection.read_request():
                await self._answer(connection, request)
                if not (request.keep_alive and connection.is_open):
                    break
        except BadRequestError:
            with contextlib.suppress(ClientGone):
                await connection.write(render_head(400, {"content-length": "0"}))
        except ClientGone:
            pass
        finally:
            await connection.closed()
            task = asyncio.current_task()
            if task is not None:
                del self._connections[task]
            self._log.changed()

    async def _answer(self, connection: Connection, request: Request) -> None:
        """Answer one request and note how that went; raises ClientGone."""
        wire = _WIRE_OF_PATH.get(request.path)
        if wire is None or request.method != "POST":
            await connection.write(self._control.answer(request))
            return
        attempt = self._log.begin(wire.name, request.path, request.headers, wire.api_key(request.headers))
        recorder = Recorder(attempt, self._log)
        try:
            outcome = await self._attempt(request, wire, Responder(connection, wire, recorder), attempt)
        except ClientGone:
            recorder.finished("client_gone", client_gone_ms=connection.gone_ms or now_ms())
            raise
        except asyncio.CancelledError:
            recorder.finished("provider_closed")
            raise
        recorder.finished(outcome)

    async def _attempt(self, request: Request, wire: Wire, responder: Responder, attempt: Attempt) -> Outcome:
        """Read what is asked for and respond."""
        if attempt.key is None:
            return await responder.refuse(_NO_KEY)
        try:
            attempt.body = json.loads(request.body)
            if not isinstance(attempt.body, dict):
                return await responder.refuse(Failure(400, message="The body is not a JSON object."))
            prompt = wire.read(request.headers, attempt.body)
            attempt.model, attempt.streamed = prompt.model, prompt.streamed
            self._log.changed()
            behaviour = self._scripts.next(prompt.model)
        except InvalidRequest as error:
            return await responder.refuse(wire.failure(error))
        except BehaviourError as error:
            return await responder.refuse(Failure(400, message=str(error), param="model"))
        except ValueError:
            return await responder.refuse(Failure(400, message="We could not parse the JSON body of your request."))
        return await responder.respond(prompt, behaviour, is_down=self._is_down(prompt.model, behaviour))

    def _is_down(self, model: str, behaviour: Behaviour) -> bool:
        """Whether the model's flap is down now."""
        if behaviour.flap is None:
            return False
        down, up = behaviour.flap
        first_seen_ms = self._first_seen_ms.setdefault(model, now_ms())
        return (now_ms() - first_seen_ms) / 1000 % (down + up) < down
