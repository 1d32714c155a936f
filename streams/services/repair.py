"""Repair: what the ledger says differs is mended through the pipeline, at a gentle pace, and looked at again."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from streams.drift.difference import ROW, WHOLE_TABLE, Check, Kind
from streams.drift.entry import Entry, EntryState
from streams.drift.verdict import Reason
from streams.errors import SelarasError
from streams.ports.capture import Clock
from streams.ports.drift_ledger import Deed, Wanted
from streams.ports.drift_status import DriftStatus
from streams.ports.drift_store import DriftStore
from streams.services.drift import ALIVE_S, runs
from streams.services.monitor_duties import Book, Judge
from streams.services.repair_choice import Choice, Place, RepairRequest, choose
from streams.services.repair_gate import MOST, MirrorGate
from streams.services.repair_mirror import MirrorMender
from streams.services.repair_target import TargetMender
from streams.services.settle import Settled

Report = Callable[[str], None]
POLL_S = 0.1
MOST_AT_ONCE = 500  # keys in one transaction, or of one table read again at once


@dataclass(frozen=True, slots=True)
class Pace:
    """``keys_s``: keys a second; ``most_new``: how many new differences of other keys may turn up meanwhile;
    ``wait_s``: seconds to wait in the end for the monitor to look at what was mended.
    """

    keys_s: int = 200
    most_new: int = 10
    wait_s: float = 5.0


@dataclass(frozen=True, slots=True)
class RepairParts:
    """What a repair works with. ``judges``: what looks at keys again where no monitor runs."""

    store: DriftStore
    status: DriftStatus
    book: Book
    judges: Mapping[Check, Judge]
    target: TargetMender
    mirror: MirrorMender
    gate: MirrorGate
    clock: Clock


@dataclass(slots=True)
class Repaired:
    """What a repair came to, by numbers of entries. ``verified``: mended and the same; ``waiting``: mended, not looked
    at again yet; ``back``: mended, and found to differ again; ``refused``: why nothing was done; ``left``: not come to.

    ``stopped``: why it ended early, with the next step; ``watched``: the monitor runs, else this repair looked itself;
    ``more``: entries lie beyond the limit.
    """

    verified: Sequence[int] = ()
    waiting: Sequence[int] = ()
    back: Sequence[int] = ()
    refused: dict[int, str] = field(default_factory=dict)
    left: Sequence[int] = ()
    stopped: str = ""
    watched: bool = False
    more: bool = False

    @property
    def is_well(self) -> bool:
        """Everything chosen was mended, and nothing of it differs, as far as it was looked at."""
        return not (self.back or self.refused or self.left or self.stopped)


class Repair:
    """Mends one run of entries after the other."""

    def __init__(self, parts: RepairParts, pace: Pace) -> None:
        self._parts = parts
        self._pace = pace

    def run(self, request: RepairRequest, report: Report) -> Repaired:
        """Mend the entries, the mirror's rows before the target's. SelarasError (configuration) for a wrong request.

        An entry counts as repaired before its row is touched, and once more afterwards: whoever looks in between may
        open it again, and whoever looks right after the deed must find it repaired. What could not be mended is opened
        again with the reason.
        """
        parts = self._parts
        choice = choose(parts.store, request, parts.target, parts.mirror.tables)
        result = Repaired(refused=choice.refused, watched=runs(parts.status.read(ALIVE_S)), more=choice.more)
        run = _Run(parts, request, self._pace, result, report)
        run.others = run.open_elsewhere(choice)
        done: set[int] = set()
        for bite in choice.bites(min(MOST_AT_ONCE, max(1, self._pace.keys_s))):
            begun = parts.clock.now()
            report(f"{len(done):,} of {len(choice.places):,} repaired")
            done |= run.mend(bite)
            if not result.stopped:
                result.stopped = run.new_drift(choice)
            if result.stopped:
                break
            run.rest(begun, len(bite))
        result.left = sorted({one.entry.id for one in choice.places} - done - result.refused.keys())
        self._tell(done, result, report)
        return result

    def _tell(self, done: set[int], result: Repaired, report: Report) -> None:
        """What was found of the repaired ones; where a monitor runs, it gets a moment to look."""
        clock = self._parts.clock
        deadline = clock.now() + (self._pace.wait_s if result.watched else 0.0)
        while True:
            states = {entry.id: entry.state for entry in entries_of(self._parts.store, done)}
            waiting = [number for number, state in states.items() if state is EntryState.REPAIRED]
            if not waiting or clock.now() >= deadline:
                break
            report(f"waiting until the monitor has looked at {len(waiting):,} of them again")
            clock.pause(POLL_S)
        result.waiting = waiting
        result.verified = [number for number, state in states.items() if state is EntryState.VERIFIED]
        result.back = sorted(done - {*waiting, *result.verified})


@dataclass(slots=True)
class _Run:
    parts: RepairParts
    request: RepairRequest
    pace: Pace
    result: Repaired
    report: Report
    others: int = 0  # open entries of other keys when it began

    def mend(self, bite: Sequence[Place]) -> set[int]:
        """Mend these; the numbers of the entries that were."""
        try:
            places = self._allowed(bite)
        except SelarasError as error:
            self._stop(error)
            return set()
        numbers = {one.entry.id for one in places}
        if not numbers:
            return numbers
        self._move(numbers, EntryState.REPAIRED, self.request.why)
        try:
            failed = self._deed(places)
        except SelarasError as error:
            failed = dict.fromkeys(numbers, error.sentence)
            self._stop(error)
        except BaseException:
            self._move(numbers, EntryState.OPEN, "not repaired: broken off")
            raise
        for number, why in failed.items():
            self._move([number], EntryState.OPEN, f"not repaired: {why}")
        self.result.refused |= failed
        done = numbers - failed.keys()
        self._move(done, EntryState.REPAIRED, self.request.why)
        self._have_looked_at([one for one in places if one.entry.id in done])
        return done

    def open_elsewhere(self, choice: Choice) -> int:
        """How many entries of other keys than those chosen are open."""
        ours = {(one.table, one.key) for one in choice.places}
        ours |= {(one.entry.difference.table, one.entry.difference.key) for one in choice.places}
        tables = tuple(sorted({table for table, _ in ours}))
        with self.parts.store.transaction() as work:
            count = sum(group.count for group in work.ledger.groups() if group.state is EntryState.OPEN)
            theirs = work.ledger.entries(Wanted(tables=tables, states=(EntryState.OPEN,), limit=MOST)) if tables else ()
        return count - sum((one.difference.table, one.difference.key) in ours for one in theirs)

    def rest(self, begun: float, keys: int) -> None:
        """Until so many keys may have been mended since then."""
        clock = self.parts.clock
        clock.pause(max(0.0, keys / self.pace.keys_s - (clock.now() - begun)))

    def new_drift(self, choice: Choice) -> str:
        """Why the repair must end: it seems to make more drift than it mends."""
        new, most = self.open_elsewhere(choice) - self.others, self.pace.most_new
        if new <= most:
            return ""
        return (
            f"New differences of other keys turned up while it ran: {new:,}, more than {most:,} "
            "(drift.repair_most_new). What was repaired stays as it is. Next: selaras drift list"
        )

    def _allowed(self, bite: Sequence[Place]) -> list[Place]:
        """Without those that are computed from mirror rows that are known to be wrong."""
        table, parts = bite[0].table, self.parts
        if bite[0].check is Check.CAPTURE:
            return list(bite)
        if why := parts.target.why_not(table):
            self.result.refused |= {one.entry.id: why for one in bite}
            return []
        if bite[0].key != WHOLE_TABLE and parts.gate.obstacle(parts.target.with_parents(table, _keys(bite))) is None:
            return list(bite)
        held = {one.entry.id: obstacle(parts, one) for one in bite}
        self.result.refused |= {number: mirror_first(other) for number, other in held.items() if other is not None}
        return [one for one in bite if held[one.entry.id] is None]

    def _deed(self, places: Sequence[Place]) -> dict[int, str]:
        """By number, why it could not be mended; the rest was."""
        check, table, parts = places[0].check, places[0].table, self.parts
        keys = _keys(places)
        if check is Check.CAPTURE:
            self.report(f"reading {table} again")
            if keys == {WHOLE_TABLE}:
                parts.mirror.whole(table, self.report)
            else:
                parts.mirror.rows(table, keys, invented(parts.store, places), self.report)
            return {}
        if keys == {WHOLE_TABLE}:
            for page in parts.target.pages(table):
                begun = parts.clock.now()
                self._look_along(parts.target.keys(table, page))
                self.rest(begun, len(page))
            return {}
        ids = {key.removeprefix(ROW) for key in keys if key.startswith(ROW)} if parts.target.has_ids(table) else set()
        taken = parts.target.rows(table, ids)
        self._look_along(parts.target.keys(table, keys | set(taken.given.values())))
        kept = {f"{ROW}{one}": why for one, why in taken.kept.items()}
        return {one.entry.id: f"the row stays: {kept[one.key]}" for one in places if one.key in kept}

    def _stop(self, error: SelarasError) -> None:
        self.result.stopped = f"{error.sentence} Next: {error.next_step or 'try again'}"

    def _look_along(self, settled: Settled) -> None:
        """Where no monitor sees to it: whatever was computed is looked at, so that new drift is seen."""
        judge = self.parts.judges.get(Check.PROJECTION)
        if self.result.watched or judge is None:
            return
        self.parts.book.record([judge(table, set(found)) for table, found in settled.outcomes.items() if found])

    def _have_looked_at(self, places: Sequence[Place]) -> None:
        if not places:
            return
        check, table, keys = places[0].check, places[0].table, _keys(places) - {WHOLE_TABLE}
        judge = self.parts.judges.get(check)
        if self.result.watched or judge is None:
            with self.parts.store.transaction() as work:
                work.progress.put_unknown(check, table, dict.fromkeys(keys, Reason.CHANGING))
        elif keys:
            self.parts.book.record([judge(table, keys)])

    def _move(self, numbers: Collection[int], to: EntryState, why: str) -> None:
        with self.parts.store.transaction() as work:
            work.ledger.move(numbers, Deed(to, self.request.by, why))


def entries_of(store: DriftStore, numbers: Collection[int]) -> Sequence[Entry]:
    """These entries as they are now."""
    with store.transaction() as work:
        return work.ledger.entries(Wanted(ids=tuple(sorted(numbers)), limit=len(numbers))) if numbers else ()


def obstacle(parts: RepairParts, place: Place, aside: Collection[int] = ()) -> int | None:
    """The entry that must be mended before this one."""
    if place.key != WHOLE_TABLE:
        return parts.gate.obstacle(parts.target.with_parents(place.table, [place.key]), aside)
    found = (
        parts.gate.obstacle(parts.target.with_parents(place.table, page), aside)
        for page in parts.target.pages(place.table)
    )
    return next((number for number in found if number is not None), None)


def mirror_first(number: int) -> str:
    """Why an entry is not mended."""
    return f"the mirror row behind it may be wrong, and the target right: repair entry {number} first"


def invented(store: DriftStore, places: Sequence[Place]) -> frozenset[str]:
    """The keys of rows that the legacy table lacks and that somebody else put into the mirror."""
    extra = [one.key for one in places if one.entry.difference.kind in (Kind.EXTRA, Kind.WRITE)]
    with store.transaction() as work:
        return work.evidence.put_there(places[0].table, extra) if extra else frozenset()


def _keys(places: Sequence[Place]) -> set[str]:
    return {one.key for one in places}
