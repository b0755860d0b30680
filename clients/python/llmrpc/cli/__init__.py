"""The command `llmrpc`.

Exit codes, after sysexits.h where it has one:

    0    an answer
    1    something else went wrong, or a package is missing
    2    the command line is wrong
    65   the request is bad: fix it
    69   no server answers, or no provider could
    70   a fault of the server
    75   a limit: try again later
    77   the token is missing or does not allow it
    124  the deadline passed
    130  Ctrl-C, as a shell tells it: the process ends by the signal
"""

import sys


def main() -> None:
    """Run the command line."""
    try:
        import rich  # noqa: F401
        import typer  # noqa: F401
    except ModuleNotFoundError as error:
        sys.exit(f"The command line needs {error.name}: pip install 'llmrpc[cli]'")
    from llmrpc.cli.app import app

    app()
