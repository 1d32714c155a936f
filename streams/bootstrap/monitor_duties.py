"""The duties of the two checks that look at rows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from streams.bootstrap.capture import SystemClock
from streams.drift.difference import Check
from streams.drift.verdict import Verdicts
from streams.ports.drift_ledger import Ledger
from streams.ports.drift_progress import DriftProgress, ScanProgress
from streams.services.capture_check import CaptureCheck
from streams.services.drift_again import LedgerKeysDuty
from streams.services.drift_book import DriftBook
from streams.services.monitor import Duty
from streams.services.monitor_duties import Judge, JudgeTables, ScanDuty, TouchedKeysDuty, UnknownKeysDuty
from streams.services.projection_check import ProjectionCheck
from streams.settings import DriftSettings

IDS = " ids"  # behind a table's name: its rows are scanned for ids that no key gives
IDS_AT_ONCE = 100_000
IDS_SHARE = 0.25  # of the time of other scans: each part of this one goes over all keys of its table


@dataclass(frozen=True, slots=True)
class Kept:
    """Where verdicts and progress are kept."""

    progress: DriftProgress
    scans: ScanProgress
    ledger: Ledger
    book: DriftBook


def projection_duties(check: ProjectionCheck, kept: Kept, drift: DriftSettings) -> Sequence[Duty]:
    """Target = f(mirror)."""

    def judge(keys: Mapping[str, Collection[str]]) -> Sequence[Verdicts]:
        return [check.keys(table, found) for table, found in keys.items()]

    scan = ScanDuty(
        Check.PROJECTION,
        check.tables,
        kept.scans,
        lambda table, after: check.page(table, after, drift.scan_keys),
        kept.book,
        SystemClock(),
        drift.scan_share,
    )
    extra = ScanDuty(
        Check.PROJECTION,
        tuple(name + IDS for name in check.with_ids),
        kept.scans,
        lambda table, after: check.extra(table.removesuffix(IDS), after, IDS_AT_ONCE),  # noqa: S610 - no Django here
        kept.book,
        SystemClock(),
        drift.scan_share * IDS_SHARE,
    )
    return [*_at_keys(Check.PROJECTION, check.keys, judge, kept, drift), scan, extra]


def capture_duties(check: CaptureCheck, kept: Kept, drift: DriftSettings) -> Sequence[Duty]:
    """Mirror = legacy."""
    scan = ScanDuty(
        Check.CAPTURE, tuple(check.tables), kept.scans, check.part, kept.book, SystemClock(), drift.scan_share
    )
    return [*_at_keys(Check.CAPTURE, check.rows, check.of_tables, kept, drift), scan]


def _at_keys(check: Check, judge: Judge, of_tables: JudgeTables, kept: Kept, drift: DriftSettings) -> Sequence[Duty]:
    limit = drift.touched_keys
    return [
        TouchedKeysDuty(check, kept.progress, of_tables, kept.book, limit),
        LedgerKeysDuty(check, kept.ledger, judge, kept.book, limit),
        UnknownKeysDuty(check, kept.progress, of_tables, kept.book, limit, drift.unknown_every_s),
    ]
