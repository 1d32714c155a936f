"""``python -m streams`` is the command ``selaras``."""

from streams.cli.entry import run

if __name__ == "__main__":
    run()
