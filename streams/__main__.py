"""``python -m streams`` is the command ``selaras``."""

from streams.cli.main import run

if __name__ == "__main__":
    run()
