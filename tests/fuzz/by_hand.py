"""Fuzzes the reader of a wire format for as long as wanted: `python -m fuzz.by_hand openai --seconds 600`.

Runs with `tests` on the path, guided by what the server's code covers. What fails is told once for each place in the
code, with its bytes, and kept in a file.
"""

import argparse
import hashlib
import importlib
import importlib.util
import random
import sys
import traceback
from pathlib import Path
from typing import Any

from hypothesis import Phase, given, settings

from fuzz.answers import Script, scripts
from fuzz.formats import WRITERS
from fuzz.framing import cut, framed, json_bytes
from fuzz.mutation import mutated_answer, mutated_body, mutated_stream
from replay.recordings import recordings

_INSTALL = "This needs atheris, which is none of the project's own tools: pip install atheris"
_MAX_BYTES = 16384
# How often events and values are changed rather than bytes.
_STRUCTURED = 0.5


def corpus(kind: str, examples: int) -> list[bytes]:
    """Write examples, streamed and whole, sound and mutated, after the recordings where there are any.

    The byte before each tells how it is read.
    """
    bodies = [recording.body for recording in recordings() if recording.kind == kind]

    @settings(max_examples=examples, database=None, deadline=None, phases=[Phase.generate])
    @given(script=scripts)
    def collect(script: Script) -> None:
        """Keep an example in all its forms."""
        written = WRITERS[kind](script)
        dice = random.Random(script.seed)
        bodies.extend(
            [
                framed(written.events, dice),
                json_bytes(written.whole, dice),
                mutated_stream(written.events, dice),
                mutated_answer(written.whole, dice),
            ]
        )

    collect()
    return [bytes([at % 256]) + body for at, body in enumerate(bodies)]


def try_one(kind: str, data: bytes) -> None:
    """Read a body as the byte before it tells: cut or not, streamed or not; it must come to the same."""
    # The server's modules are instrumented as they are imported.
    from fuzz.reading import read

    how, body = (data[0], data[1:]) if data else (0, b"")
    whole = read(kind, [body], streaming=how % 2 == 0)
    assert whole.gist == read(kind, cut(body, random.Random(how))).gist


class Findings:
    """Notes what failed, once for each place in the code."""

    def __init__(self, kind: str, folder: Path) -> None:
        self._kind = kind
        self._folder = folder
        self._known: set[tuple[str, ...]] = set()

    def run(self, data: bytes) -> None:
        """Try a body; note what leaves that should not."""
        try:
            try_one(self._kind, data)
        except Exception as error:  # noqa: BLE001 - whatever leaves is what is looked for.
            frames = traceback.extract_tb(error.__traceback__)
            place = type(error).__name__, *(f"{frame.filename}:{frame.lineno}" for frame in frames[-2:])
            if place in self._known:
                return
            self._known.add(place)
            file = self._folder / f"{self._kind}-{hashlib.sha256(data).hexdigest()[:12]}"
            file.write_bytes(data)
            end = "".join(traceback.format_exception(error)[-4:])
            sys.stdout.write(f"FOUND {file}\n{data!r}\n{end}\n")
            sys.stdout.flush()


def main() -> int:
    """Make the corpus, then fuzz."""
    parser = argparse.ArgumentParser(prog="python -m fuzz.by_hand", description=__doc__)
    parser.add_argument("kind", choices=WRITERS)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--examples", type=int, default=300, help="of the generator, to begin with")
    parser.add_argument("--folder", type=Path, default=Path("build/fuzz"), help="where corpus and findings go")
    arguments = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        sys.stderr.write(f"{_INSTALL}\n")
        return 2
    seeds: Path = arguments.folder / f"corpus-{arguments.kind}"
    seeds.mkdir(parents=True, exist_ok=True)
    for data in corpus(arguments.kind, arguments.examples):
        (seeds / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    findings = Findings(arguments.kind, arguments.folder)
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["llmrpc_server.providers"]):
        findings.run(b"")
        findings.run(b"\x00{}")

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        """Change events and values half of the time, bytes the other half."""
        dice = random.Random(seed)
        changed: bytes = (
            data[:1] + mutated_body(data[1:], dice) if dice.random() < _STRUCTURED else atheris.Mutate(data, most)
        )
        return changed[:most]

    options = [f"-max_total_time={arguments.seconds}", f"-max_len={_MAX_BYTES}", "-timeout=60", "-rss_limit_mb=2048"]
    atheris.Setup([sys.argv[0], *options, str(seeds)], findings.run, custom_mutator=mutate)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
