"""Settings -> the monitor of drift."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from streams.adapters.databases.lock_numbers import MONITOR
from streams.adapters.databases.only_one import only_one
from streams.bootstrap.capture import SystemClock
from streams.bootstrap.capture_check import capture_check, gentle_reader_engine
from streams.bootstrap.databases import applier_engine, checker_engine, legacy_reader_engine, monitor_engine
from streams.bootstrap.drift import drift_book, drift_progress
from streams.bootstrap.foreign_writes import foreign_duties, foreign_watch, triggers_in_place
from streams.bootstrap.monitor_duties import Kept, capture_duties, projection_duties
from streams.bootstrap.projection_check import projection_check
from streams.bootstrap.replicate import ground
from streams.bootstrap.totals import totals_service
from streams.errors import ErrorKind, SelarasError
from streams.services.monitor import Duty, Monitor, MonitorEvent
from streams.services.monitor_duties import RunOutDuty, TotalsDuty
from streams.settings import Settings


@contextmanager
def monitor(settings: Settings, report: Callable[[MonitorEvent], None]) -> Iterator[Monitor]:
    """A monitor that is ready to run; SelarasError (conflict) while another one runs."""
    target, legacy, applier = monitor_engine(settings), legacy_reader_engine(settings), applier_engine(settings)
    checker, gentle = checker_engine(settings), gentle_reader_engine(settings)
    try:
        with only_one(target, MONITOR) as mine:
            if not mine:
                raise SelarasError(
                    ErrorKind.CONFLICT, "A monitor runs already.", "'selaras drift status' shows what it has found"
                )
            triggers_in_place(settings)
            base = ground(settings, legacy, applier)
            plan, watch = base.plan, foreign_watch(settings, target)
            progress, scans, ledger = drift_progress(target)
            book = drift_book(settings, plan, target)
            kept, check = Kept(progress, scans, ledger, book), projection_check(settings, plan, checker)
            duties: list[Duty] = [
                *foreign_duties(watch, book, progress, base, settings.drift.foreign_every_s),
                *projection_duties(check, kept, settings.drift),
                *capture_duties(capture_check(settings, base, gentle, target), kept, settings.drift),
                TotalsDuty(totals_service(settings, (target, legacy)), ledger, book, settings.drift.totals_every_s),
                RunOutDuty(ledger, lambda: datetime.now(UTC)),
            ]
            try:
                yield Monitor(duties, progress, SystemClock(), report)
            finally:
                watch.close()
    finally:
        for engine in (checker, gentle, applier, legacy, target):
            engine.dispose()
