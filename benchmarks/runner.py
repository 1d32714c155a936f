"""Runs a benchmark several times and shows least, median and greatest: ``python -m benchmarks.runner NAME``."""

import argparse
import importlib
import sys
from pathlib import Path

from benchmarks.measure import Measurement

RESULTS = Path(__file__).parent / "results.md"
BENCHMARKS = ("apply", "compute")


def main(words: list[str]) -> int:
    """Parse, run, print; with ``--record`` also append to the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.runner", description=__doc__)
    choices = parser.add_subparsers(dest="name", required=True)
    for name in BENCHMARKS:
        module = importlib.import_module(f"benchmarks.{name}")
        one = choices.add_parser(name, help=(module.__doc__ or "").splitlines()[0])
        one.add_argument("--runs", type=int, default=3, help="how often")
        one.add_argument("--record", action="store_true", help="append to benchmarks/results.md")
        module.arguments(one)
    options = parser.parse_args(words)
    section = _measured(options).section()
    print(section)
    if options.record:
        with RESULTS.open("a", encoding="utf-8") as file:
            file.write(f"\n{section}")
    return 0


def _measured(options: argparse.Namespace) -> Measurement:
    module = importlib.import_module(f"benchmarks.{options.name}")
    with module.prepared(options) as benchmark:
        runs = [benchmark.run() for _ in range(options.runs)]
    return Measurement(options.name, module.sizes(options), runs)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
