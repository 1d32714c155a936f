"""Where the command ``selaras`` begins: Ctrl-C is an answer from the first moment on, while modules still load too."""

import sys

INTERRUPTED = 130


def run() -> None:
    """Entry point."""
    try:
        from streams.cli.main import app  # noqa: PLC0415 - loading takes a second, and may be interrupted

        app()
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        sys.exit(INTERRUPTED)
