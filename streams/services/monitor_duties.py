"""What the monitor does: touched keys, keys without a verdict, rolling scans, control totals, the ledger's clock."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from streams.drift.difference import WHOLE_TABLE, Check
from streams.drift.entry import UNSETTLED
from streams.drift.verdict import Reason, Verdicts
from streams.ports.capture import Clock
from streams.ports.drift_ledger import Ledger, Wanted
from streams.ports.drift_progress import DriftProgress, ScanPart, ScanProgress
from streams.services.totals import Totals, verdicts

OF_TABLES = frozenset({Reason.RECOMPUTE_PENDING, Reason.PAUSED, Reason.UNDECODABLE, Reason.WITHHELD, Reason.SIDE_DOWN})
MOST_REST_S = 20.0  # of a scan between two parts
MOST_NOTED = 1000  # groups of one total that are looked for again; what is beyond is settled in later rounds

Judge = Callable[[str, Collection[str]], Verdicts]
"""Table and keys -> verdicts."""

JudgeTables = Callable[[Mapping[str, Collection[str]]], Sequence[Verdicts]]
"""Keys by table -> verdicts of each table."""

Look = Callable[[str, str], tuple[Verdicts, ScanPart | None]]
"""Table and the key after which the scan goes on -> verdicts of the next part, and the part; None: nothing was done."""


class Book(Protocol):
    """Keeps verdicts."""

    def record(self, verdicts: Sequence[Verdicts], lists: Collection[int] = (), part: ScanPart | None = None) -> None:
        """All in one transaction; ``lists``: of touched keys, looked at by this; ``part``: of a scan, done by this."""


@dataclass(slots=True)
class TouchedKeysDuty:
    """Judges the keys that applied batches touched, the oldest first."""

    check: Check
    progress: DriftProgress
    judge: JudgeTables
    book: Book
    limit: int  # keys in one bite, about
    rest_s: float = 0.1

    @property
    def name(self) -> str:
        """See the duty."""
        return f"{self.check} check of touched keys"

    def bite(self) -> bool:
        """See the duty."""
        touched = self.progress.touched(self.check, self.limit)
        if touched is None:
            return False
        keys = {table: found for table, found in sorted(touched.keys.items()) if found}
        self.book.record(self.judge(keys), lists=touched.lists)
        return True


@dataclass(slots=True)
class UnknownKeysDuty:
    """Looks again at keys without a verdict."""

    check: Check
    progress: DriftProgress
    judge: JudgeTables
    book: Book
    limit: int
    rest_s: float = 1.0

    @property
    def name(self) -> str:
        """See the duty."""
        return f"{self.check} check of keys without a verdict"

    def bite(self) -> bool:
        """See the duty. Never more at once: what stayed without a verdict just now would only be asked again."""
        keys = self.progress.unknown(self.check, self.limit)
        if keys:
            self.book.record(self.judge(dict(sorted(keys.items()))))
        return False


def _of_the_whole_table(found: Verdicts) -> Verdicts | None:
    """A reason that holds for every key of a table is remembered once, and not for each of perhaps millions of keys.

    It goes away like any other: whoever looks again at keys without a verdict is told the reason as long as it holds.
    """
    reasons = set(found.unknown.values())
    if found.same or found.different or len(reasons) != 1 or not reasons <= OF_TABLES:
        return None
    return replace(found, unknown=dict.fromkeys([WHOLE_TABLE], *reasons))


@dataclass(slots=True)
class ScanDuty:
    """Goes over all keys of all tables, round after round, using no more than a share of the time."""

    check: Check
    tables: Sequence[str]
    scans: ScanProgress
    look: Look
    book: Book
    clock: Clock
    share: float  # of the time, above 0 and up to 1
    rest_s: float = 0.0
    _turn: int = field(default=0, init=False)

    @property
    def name(self) -> str:
        """See the duty."""
        return f"{self.check} check of all keys"

    def bite(self) -> bool:
        """See the duty."""
        begun = self.clock.now()
        table = self.tables[self._turn % len(self.tables)]
        verdicts, part = self.look(table, self.scans.next_after(self.check, table))
        # The capture check's reasons are those of single rows, and its keys numbers: none stands for a whole table.
        if self.check is Check.PROJECTION and (whole := _of_the_whole_table(verdicts)):
            verdicts, part = whole, None
        self.book.record([verdicts], part=part)
        if part is None or part.last is None:
            self._turn += 1
        # The rest follows from the work just done, so that a slow side is left alone for longer; but not from a wait.
        self.rest_s = min(MOST_REST_S, (self.clock.now() - begun) * (1 / self.share - 1))
        return False


@dataclass(slots=True)
class TotalsDuty:
    """Takes the control totals now and then, one at a time so that nothing else waits for long."""

    totals: Totals
    ledger: Ledger
    book: Book
    every_s: float
    rest_s: float = 0.0
    name: str = "control totals"
    _turn: int = field(default=0, init=False)

    def bite(self) -> bool:
        """See the duty."""
        names = self.totals.names
        if not names:
            self.rest_s = self.every_s
            return False
        name = names[self._turn % len(names)]
        for result in self.totals.take([name]):
            noted = self.ledger.entries(
                Wanted(checks=(Check.TOTALS,), tables=(name,), states=tuple(UNSETTLED), limit=MOST_NOTED)
            )
            self.book.record([verdicts(result, {entry.difference.key for entry in noted})])
        self._turn += 1
        self.rest_s = self.every_s / len(names)
        return False


@dataclass(slots=True)
class RunOutDuty:
    """Opens entries whose acceptance has run out."""

    ledger: Ledger
    today: Callable[[], datetime]
    rest_s: float = 10.0
    name: str = "acceptances that run out"

    def bite(self) -> bool:
        """See the duty."""
        self.ledger.run_out(self.today())
        return False
