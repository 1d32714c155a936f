"""A target database in memory: the twin that the laws of the ports are tested on beside PostgreSQL.

A transaction works on a copy, which replaces the state when it commits; of two that overlap and write, the first to
commit wins and the other is a conflict. Advisory locks are real: they make threads wait.
"""

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from streams.adapters.memory.key_states import MemoryKeyStates
from streams.adapters.memory.lacking import MemoryLacking
from streams.adapters.memory.mirror import MemoryMirror, MemorySweep
from streams.adapters.memory.recomputing import MemoryLeftOver, MemoryRecomputing
from streams.adapters.memory.sources import MemoryRowKeys, MemorySources, MemoryTidying
from streams.adapters.memory.state import Place, State
from streams.adapters.memory.target_rows import MemoryTargetRows
from streams.changes.change import Beat, Malformed, Truncated
from streams.changes.chunk import Chunk
from streams.errors import ErrorKind, SelarasError
from streams.ports.key_states import KeyStates
from streams.ports.lacking import Lacking
from streams.ports.recomputing import LeftOver, Recomputing
from streams.ports.replication import (
    Advance,
    Bucket,
    Evidence,
    Guard,
    InForce,
    Locks,
    Mirror,
    Positions,
    Sources,
    Sweep,
    TargetRows,
    Tidying,
    UnitOfWork,
    Watermark,
)
from streams.ports.row_keys import RowKeys
from streams.projection.catalog import Catalog
from streams.projection.compute import CompiledProjection

SLICE: Bucket = (-1, 0)


class LockTable:
    """Who holds which lock, shared or alone; transactions are told apart by a number."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._held: dict[Bucket, dict[int, bool]] = {}

    def acquire(self, owner: int, bucket: Bucket, *, alone: bool = True) -> None:
        """Wait for it."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_free(owner, bucket, alone=alone))
            self._held.setdefault(bucket, {})[owner] = alone

    def try_acquire(self, owner: int, buckets: Sequence[Bucket]) -> bool:
        """All of them now, or none."""
        with self._changed:
            if not all(self._is_free(owner, bucket, alone=True) for bucket in buckets):
                return False
            for bucket in buckets:
                self._held.setdefault(bucket, {})[owner] = True
            return True

    def release(self, owner: int) -> None:
        """Everything of one transaction."""
        with self._changed:
            for holders in self._held.values():
                holders.pop(owner, None)
            self._changed.notify_all()

    def _is_free(self, owner: int, bucket: Bucket, *, alone: bool) -> bool:
        others = {o: their for o, their in self._held.get(bucket, {}).items() if o != owner}
        return not others or not (alone or any(others.values()))


class MemoryGuard:
    """Implements the port ``Guard``."""

    def __init__(self, state: State, locks: LockTable, owner: int) -> None:
        self._state = state
        self._locks = locks
        self._owner = owner

    def enter(self, *, exclusive: bool = False) -> InForce:
        """See the port."""
        self._locks.acquire(self._owner, SLICE, alone=exclusive)
        truncations: dict[str, list[Truncated]] = {}
        for event in self._state.truncations.values():
            truncations.setdefault(event.table, []).append(event)
        mapping, reference = self._state.versions
        writable = frozenset(self._state.writable)
        counted, recomputed = dict(self._state.counted_in), self._state.is_recomputed
        return InForce(mapping, reference, writable, truncations, counted, recomputed)

    def put_in_force(self, mapping: str, reference: str, projections: Iterable[str]) -> None:
        """See the port."""
        self._state.versions = (mapping, reference)
        self._state.writable |= set(projections)
        self._state.is_recomputed = False

    def recomputed(self) -> None:
        """See the port."""
        self._state.is_recomputed = True


class MemoryPositions:
    """Implements the port ``Positions``."""

    def __init__(self, state: State) -> None:
        self._state = state

    def take(self, advances: Sequence[Advance]) -> Mapping[Place, Watermark] | None:
        """See the port."""
        before = {}
        for advance in advances:
            place = (advance.chunk.topic, advance.chunk.partition)
            offset, mark = self._state.positions.get(place, (None, None))
            if mark is None or offset != advance.chunk.start:
                return None
            before[place] = mark
            newest = max((mark.commit, mark.record, mark.order), (advance.commit, advance.record, advance.order))
            watermark = Watermark(*newest, advance.snapshot_tx or mark.snapshot_tx)
            self._state.positions[place] = (advance.chunk.end, watermark)
        return before

    def load(self, earliest: Mapping[Place, int]) -> Mapping[Place, int]:
        """See the port."""
        found = {}
        for place, first in earliest.items():
            offset, _ = self._state.positions.setdefault(place, (0, Watermark(0, 0, 0, 0)))
            if first > offset:
                raise SelarasError(ErrorKind.GAP, f"Topic {place[0]}, partition {place[1]} starts at {first}.")
            found[place] = offset
        return found


class MemoryLocks:
    """Implements the port ``Locks``."""

    def __init__(self, locks: LockTable, owner: int) -> None:
        self._locks = locks
        self._owner = owner

    def acquire(self, buckets: Sequence[Bucket]) -> None:
        """See the port."""
        for bucket in buckets:
            self._locks.acquire(self._owner, bucket)

    def try_acquire(self, buckets: Sequence[Bucket]) -> bool:
        """See the port."""
        return self._locks.try_acquire(self._owner, buckets)


class MemoryEvidence:
    """Implements the port ``Evidence``."""

    def __init__(self, state: State) -> None:
        self._state = state

    def touched(self, keys: Mapping[str, Collection[str]]) -> None:
        """See the port."""
        self._state.touched += [(name, tuple(sorted(found))) for name, found in keys.items() if found]

    def touched_rows(self, names: Mapping[str, Collection[str]]) -> None:
        """See the port."""
        self._state.touched_rows += [(table, tuple(sorted(found))) for table, found in sorted(names.items()) if found]

    def undecodable(self, chunk: Chunk, events: Sequence[Malformed]) -> None:
        """See the port."""
        for event in events:
            self._state.undecodable.setdefault((chunk.topic, chunk.partition, event.offset), event)
            if event.table is not None:
                self._state.unknown[event.table] = "an event could not be decoded"

    def beat(self, beat: Beat) -> None:
        """See the port."""
        self._state.beat_ms = max(self._state.beat_ms or 0, beat.at_ms)


@dataclass(slots=True)
class MemoryUnitOfWork:
    """Implements ``UnitOfWork`` on one copy of the state."""

    guard: Guard
    positions: Positions
    mirror: Mirror
    sweep: Sweep
    tidying: Tidying
    sources: Sources
    row_keys: RowKeys
    target: TargetRows
    states: KeyStates
    locks: Locks
    evidence: Evidence
    lacking: Lacking
    recomputing: Recomputing
    left_over: LeftOver


class MemoryTarget:
    """Implements the port ``Target``."""

    def __init__(
        self,
        projections: Sequence[CompiledProjection],
        legacy: Catalog,
        target: Catalog,
        returning: Mapping[str, Sequence[str]],
    ) -> None:
        """``returning``: by legacy table, the columns whose values the mirror reports of every changed row."""
        self.projections = {p.declaration.target: p for p in projections}
        self.legacy = legacy
        self.catalog = target
        self._returning = returning
        self._locks = LockTable()
        self._commits = threading.Lock()
        self._begun = 0
        self.state = State()

    @contextmanager
    def transaction(self) -> Iterator[UnitOfWork]:
        """See the port."""
        with self._commits:
            self._begun += 1
            owner, base = self._begun, self.state
            state = base.fork()
        try:
            yield self._unit(state, owner)
            with self._commits:
                if state != base and self.state is not base:
                    raise SelarasError(ErrorKind.CONFLICT, "Another transaction committed first.")
                self.state = state if state != base else self.state
        finally:
            self._locks.release(owner)

    def _unit(self, state: State, owner: int) -> MemoryUnitOfWork:
        declarations = [p.declaration for p in self.projections.values()]
        rows = MemoryTargetRows(state, self.projections, self.catalog)
        mirror = MemoryMirror(state, self.legacy, self._returning)
        return MemoryUnitOfWork(
            MemoryGuard(state, self._locks, owner),
            MemoryPositions(state),
            mirror,
            MemorySweep(state, mirror),
            MemoryTidying(state),
            MemorySources(state, declarations),
            MemoryRowKeys(state, declarations),
            rows,
            MemoryKeyStates(state),
            MemoryLocks(self._locks, owner),
            MemoryEvidence(state),
            MemoryLacking(state, {t.name for t in self.legacy.tables.values() if not t.key}),
            MemoryRecomputing(state),
            MemoryLeftOver(state, rows),
        )
