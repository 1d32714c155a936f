"""The book of drift: what checks said of keys, kept in one transaction with what they looked at."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from streams.drift.cause import Evidence, cause
from streams.drift.difference import WHOLE_TABLE, Check, Difference, Kind
from streams.drift.entry import UNSETTLED
from streams.drift.verdict import Verdicts
from streams.ports.drift_ledger import Finding, Wanted
from streams.ports.drift_progress import ScanPart
from streams.ports.drift_store import DriftStore, DriftWork, Known

LOOKED_AT = (Check.PROJECTION, Check.CAPTURE)  # the checks that say of a row whether it is right


class DriftBook:
    """Keeps verdicts."""

    def __init__(self, store: DriftStore) -> None:
        self._store = store

    def record(self, verdicts: Sequence[Verdicts], lists: Collection[int] = (), part: ScanPart | None = None) -> None:
        """All in one transaction; ``lists``: of touched keys, looked at by this; ``part``: of a scan, done by this.

        All verdicts are by one check where lists are given. Differences are noted with the cause that the evidence
        names; keys that are the same are settled, writes by others to their rows included; keys without a verdict are
        remembered.
        """
        if lists and len({one.check for one in verdicts}) != 1:
            raise ValueError("lists of touched keys are given back with the verdicts of the check that read them")
        with self._store.transaction() as work:
            for one in verdicts:
                _keep(work, one)
            if lists:
                work.progress.done(verdicts[0].check, lists)
            if part is not None:
                begun = [one.at for one in verdicts if one.at is not None]
                work.scans.scanned(part, min(begun, default=None))
                if part.last is None:
                    _settle_emptied(work, part)


def _keep(work: DriftWork, verdicts: Verdicts) -> None:
    check, table = verdicts.check, verdicts.table
    if verdicts.different:
        known = work.evidence.around(check, table, {one.key for one in verdicts.different})
        work.ledger.note([_finding(one, known[one.key], verdicts) for one in verdicts.different])
    if check is not Check.FOREIGN:
        judged = {*verdicts.same, *(one.key for one in verdicts.different)}
        # A key that differs in one way differs no more in those in which it was not found to.
        still = {(one.key, one.kind) for one in verdicts.different}
        work.ledger.settle(check, table, judged, still, verdicts.at)
        work.progress.settled(check, table, judged)
    if check in LOOKED_AT:
        written = work.evidence.written(check, table, verdicts.same)
        if written:
            work.ledger.settle(Check.FOREIGN, table, written, (), verdicts.at)
    if check is Check.TOTALS:
        work.ledger.settle(check, table, verdicts.same, (), verdicts.at)
    work.progress.put_unknown(check, table, verdicts.unknown)


def _finding(one: Difference, known: Known, verdicts: Verdicts) -> Finding:
    is_foreign = known.foreign or (known.emptied and one.kind is Kind.MISSING)
    named = cause(one, Evidence(foreign=is_foreign, recomputed=known.recomputed))
    return Finding(one, named, known.age_ms, verdicts.at, known.said if is_foreign else "")


def _settle_emptied(work: DriftWork, part: ScanPart) -> None:
    """A write that emptied the table is mended when looks at the whole table, all of them later, left nothing open."""
    place = Wanted(checks=(Check.FOREIGN,), tables=(part.table,), limit=1)
    if not work.ledger.entries(replace(place, key=WHOLE_TABLE, states=tuple(UNSETTLED))):
        return
    (coverage,) = work.scans.coverage({(part.check, part.table): 0}, 0.0)
    is_open = work.ledger.entries(replace(place, checks=(part.check,), states=tuple(UNSETTLED)))
    if coverage.oldest is not None and not is_open:
        work.ledger.settle(Check.FOREIGN, part.table, [WHOLE_TABLE], (), coverage.oldest)
