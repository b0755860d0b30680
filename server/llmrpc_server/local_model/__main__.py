"""The local model's process: llama.cpp's HTTP server on a free loopback port.

    python -m llmrpc_server.local_model MODEL.gguf CONTEXT_TOKENS SLOTS

It prints the address as its one line of output when it can answer, and ends when its standard input does: it never
outlives the server that started it, however that ended.
"""

import os
import signal
import sys

import xllamacpp


def main() -> None:
    """Serve until standard input ends."""
    # A terminal's Ctrl-C reaches the whole group; the server ends this process when its calls are done.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    model, context_tokens, slots = sys.argv[1:]
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.n_parallel = int(slots)
    params.n_ctx = int(context_tokens) * int(slots)
    # Its threads spin while they wait for each other: one core is left to the server.
    params.cpuparams.n_threads = max((os.cpu_count() or 1) - 1, 1)
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.ui = False
    server = xllamacpp.Server(params)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
