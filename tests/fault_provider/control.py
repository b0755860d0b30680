"""The provider's own HTTP API, for tests in other languages: scripts and the log."""

import json
from dataclasses import asdict
from typing import Any
from urllib.parse import unquote

from .attempts import AttemptLog
from .http1 import Request, render_head
from .rules import RULES
from .scripts import Scripts, steps_from_json
from .wires import WIRES
from .wires.wire import compact

_SCRIPT = "/script/"


class Control:
    """Answers what is not addressed to a wire format."""

    def __init__(self, log: AttemptLog, scripts: Scripts) -> None:
        self._log = log
        self._scripts = scripts

    def answer(self, request: Request) -> bytes:
        """Return the whole response."""
        match request.method, request.path:
            case "GET", "/":
                return _response(200, help_text().encode(), "text/plain; charset=utf-8")
            case "GET", "/log":
                return _json(200, [asdict(attempt) for attempt in self._log.attempts])
            case "DELETE", "/log":
                self._log.clear()
                return render_head(204, {})
            case "PUT", path if path.startswith(_SCRIPT):
                return self._put_script(unquote(path.removeprefix(_SCRIPT)), request.body)
        paths = [f"POST {wire.path}" for wire in WIRES]
        known = ", ".join([*paths, "GET /", "GET /log", "DELETE /log", "PUT /script/MODEL"])
        message = f"There is no {request.method} {request.path} here, only {known}."
        return _json(404, {"error": {"message": message, "type": "invalid_request_error", "code": "not_found"}})

    def _put_script(self, model: str, body: bytes) -> bytes:
        """Replace a model's script by a JSON list of steps."""
        try:
            self._scripts.put(model, steps_from_json(json.loads(body)))
        except ValueError as error:
            return _json(400, {"error": {"message": str(error), "type": "invalid_request_error", "code": None}})
        return render_head(204, {})


def help_text() -> str:
    """Return the behaviours, a line each with an example."""
    width = max(len(rule.form) for rule in RULES) + 2
    lines = [f"  {rule.form:{width}}{rule.meaning}\n  {'':{width}}e.g. {rule.example}" for rule in RULES]
    return "\n".join(
        [
            "The model's name chooses the behaviour: parts joined with +, e.g. slow-first=200ms+cut@5.",
            "The first part may be any other name: gpt-4o answers well, gpt-4o+cut@5 is cut.",
            "",
            *lines,
            "",
        ]
    )


def _json(status: int, value: Any) -> bytes:
    """Return a response with a JSON body."""
    return _response(status, compact(value), "application/json")


def _response(status: int, body: bytes, content_type: str) -> bytes:
    """Return a whole response."""
    return render_head(status, {"content-type": content_type, "content-length": str(len(body))}) + body
