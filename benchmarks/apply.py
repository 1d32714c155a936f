"""Plain apply: a seeded population as insert events, through the whole service on a real PostgreSQL.

Measured is everything from the records' bytes to the commit: decoding, positions, mirror, projections, outcomes,
evidence. Not in it: the broker, the fetching, Faust.
"""

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import text

from benchmarks.events import EventLog
from benchmarks.measure import Figures, ServerCpu
from benchmarks.throwaway import fresh_target, throwaway_server
from streams.bootstrap.capture import capture_plan
from streams.bootstrap.databases import applier_engine, legacy_reader_engine, target_engine
from streams.bootstrap.demo import seed_service
from streams.bootstrap.replicate import Ground, ground, replicate_service
from streams.errors import ErrorKind, SelarasError
from streams.services.demo import SeedPlan
from streams.services.recompute import Recompute
from streams.settings import Settings
from streams.worker.collector import quiet_collector


def arguments(parser: argparse.ArgumentParser) -> None:
    """Sizes of this benchmark."""
    parser.add_argument("--companies", type=int, default=2000, help="companies of the population")
    parser.add_argument("--batches", default="200,1000,2000", help="events in one transaction, one run each")


def sizes(options: argparse.Namespace) -> str:
    """The sizes in words, for the record."""
    return f"{options.companies} companies, batches of {options.batches} events"


@contextmanager
def prepared(options: argparse.Namespace) -> Iterator["ApplyBenchmark"]:
    """A server with a seeded legacy database and its events in memory."""
    with throwaway_server() as settings:
        seed_service(settings).run(SeedPlan(options.companies, seed=1))
        yield ApplyBenchmark(settings, [int(size) for size in options.batches.split(",")])


class ApplyBenchmark:
    """Applies the same events again and again, each time to an empty target."""

    def __init__(self, settings: Settings, batches: list[int]) -> None:
        """``settings``: of a server whose legacy database is filled and whose target is empty."""
        self._settings = settings
        self._batches = batches
        self._number = 0
        self._log: EventLog | None = None

    def run(self) -> Figures:
        """One run of every batch size."""
        figures: Figures = {}
        for size in self._batches:
            self._number += 1
            with fresh_target(self._settings, f"bench_{self._number}") as settings:
                figures |= self._apply(settings, size)
        return figures

    def _apply(self, settings: Settings, size: int) -> Figures:
        applier, legacy = applier_engine(settings), legacy_reader_engine(settings)
        try:
            base = ground(settings, legacy, applier)
            Recompute(base.target, base.plan).adopt()
            if self._log is None:
                partitions = settings.kafka.partitions
                self._log = EventLog(legacy, base.legacy, capture_plan(settings), partitions)
            with applier.connect() as connection:
                server = ServerCpu(connection.execute(text("select pg_backend_pid()")).scalar_one())
            spent = _timed(settings, base, self._log, size, server)
            _check(settings, base, spent.written)
        finally:
            applier.dispose()
            legacy.dispose()
        events = len(self._log.records)
        return {
            (f"apply, batches of {size}", "events/s"): events / spent.seconds,
            (f"Python's CPU, batches of {size}", "us/event"): 1e6 * spent.python / events,
            (f"PostgreSQL's CPU, batches of {size}", "us/event"): 1e6 * spent.server / events,
            (f"CPU of both, batches of {size}", "us/event"): 1e6 * (spent.python + spent.server) / events,
            ("events applied", "events"): events,
        }


@dataclass(frozen=True, slots=True)
class _Spent:
    """Seconds by the clock, of CPU in Python and in the server; ``written``: rows."""

    seconds: float
    python: float
    server: float
    written: int


def _timed(settings: Settings, base: Ground, log: EventLog, size: int, server: ServerCpu) -> _Spent:
    service = replicate_service(settings, base, generation=1)
    service.positions(dict.fromkeys(log.every_place, 0))
    batches = list(log.batches(size))
    quiet_collector()  # as a worker does at its start
    written = 0
    begun, python, cpu = time.perf_counter(), time.process_time(), server.seconds()
    for batch in batches:
        written += service.apply(batch).settled.written
    return _Spent(time.perf_counter() - begun, time.process_time() - python, server.seconds() - cpu, written)


def _check(settings: Settings, base: Ground, written: int) -> None:
    """A number counts only if the work was done: the target holds rows, and none would change if computed again."""
    engine = target_engine(settings)
    try:
        with engine.connect() as connection:
            rows = sum(
                connection.execute(text(f"select count(*) from rba.{name}")).scalar_one() for name in base.plan.tables
            )
    finally:
        engine.dispose()
    left = Recompute(base.target, base.plan).differences(lambda *_: None).changes
    if not rows or rows > written or left:
        raise SelarasError(ErrorKind.UNKNOWN, f"The target is wrong: {rows} rows, {written} written, {left} differ.")
