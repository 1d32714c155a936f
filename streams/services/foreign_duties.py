"""What the monitor does about foreign writes: tell the ledger, have the rows looked at, mind the watch itself."""

from dataclasses import dataclass

from streams.drift.difference import Check
from streams.drift.verdict import Reason
from streams.errors import ErrorKind, SelarasError
from streams.ports.drift_progress import DriftProgress
from streams.services.foreign_writes import BITE, ForeignWatch, FoundWrites
from streams.services.key_search import KeySearch, Met
from streams.services.monitor_duties import Book

MIRROR = "mirror"


@dataclass(slots=True)
class ForeignWritesDuty:
    """Polls. Rows of the mirror are for the capture check, those of the target for the projection check, which looks
    first at keys without a verdict.
    """

    watch: ForeignWatch
    book: Book
    progress: DriftProgress
    search: KeySearch
    rest_s: float = 0.5
    name: str = f"{Check.FOREIGN} check of the log"

    def bite(self) -> bool:
        """See the duty. A search for the keys of rows goes on between two polls, page by page."""
        found = self.watch.poll()
        if found.writes:
            self.book.record(found.verdicts)
            self._have_looked_at(found)
            self.watch.done(found)
        self._check(self.search.step())
        return self.search.is_busy or len(found.writes) >= BITE

    def _have_looked_at(self, found: FoundWrites) -> None:
        for (schema, table), rows in sorted(found.rows.items()):
            if schema == MIRROR:
                self.progress.put_unknown(Check.CAPTURE, table, dict.fromkeys(rows, Reason.CHANGING))
            else:
                self._check(self.search.want(table, rows))

    def _check(self, met: Met | None) -> None:
        if met is not None and met.keys:
            keys = dict.fromkeys(met.keys.values(), Reason.CHANGING)
            self.progress.put_unknown(Check.PROJECTION, met.table, keys)


@dataclass(slots=True)
class WatchHealthDuty:
    """Looks whether the watch would see a write. While it would not, the monitor says that it waits for this."""

    watch: ForeignWatch
    rest_s: float = 2.0
    name: str = f"{Check.FOREIGN} check of the watch itself"

    def bite(self) -> bool:
        """See the duty. SelarasError (unavailable) for a watch that is not whole."""
        report = self.watch.health()
        if not report.is_whole:
            more = f" (and {len(report.faults) - 1} more)" if len(report.faults) > 1 else ""
            raise SelarasError(
                ErrorKind.UNAVAILABLE,
                f"Foreign writes may go unseen: {report.faults[0]}{more}.",
                "have the owner of the tables run schemas/watch/foreign_writes.sql, or start the monitor again",
            )
        return False
