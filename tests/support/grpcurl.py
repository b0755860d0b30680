"""grpcurl, as people use it to debug gRPC."""

import json
import subprocess
from typing import Any

import toolchains


def grpcurl(*arguments: str, seconds: float = 30) -> str:
    """Run grpcurl and return what it prints."""
    command = [toolchains.require("grpcurl"), "-plaintext", *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=seconds)
    assert done.returncode == 0, done.stderr
    return done.stdout


def objects(text: str) -> list[Any]:
    """Return the messages that it printed one after the other."""
    decoder = json.JSONDecoder()
    found = []
    while text := text.lstrip():
        value, end = decoder.raw_decode(text)
        found.append(value)
        text = text[end:]
    return found
