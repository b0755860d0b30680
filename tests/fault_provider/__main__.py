"""Runs the provider until it is interrupted: `PYTHONPATH=tests python -m fault_provider --port 8099`."""

import argparse
import asyncio
import signal
import sys

from .control import help_text
from .provider import FaultProvider


async def _serve(port: int) -> None:
    """Serve until SIGINT or SIGTERM."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with FaultProvider(port=port) as provider:
        sys.stdout.write(f"{provider.base_url}\n")
        sys.stdout.flush()
        await stopped.wait()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(
        prog="fault_provider",
        description="OpenAI, Anthropic and Cohere on 127.0.0.1, misbehaving as the model's name says. "
        "The first line printed is the address.",
        epilog=help_text().replace("%", "%%"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    asyncio.run(_serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
