"""What people ask and decide about drift."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from streams.drift.coverage import STOPPED
from streams.drift.difference import Check
from streams.drift.entry import UNSETTLED, Entry, EntryState, Transition
from streams.errors import ErrorKind, SelarasError
from streams.ports.drift_ledger import Deed, Ledger, LedgerHistory, Wanted
from streams.ports.drift_status import DriftReading, DriftStatus
from streams.ports.drift_store import DriftStore

ALIVE_S = 10.0  # a monitor speaks every second, between two bites of its work
BEHIND_S = 30.0  # keys that batches touched are looked at within a second or two
SEE_LIST = "'selaras drift list' shows the entries with their numbers"


@dataclass(frozen=True, slots=True)
class DriftPicture:
    """What is known of drift, and what of it stands in the way: ``needed``, a sentence each with the next step."""

    reading: DriftReading
    needed: Sequence[str]

    @property
    def is_running(self) -> bool:
        """The monitor spoke lately, and goes on."""
        return runs(self.reading)

    @property
    def is_well(self) -> bool:
        """Everything was looked at, and nothing is open, explained, waiting to be verified, or unknown."""
        return not self.needed


@dataclass(frozen=True, slots=True)
class Moved:
    """What a wish to move entries came to. ``refused``: by number, the state from which there is no such way."""

    moved: Sequence[int]
    refused: Mapping[int, EntryState]


def runs(reading: DriftReading) -> bool:
    """Whether the monitor spoke lately and did not say that it stops."""
    return reading.seen_s is not None and reading.seen_s < ALIVE_S and reading.said != STOPPED


def unsettled(reading: DriftReading) -> int:
    """How many entries stand in the way."""
    return sum(group.count for group in reading.groups if group.state in UNSETTLED)


class Drift:
    """The ledger as people see it."""

    def __init__(
        self,
        store: DriftStore,
        history: LedgerHistory,
        status: DriftStatus,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._history = history
        self._status = status
        self._now = now

    def status(self) -> DriftPicture:
        """One look; acceptances that have run out are opened first, whether or not the monitor runs."""
        with self._store.transaction() as work:
            work.ledger.run_out(self._now())
        reading = self._status.read(ALIVE_S)
        return DriftPicture(reading, tuple(needed(reading)))

    def entries(self, wanted: Wanted) -> Sequence[Entry]:
        """In the order of numbers."""
        with self._store.transaction() as work:
            return work.ledger.entries(wanted)

    def entry(self, number: int) -> Entry:
        """SelarasError (configuration) when there is none with this number."""
        with self._store.transaction() as work:
            return _these(work.ledger, [number])[0]

    def history(self, number: int) -> Sequence[Transition]:
        """Every step of an entry, the oldest first; SelarasError (configuration) as above."""
        self.entry(number)
        return self._history.of(number)

    def history_of_key(self, table: str, key: str) -> Sequence[Transition]:
        """Every step of all entries of a key, the oldest first."""
        return self._history.of_key(table, key)

    def accept(self, numbers: Sequence[int], until: date, by: str, why: str) -> Moved:
        """Accept differences as they are, up to and with a day (UTC); one that is accepted is accepted anew.

        SelarasError (configuration) when the day has passed, nobody or no reason is named, or a number is wrong; then
        nothing is done.
        """
        _named(by, why)
        end = datetime(until.year, until.month, until.day, tzinfo=UTC) + timedelta(days=1)
        if end <= self._now():
            raise SelarasError(ErrorKind.CONFIGURATION, f"{until} (UTC) has passed.", "name a day to come with --until")
        with self._store.transaction() as work:
            again = [e.id for e in _these(work.ledger, numbers) if e.state is EntryState.ACCEPTED]
            work.ledger.move(again, Deed(EntryState.OPEN, by, "to be accepted anew"))
            return _move(work.ledger, numbers, Deed(EntryState.ACCEPTED, by, why, end))

    def explain(self, numbers: Sequence[int], by: str, why: str) -> Moved:
        """Say why differences are there; they count on. SelarasError as for ``accept``."""
        _named(by, why)
        with self._store.transaction() as work:
            return _move(work.ledger, numbers, Deed(EntryState.EXPLAINED, by, why))


def needed(reading: DriftReading) -> list[str]:
    """What needs a person or the monitor, a sentence each with the next step; empty when all is verified."""
    found = []
    if not runs(reading):
        ago = "It never ran" if reading.seen_s is None else f"It said last, {reading.seen_s:,.0f} s ago: {reading.said}"
        found.append(f"The monitor does not run. {ago}. Next: selaras monitor run")
    waiting = sorted({one.check for one in reading.coverage if not one.running}) if runs(reading) else []
    found += [f"The {check} check waits for a side ({reading.said}). Next: selaras status" for check in waiting]
    for check, waits_s in sorted(reading.behind_s.items()):
        if waits_s > BEHIND_S:
            found.append(f"The {check} check is {waits_s:,.0f} s behind what is applied. Next: wait for the monitor")
    never = [one for one in reading.coverage if one.oldest is None]
    for check in Check:
        tables = [one.table for one in never if one.check is check]
        if tables:
            shown = ", ".join(tables[:3]) + (f" and {len(tables) - 3} more" if len(tables) > 3 else "")
            found.append(f"Not wholly looked at yet by the {check} check: {shown}. Next: wait for the monitor")
    count = unsettled(reading)
    if count:
        found.append(f"Differences that are not settled: {count:,}. Next: selaras drift list")
    reasons = Counter[str]()
    for one in reading.unknown:
        reasons[one.reason] += one.count
    if reasons:
        told = ", ".join(f"{keys:,} {reason}" for reason, keys in reasons.most_common())
        found.append(f"Keys without a verdict: {told}. Next: wait, or mend what the reason names")
    return found


def _move(ledger: Ledger, numbers: Sequence[int], deed: Deed) -> Moved:
    states = {entry.id: entry.state for entry in _these(ledger, numbers)}
    moved = ledger.move(numbers, deed)
    return Moved(moved, {number: state for number, state in states.items() if number not in moved})


def _these(ledger: Ledger, numbers: Sequence[int]) -> Sequence[Entry]:
    found = ledger.entries(Wanted(ids=tuple(numbers), limit=len(numbers)))
    wrong = sorted(set(numbers) - {entry.id for entry in found})
    if wrong or not numbers:
        raise SelarasError(
            ErrorKind.CONFIGURATION, f"There is no entry {', '.join(map(str, wrong))} in the ledger.", SEE_LIST
        )
    return found


def _named(by: str, why: str) -> None:
    for name, text, what in (("by", by, "who decides"), ("why", why, "why")):
        if not text.strip():
            raise SelarasError(ErrorKind.CONFIGURATION, f"--{name} is empty.", f"say with --{name} {what}")
