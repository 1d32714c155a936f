"""The twin of the ledger, its journal, and the monitor's progress."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from streams.drift.coverage import Coverage, Look, covered, overlaid, runs
from streams.drift.difference import Check, Difference, Kind
from streams.drift.entry import Entry, EntryState, Transition
from streams.drift.life import FIRST, Change, Sight, Step, begun, found, moved, ran_out, settled
from streams.drift.verdict import Reason
from streams.ports.drift_ledger import Deed, Finding, Group, Ledger, Wanted
from streams.ports.drift_progress import DriftProgress, ScanPart, ScanProgress, TouchedKeys
from streams.ports.drift_store import DriftEvidence, DriftWork, Known

Now = Callable[[], datetime]


@dataclass(slots=True)
class DriftState:
    """Everything that is kept of drift."""

    entries: dict[int, Entry] = field(default_factory=dict)
    steps: list[Transition] = field(default_factory=list)
    lists: dict[Check, dict[int, tuple[str, frozenset[str], datetime]]] = field(default_factory=dict)
    unknown: dict[tuple[Check, str, str], tuple[Reason, datetime]] = field(default_factory=dict)
    looks: dict[tuple[Check, str], list[Look]] = field(default_factory=dict)
    said: str = "never ran"
    seen_at: datetime | None = None
    forgotten_at: datetime | None = None
    known: dict[tuple[Check, str, str], Known] = field(default_factory=dict)  # evidence that a test puts there
    put_there: set[tuple[str, str]] = field(default_factory=set)  # rows that somebody else inserted


class MemoryLedger:
    """Implements the ports ``Ledger`` and ``LedgerHistory``."""

    def __init__(self, state: DriftState, now: Now) -> None:
        self._state = state
        self._now = now

    def note(self, findings: Sequence[Finding]) -> Sequence[int]:
        """See the port."""
        now = self._now()
        return [
            self._note(Sight(one.difference, one.cause, one.at or now, one.detected_ms, one.evidence))
            for one in findings
        ]

    def _note(self, sight: Sight) -> int:
        place = _place(sight.difference)
        entry = next((e for e in self._state.entries.values() if _place(e.difference) == place), None)
        if entry is not None:
            self._change([(entry, found(entry, sight))])
            return entry.id
        number = len(self._state.entries) + 1
        self._state.entries[number] = replace(begun(sight), id=number)
        self._journal(number, FIRST)
        return number

    def settle(
        self,
        check: Check,
        table: str,
        keys: Collection[str],
        still: Collection[tuple[str, Kind]] = (),
        at: datetime | None = None,
    ) -> int:
        """See the port."""
        moment = at or self._now()
        theirs = [
            entry
            for entry in self._state.entries.values()
            if (entry.difference.check, entry.difference.table) == (check, table)
            and entry.difference.key in keys
            and (entry.difference.key, entry.difference.kind) not in still
        ]
        return len(self._change((entry, settled(entry, moment)) for entry in theirs))

    def move(self, ids: Collection[int], deed: Deed) -> Sequence[int]:
        """See the port."""
        step, now = Step(None, deed.to, deed.by, deed.why), self._now()
        entries = [self._state.entries[number] for number in sorted(set(ids) & self._state.entries.keys())]
        return self._change((entry, moved(entry, step, deed.until, now)) for entry in entries)

    def run_out(self, now: datetime) -> Sequence[int]:
        """See the port."""
        return self._change((entry, ran_out(entry, now)) for entry in list(self._state.entries.values()))

    def entries(self, wanted: Wanted) -> Sequence[Entry]:
        """See the port."""
        return [entry for entry in self._state.entries.values() if _is_wanted(entry, wanted)][: wanted.limit]

    def groups(self) -> Sequence[Group]:
        """See the port."""
        kinds: dict[tuple[object, ...], list[Entry]] = {}
        for entry in self._state.entries.values():
            one = entry.difference
            kinds.setdefault((one.check, one.table, one.kind, entry.cause, entry.state), []).append(entry)
        return [
            Group(
                *(one.difference.check, one.difference.table, one.difference.kind, one.cause, one.state),
                *(len(same), min(e.first_seen for e in same), max(e.last_seen for e in same)),
            )
            for _, same in sorted(kinds.items(), key=lambda item: tuple(map(str, item[0])))
            for one in same[:1]
        ]

    def of(self, entry: int) -> Sequence[Transition]:
        """See the port."""
        return [step for step in self._state.steps if step.entry == entry]

    def of_key(self, table: str, key: str) -> Sequence[Transition]:
        """See the port."""
        theirs = {e.id for e in self._state.entries.values() if (e.difference.table, e.difference.key) == (table, key)}
        return [step for step in self._state.steps if step.entry in theirs]

    def _change(self, changes: Iterable[tuple[Entry, Change]]) -> list[int]:
        moved_on = []
        for entry, (made, step) in list(changes):
            self._state.entries[entry.id] = made
            if step is not None:
                self._journal(entry.id, step)
                moved_on.append(entry.id)
        return moved_on

    def _journal(self, entry: int, step: Step) -> None:
        self._state.steps.append(Transition(entry, self._now(), step.was, step.now, step.by, step.why))


class MemoryDriftProgress:
    """Implements the ports ``DriftProgress`` and ``ScanProgress``."""

    def __init__(self, state: DriftState, now: Now) -> None:
        self._state = state
        self._now = now

    def touched(self, check: Check, limit: int) -> TouchedKeys | None:
        """See the port."""
        keys: dict[str, frozenset[str]] = {}
        ids, since, count = [], None, 0
        for number, (table, these, at) in sorted(self._state.lists.get(check, {}).items()):
            if count >= limit:
                break
            keys[table] = keys.get(table, frozenset()) | these
            since = min(since or at, at)
            count += len(these)
            ids.append(number)
        return TouchedKeys(check, tuple(ids), keys, since) if ids else None

    def done(self, check: Check, lists: Collection[int]) -> None:
        """See the port."""
        for number in lists:
            self._state.lists.get(check, {}).pop(number, None)

    def put_unknown(self, check: Check, table: str, keys: Mapping[str, Reason]) -> None:
        """See the port."""
        self._state.unknown |= {(check, table, key): (reason, self._now()) for key, reason in keys.items()}

    def unknown(self, check: Check, limit: int) -> Mapping[str, Sequence[str]]:
        """See the port."""
        places = sorted((at, place) for place, (_, at) in self._state.unknown.items() if place[0] is check)[:limit]
        answer: dict[str, list[str]] = {}
        for _, place in sorted(places, key=lambda one: one[1]):
            self._state.unknown[place] = (self._state.unknown[place][0], self._now())
            answer.setdefault(place[1], []).append(place[2])
        return answer

    def settled(self, check: Check, table: str, keys: Collection[str]) -> None:
        """See the port."""
        for key in keys:
            self._state.unknown.pop((check, table, key), None)

    def beat(self, state: str) -> None:
        """See the port."""
        self._state.said, self._state.seen_at = state, self._now()

    def next_after(self, check: Check, table: str) -> str:
        """See the port."""
        looks = self._state.looks.get((check, table), [])
        return (max(looks, key=lambda one: (one.at, one.after)).last or "") if looks else ""

    def scanned(self, part: ScanPart, at: datetime | None = None) -> None:
        """See the port."""
        look = Look(part.after, part.last, part.keys, at or self._now())
        place = (part.check, part.table)
        self._state.looks[place] = overlaid(self._state.looks.get(place, ()), look)

    def coverage(self, totals: Mapping[tuple[Check, str], int], alive_s: float) -> Sequence[Coverage]:
        """See the port."""
        state = self._state
        is_alive = state.seen_at is not None and self._now() - state.seen_at < timedelta(seconds=alive_s)
        answer = []
        for (check, table), total in sorted(totals.items()):
            looks = [
                one
                for one in state.looks.get((check, table), ())
                if state.forgotten_at is None or one.at >= state.forgotten_at
            ]
            lists = state.lists.get(check, {}).values()
            pending = len(frozenset().union(*(keys for name, keys, _ in lists if name == table)))
            unknown = sum(place[:2] == (check, table) for place in state.unknown)
            running = is_alive and runs(check, state.said)
            answer.append(covered(check, table, looks, (total, pending, unknown), running=running))
        return answer


class MemoryDriftEvidence:
    """Implements the port ``DriftEvidence`` with what a test put there; rows have the names of their keys."""

    def __init__(self, state: DriftState) -> None:
        self._state = state

    def around(self, check: Check, table: str, keys: Collection[str]) -> Mapping[str, Known]:
        """See the port."""
        return {key: self._state.known.get((check, table, key), Known()) for key in keys}

    def written(self, check: Check, table: str, keys: Collection[str]) -> frozenset[str]:
        """See the port."""
        if check not in (Check.PROJECTION, Check.CAPTURE):
            return frozenset()
        entries = [e for e in self._state.entries.values() if e.state is not EntryState.VERIFIED]
        writes = {e.difference.key for e in entries if _place(e.difference)[:2] == (Check.FOREIGN, table)}
        return frozenset(writes & set(keys))

    def put_there(self, table: str, keys: Collection[str]) -> frozenset[str]:
        """See the port."""
        return frozenset(key for key in keys if (table, key) in self._state.put_there)


@dataclass(slots=True)
class MemoryDriftWork:
    """Implements ``DriftWork``."""

    ledger: Ledger
    progress: DriftProgress
    scans: ScanProgress
    evidence: DriftEvidence


class MemoryDriftStore:
    """Implements the port ``DriftStore``."""

    def __init__(self, now: Now = lambda: datetime.now(UTC)) -> None:
        self.state = DriftState()
        self.now = now
        self._numbers = 0

    @contextmanager
    def transaction(self) -> Iterator[DriftWork]:
        """See the port."""
        work = deepcopy(self.state)
        progress = MemoryDriftProgress(work, self.now)
        yield MemoryDriftWork(MemoryLedger(work, self.now), progress, progress, MemoryDriftEvidence(work))
        self.state = work

    def touch(self, check: Check, table: str, keys: Collection[str]) -> None:
        """A batch was applied that touched these keys."""
        self._numbers += 1
        self.state.lists.setdefault(check, {})[self._numbers] = (table, frozenset(keys), self.now())


def _place(one: Difference) -> tuple[Check, str, str, Kind]:
    return one.check, one.table, one.key, one.kind


def _is_wanted(entry: Entry, wanted: Wanted) -> bool:
    one = entry.difference
    named = (
        *((entry.id, wanted.ids), (one.check, wanted.checks), (one.table, wanted.tables)),
        *((entry.cause, wanted.causes), (entry.state, wanted.states)),
        (one.key, (wanted.key,) if wanted.key else ()),
    )
    return entry.id > wanted.after and all(not chosen or value in chosen for value, chosen in named)
