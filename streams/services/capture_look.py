"""One look at keys whose contents are not plainly equal: reads of both sides, a barrier where needed, verdicts."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from streams.drift.difference import Check, Difference
from streams.drift.verdict import Reason, Verdicts
from streams.drift.visibility import Decision, Facts, decide
from streams.ports.capture_check import (
    Compared,
    LegacyRow,
    LegacyRows,
    LegacySide,
    MirrorColumns,
    MirrorRow,
    MirrorRows,
    MirrorSide,
)
from streams.projection.catalog import Table
from streams.services.captured import Found, LegacyCurtain, difference

Passed = Callable[[int], bool]
"""LSN -> whether a barrier begun now, whose token lies behind it, was passed."""

NOTHING = LegacyRow({}, ())


@dataclass(slots=True)
class Case:
    """The keys of one table on their way to verdicts; ``left``: those that have none yet."""

    table: Table
    left: set[str]
    columns: Sequence[Compared] = ()
    held: MirrorColumns = field(default_factory=lambda: MirrorColumns({}, {}))
    same: set[str] = field(default_factory=set)
    different: list[Difference] = field(default_factory=list)
    unknown: dict[str, Reason] = field(default_factory=dict)

    def verdicts(self) -> Verdicts:
        """What became of them; a key still left was changing at every look."""
        unknown = dict.fromkeys(self.left, Reason.CHANGING) | self.unknown
        different = tuple(sorted(self.different, key=lambda one: one.key))
        return Verdicts(Check.CAPTURE, self.table.name, tuple(sorted(self.same)), different, unknown)


@dataclass(frozen=True, slots=True)
class Sides:
    """Both."""

    legacy: LegacySide
    mirror: MirrorSide


@dataclass(slots=True)
class _Reading:
    """What was read of a case. ``before``: the mirror before the snapshot; ``now``: after it."""

    case: Case
    before: MirrorRows
    legacy: LegacyRows
    now: MirrorRows
    waiting: set[str] = field(default_factory=set)
    suspects: dict[str, MirrorRow | None] = field(default_factory=dict)


class Look:
    """Takes every case as far as one snapshot of its table, and one barrier behind all of them, can."""

    def __init__(self, sides: Sides, curtain: LegacyCurtain, passed: Passed) -> None:
        self._sides = sides
        self._curtain = curtain
        self._passed = passed

    def take(self, cases: Sequence[Case]) -> None:
        """Moves keys from ``left`` to where they belong; what changes meanwhile stays there."""
        readings = [self._read(case) for case in cases if case.left]
        for reading in readings:
            self._judge(reading, sorted(reading.case.left), is_applied=False)
        waiting = [reading for reading in readings if reading.waiting]
        if waiting:
            # Begun behind every one of the snapshots: what any of them shows is applied once it is passed.
            is_passed = self._passed(max(reading.legacy.position for reading in waiting))
            for reading in waiting:
                self._after_barrier(reading, is_passed=is_passed)
        for reading in readings:
            self._convict(reading)

    def _read(self, case: Case) -> _Reading:
        name, keys = case.table.name, sorted(case.left)
        before = self._sides.mirror.rows(name, case.columns, keys)
        legacy = self._sides.legacy.rows(name, case.columns, keys)
        differing = [key for key in keys if not _is_equal(legacy.rows.get(key), before.rows.get(key))]
        now = self._sides.mirror.rows(name, case.columns, differing) if differing else before
        case.same.update(set(keys) - set(differing))
        case.left = set(differing)
        return _Reading(case, before, legacy, now)

    def _after_barrier(self, reading: _Reading, *, is_passed: bool) -> None:
        case, keys = reading.case, sorted(reading.waiting)
        reading.waiting = set()
        if not is_passed:
            self._unknown(case, keys, Reason.NO_BARRIER)
            return
        reading.now = self._sides.mirror.rows(case.table.name, case.columns, keys)
        self._judge(reading, keys, is_applied=True)

    def _judge(self, reading: _Reading, keys: Collection[str], *, is_applied: bool) -> None:
        case = reading.case
        for key in keys:
            row = reading.now.rows.get(key)
            decision = decide(_facts(reading, key, is_applied=is_applied))
            if decision is Decision.SAME:
                case.same.add(key)
                case.left.discard(key)
            elif reading.now.is_unknown:
                self._unknown(case, [key], Reason.UNDECODABLE)
            elif case.held.is_countless:
                self._unknown(case, [key], Reason.PAUSED)
            elif decision is Decision.WAIT:
                reading.waiting.add(key)
            elif decision is Decision.DIFFERENT:
                reading.suspects[key] = row

    def _convict(self, reading: _Reading) -> None:
        """A difference counts if the legacy row is still the one that was read: else it was on its way to change.

        So it is too where the mirror can't tell whose change it holds: a TRUNCATE and a load mark rows as deleted
        without a transaction, and what was marked long enough is taken away.
        """
        case = reading.case
        if not reading.suspects:
            return
        again = self._sides.legacy.rows(case.table.name, case.columns, sorted(reading.suspects))
        for key, mirror in reading.suspects.items():
            row = reading.legacy.rows.get(key, NOTHING)
            if again.rows.get(key, NOTHING) == row:
                case.different.append(difference(case.table, Found(key, case.columns, row, mirror), self._curtain))
                case.left.discard(key)

    @staticmethod
    def _unknown(case: Case, keys: Collection[str], reason: Reason) -> None:
        case.unknown |= dict.fromkeys(keys, reason)
        case.left.difference_update(keys)


def _facts(reading: _Reading, key: str, *, is_applied: bool) -> Facts:
    legacy, now, snapshot = reading.legacy.rows.get(key, NOTHING), reading.now, reading.legacy.snapshot
    row = now.rows.get(key)
    if row is None:
        return Facts(not legacy.contents, is_shown=True, is_applied=is_applied)
    is_shown = all(snapshot.shows(transaction) for transaction in row.transactions)
    table = reading.case.table
    if not table.key:
        # Counts tell the newest of their transactions alone: they must not have moved since before the snapshot.
        before = reading.before.rows.get(key)
        is_shown = is_shown and before is not None and before.version == row.version
        return Facts(legacy.contents == row.contents, is_shown, is_applied)
    followed = reading.case.held.followed
    return Facts(
        legacy.contents == row.contents,
        is_shown,
        is_applied,
        # The row knows its writer by the last 32 bits, the event by whatever the connector gave.
        is_written=row.position.record != 0 and {t & 0xFFFFFFFF for t in row.transactions} == {legacy.writer},
        is_complete=now.seen > row.position.commit and now.generation in (None, row.position.generation),
        is_as_known={name: kind for name, kind in reading.legacy.columns.items() if name in followed} == followed,
    )


def _is_equal(legacy: LegacyRow | None, mirror: MirrorRow | None) -> bool:
    return (legacy.contents if legacy else {}) == (mirror.contents if mirror else {})
