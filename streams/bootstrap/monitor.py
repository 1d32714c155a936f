"""Settings -> the monitor of drift."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from streams.adapters.databases.lock_numbers import MONITOR
from streams.adapters.databases.only_one import only_one
from streams.bootstrap.capture import SystemClock
from streams.bootstrap.databases import applier_engine, checker_engine, legacy_reader_engine, monitor_engine
from streams.bootstrap.drift import drift_book, drift_progress
from streams.bootstrap.foreign_writes import foreign_duties, foreign_watch, triggers_in_place
from streams.bootstrap.projection_check import projection_check
from streams.bootstrap.replicate import ground
from streams.bootstrap.totals import totals_service
from streams.drift.difference import Check
from streams.errors import ErrorKind, SelarasError
from streams.ports.drift_ledger import Ledger
from streams.ports.drift_progress import DriftProgress, ScanProgress
from streams.services.drift_again import LedgerKeysDuty
from streams.services.drift_book import DriftBook
from streams.services.monitor import Duty, Monitor, MonitorEvent
from streams.services.monitor_duties import (
    RunOutDuty,
    ScanDuty,
    TotalsDuty,
    TouchedKeysDuty,
    UnknownKeysDuty,
)
from streams.services.projection_check import ProjectionCheck
from streams.settings import DriftSettings, Settings

IDS = " ids"  # behind a table's name: its rows are scanned for ids that no key gives
IDS_AT_ONCE = 100_000


@contextmanager
def monitor(settings: Settings, report: Callable[[MonitorEvent], None]) -> Iterator[Monitor]:
    """A monitor that is ready to run; SelarasError (conflict) while another one runs."""
    target, legacy, applier = monitor_engine(settings), legacy_reader_engine(settings), applier_engine(settings)
    checker = checker_engine(settings)
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
            check = projection_check(settings, plan, checker)
            duties: list[Duty] = [
                *foreign_duties(watch, book, progress, base),
                *_projection_duties(check, (progress, scans, ledger, book), settings.drift),
                TotalsDuty(totals_service(settings, (target, legacy)), ledger, book, settings.drift.totals_every_s),
                _run_out(ledger),
            ]
            try:
                yield Monitor(duties, progress, SystemClock(), report)
            finally:
                watch.close()
    finally:
        for engine in (checker, applier, legacy, target):
            engine.dispose()


def _projection_duties(
    check: ProjectionCheck, kept: tuple[DriftProgress, ScanProgress, Ledger, DriftBook], drift: DriftSettings
) -> list[Duty]:
    progress, scans, ledger, book = kept
    clock, ids = SystemClock(), tuple(name + IDS for name in check.with_ids)
    return [
        TouchedKeysDuty(Check.PROJECTION, progress, check.keys, book, drift.touched_keys),
        LedgerKeysDuty(Check.PROJECTION, ledger, check.keys, book, drift.touched_keys),
        UnknownKeysDuty(Check.PROJECTION, progress, check.keys, book, drift.touched_keys, drift.unknown_every_s),
        ScanDuty(
            Check.PROJECTION,
            check.tables,
            scans,
            lambda table, after: check.page(table, after, drift.scan_keys),
            book,
            clock,
            drift.scan_share,
        ),
        ScanDuty(
            Check.PROJECTION,
            ids,
            scans,
            lambda table, after: check.extra(table.removesuffix(IDS), after, IDS_AT_ONCE),  # noqa: S610 - no Django here
            book,
            clock,
            drift.scan_share / 4,
        ),
    ]


def _run_out(ledger: Ledger) -> RunOutDuty:
    return RunOutDuty(ledger, lambda: datetime.now(UTC))
