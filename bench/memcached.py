"""memcached for the bench, on a free port: `python -m bench.memcached`."""

import asyncio
import os
import tempfile
from pathlib import Path

from bench import lifetime
from bench.processes import tether

# Held, so that nobody collects them; the kernel ends them with this process.
_running: list[asyncio.subprocess.Process] = []


async def _start() -> str:
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "port"
        command = (*tether(), "memcached", "-l", "127.0.0.1", "-p", "-1", "-U", "0", "-u", "root")
        environment = {**os.environ, "MEMCACHED_PORT_FILENAME": str(told)}
        _running.append(await asyncio.create_subprocess_exec(*command, env=environment))
        # The line is: TCP INET: PORT
        while not (told.exists() and told.read_text(encoding="utf-8").endswith("\n")):
            await asyncio.sleep(0.01)
        return f"127.0.0.1:{told.read_text(encoding='utf-8').split()[-1]}"


if __name__ == "__main__":
    lifetime.run(_start)
