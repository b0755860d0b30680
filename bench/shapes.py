"""`python -m bench.shapes`: the CPU of rendering a prompt and of checking an answer, beside what it replaces.

In one process, in turns. Rendering is all from the values to the messages of the API, beside LangChain's own
ChatPromptTemplate over the same templates, which stops at its own messages; checking is all from the answer's text to
the parsed value, beside json.loads alone.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_core.prompts import ChatPromptTemplate

from llmrpc.v1 import completion_pb2
from llmrpc_server.output.schema import SchemaShape
from llmrpc_server.prompts import Prompt, PromptStore

_TEMPLATES = {
    "f-string": ("Be {tone}.", "Sum up for {name}:\n{text}"),
    "mustache": ("Be {{{tone}}}.", "Sum up for {{{name}}}:\n{{{text}}}"),
    "jinja2": ("Be {{ tone }}.", "Sum up for {% if name %}{{ name }}{% else %}all{% endif %}:\n{{ text }}"),
}
_VALUES = {"tone": "brief", "name": "Ada", "text": "It rains. " * 40}
_GOALS = {"f-string": 100.0, "mustache": 100.0, "jinja2": 1000.0}

_ITEM = {
    "type": "object",
    "properties": {"id": {"type": "integer"}, "name": {"type": "string"}, "tags": {"type": "array"}},
    "required": ["id", "name"],
    "additionalProperties": False,
}
_SCHEMA = {"type": "object", "properties": {"items": {"type": "array", "items": _ITEM}}, "required": ["items"]}
_ANSWER = json.dumps({"items": [{"id": n, "name": f"thing number {n}", "tags": ["a", "b"]} for n in range(36)]})


@dataclass(frozen=True, slots=True)
class Row:
    """What is measured, beside what.

    Attributes:
        goal: In microseconds.
    """

    name: str
    ours: Callable[[], Any]
    floor_name: str
    floor: Callable[[], Any]
    goal: float


class _Target:
    name, model = "openai/gpt-4o", "gpt-4o"

    class provider:  # noqa: N801 - an attribute.
        name, kind = "openai", "openai"


def rows() -> list[Row]:
    """Return what is measured."""
    shape = SchemaShape(json.dumps(_SCHEMA))
    found = [
        Row(
            f"check {len(_ANSWER)} bytes",
            lambda: shape.parse(_ANSWER),
            "json.loads",
            lambda: json.loads(_ANSWER),
            100.0,
        )
    ]
    with tempfile.TemporaryDirectory(prefix="llmrpc-bench-") as folder:
        for format_, (system, user) in _TEMPLATES.items():
            path = Path(folder) / format_ / "1.yaml"
            path.parent.mkdir()
            messages = [{"role": "system", "text": system}, {"role": "user", "text": user}]
            written = {"format": format_, "variables": {name: {} for name in _VALUES}, "messages": messages}
            path.write_text(json.dumps(written), encoding="utf-8")
        store = PromptStore(Path(folder))
        store.load()
    for format_, (system, user) in _TEMPLATES.items():
        chain = ChatPromptTemplate.from_messages([("system", system), ("human", user)], template_format=format_)  # type: ignore[arg-type]
        found.append(_row(format_, store.get(format_), chain))
    return found


def _row(format_: str, prompt: Prompt, chain: ChatPromptTemplate) -> Row:
    given = {name: completion_pb2.PromptValue(text=value) for name, value in _VALUES.items()}
    return Row(
        f"render {format_}",
        lambda: prompt.filled(given).messages(_Target()),
        "LangChain alone",
        lambda: chain.format_messages(**_VALUES),
        _GOALS[format_],
    )


def cpu_us(work: Callable[[], Any], times: int) -> float:
    """Return the CPU of one, in microseconds."""
    begin = time.process_time_ns()
    for _ in range(times):
        work()
    return (time.process_time_ns() - begin) / 1000 / times


def imports_langchain() -> bool:
    """Tell whether a server without prompts imports LangChain."""
    command = [sys.executable, "-c", "import sys, llmrpc_server.app; print('langchain_core' in sys.modules)"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip() == "True"


def main() -> None:
    """Read the command line, measure in turns, and print."""
    parser = argparse.ArgumentParser(prog="bench.shapes", description="CPU of prompts and of checked answers.")
    parser.add_argument("--rounds", type=int, default=7, help="how often each is measured (default %(default)s)")
    parser.add_argument("--times", type=int, default=300, help="how many in a round (default %(default)s)")
    options = parser.parse_args()
    print("| what             | us     | beside          | us     | ratio | goal, us |")
    print("| ---------------- | ------ | --------------- | ------ | ----- | -------- |")
    for row in rows():
        pairs = [(cpu_us(row.ours, options.times), cpu_us(row.floor, options.times)) for _ in range(options.rounds)]
        ours, floor = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
        measured = f"{ours:6.1f} | {row.floor_name:<15} | {floor:6.1f} | {ours / floor:5.2f}"
        print(f"| {row.name:<16} | {measured} | {row.goal:8.0f} |")
    print(f"\nA server without prompts imports LangChain: {'yes' if imports_langchain() else 'no'}.")


if __name__ == "__main__":
    main()
