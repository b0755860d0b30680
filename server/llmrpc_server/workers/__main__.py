"""The supervisor's process, which `llmrpc serve --workers` becomes when it has found nothing wrong.

python -P -m llmrpc_server.workers NAME WORKERS LISTEN METRICS COMMAND...

NAME is what the process goes by where others look for it. COMMAND starts a worker; the address to listen on is added.
"""

import os
import sys
from typing import NoReturn

from llmrpc_server.edge.listening import hold, in_words
from llmrpc_server.telemetry.log_lines import standard_error
from llmrpc_server.workers.metrics import Endpoint
from llmrpc_server.workers.supervisor import Supervisor

OFF = "off"


def main() -> None:
    """Take the addresses, and serve."""
    _, workers, listen, metrics, *command = sys.argv[1:]
    for_people = sys.stderr is not None and sys.stderr.isatty()
    lines = standard_error()
    try:
        held = hold(listen)
    except OSError as error:
        _fail(f"cannot listen on {listen}: {in_words(error)}")
    address = f"{listen.rpartition(':')[0]}:{held[0].getsockname()[1]}"
    supervisor = Supervisor(int(workers), [*command, address], lines.write, for_people=for_people)
    if metrics != OFF:
        try:
            Endpoint(metrics, supervisor.workers).start()
        except OSError as error:
            _fail(f"cannot serve metrics on {metrics}: {error.strerror}")
    sys.exit(supervisor.run())


def _fail(text: str) -> NoReturn:
    sys.stderr.write(f"{text}\n")
    sys.exit(os.EX_UNAVAILABLE)


if __name__ == "__main__":
    main()
