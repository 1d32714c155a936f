"""The twin of the mirror: registers, counts, what a load leaves to do, and the reads of the projections."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import msgspec

from streams.adapters.memory.state import MirrorRow, Order, State
from streams.changes.change import Change, Operation, Truncated
from streams.changes.snapshot import Snapshot
from streams.errors import ErrorKind, SelarasError
from streams.ports.replication import Floor
from streams.ports.row_keys import Held, Rewritten
from streams.projection.catalog import Catalog, ColumnType

TEMPORAL = ("date", "timestamp without time zone", "time without time zone")
Identity = tuple[object, ...]
RowChange = tuple[str, Held | None, Held]
Rows = dict[tuple[object, ...], MirrorRow]


class MemoryMirror:
    """Implements the port ``Mirror``."""

    def __init__(self, state: State, legacy: Catalog, returning: Mapping[str, Sequence[str]]) -> None:
        self._state = state
        self._legacy = legacy
        self._returning = returning

    def write(self, table: str, changes: Sequence[Change]) -> Rewritten:
        """See the port."""
        rows = self.rows(table)
        changed: list[RowChange] = []
        for change in changes:
            deleted = change.operation is Operation.DELETE
            values = self.values(table, (change.before if deleted else change.after) or b"{}")
            known = rows.get(change.identity)
            if known is not None:
                values |= {name: known.values[name] for name in change.lacks}
            row = MirrorRow(values, deleted, _order(change), change.committed_ms)
            if known is None or known.order < row.order:
                rows[change.identity] = row
                changed.append(self.told(table, change.identity, known, row))
        return self._rewritten(table, changed)

    def count(self, table: str, partition: int, changes: Sequence[Change]) -> Rewritten:
        """See the port."""
        changed: list[RowChange] = []
        for change in changes:
            like = MirrorRow({}, False, _order(change), change.committed_ms, 0, partition)
            if change.operation in (Operation.DELETE, Operation.UPDATE) and change.before is not None:
                self.move(table, change.before, replace(like, count=-1), changed)
            if change.operation is not Operation.DELETE and change.after is not None:
                self.move(table, change.after, replace(like, count=1), changed)
        return self._rewritten(table, changed)

    def forget_snapshot(self, table: str, partition: int) -> Rewritten:
        """See the port."""
        return self.change(table, lambda r: replace(r, count=0) if r.partition == partition and r.count else None)

    def truncate(self, event: Truncated) -> Rewritten:
        """See the port."""
        at, ms = event.position, event.committed_ms
        place = (at.generation, at.commit, at.record)
        known = [key for key in self._state.truncations if key[0] == event.table]
        if (event.table, *place) in known:
            return Rewritten()
        self._state.truncations[(event.table, *place)] = event
        if not self._legacy.tables[event.table].key:
            later = any(key[1:] > place for key in known)
            return Rewritten() if later else self._empty_keyless(event)

        def emptied(row: MirrorRow) -> MirrorRow | None:
            if row.order[:3] >= place or (row.is_deleted and row.committed_ms <= ms):
                return None
            return replace(row, is_deleted=True, committed_ms=min(row.committed_ms, ms) if row.is_deleted else ms)

        return self.change(event.table, emptied)

    def _empty_keyless(self, event: Truncated) -> Rewritten:
        place = (event.position.commit, event.position.record)
        ahead = {
            partition
            for (topic, partition), (_, mark) in self._state.positions.items()
            if topic.endswith(f".{event.table}") and (mark.commit, mark.record) > place
        }
        if ahead:
            self._state.unknown[event.table] = "emptied by TRUNCATE while later rows had already arrived"
        return self.change(event.table, lambda r: replace(r, count=0) if r.partition not in ahead and r.count else None)

    def rows(self, table: str) -> Rows:
        """The table's rows by identity, or its contents by themselves."""
        return self._state.mirror.setdefault(table, {})

    def values(self, table: str, image: bytes) -> dict[str, object]:
        """A row's image as the mirror holds it."""
        found = msgspec.json.decode(image)
        return {name: _normal(kind, found.get(name)) for name, kind in self._legacy.tables[table].columns.items()}

    def move(self, table: str, image: bytes, by: MirrorRow, changed: list[RowChange]) -> None:
        """Change the count of one content by that of ``by``; counts of an older generation are not added to."""
        values = self.values(table, image)
        rows, content = self.rows(table), tuple(repr(value) for value in values.values())
        known = rows.get(content)
        row = replace(by, values=values)
        if known is not None:
            kept = (known.count or 0) if known.order[0] >= by.order[0] else 0
            row = replace(
                row,
                count=kept + (by.count or 0),
                order=_greatest(known.order, by.order),
                committed_ms=max(known.committed_ms, by.committed_ms),
                partition=known.partition,
            )
        rows[content] = row
        changed.append(self.told(table, content, known, row))

    def change(self, table: str, changed: Callable[[MirrorRow], MirrorRow | None]) -> Rewritten:
        """Replace the rows for which the function gives another."""
        told: list[RowChange] = []
        for key, row in list(self.rows(table).items()):
            new = changed(row)
            if new is not None:
                self.rows(table)[key] = new
                told.append(self.told(table, key, row, new))
        return self._rewritten(table, told)

    def told(self, table: str, identity: Identity, before: MirrorRow | None, after: MirrorRow) -> RowChange:
        """What these versions of a row hold in the columns that are reported."""
        return row_text(identity), None if before is None else self._held(table, before), self._held(table, after)

    def _rewritten(self, table: str, rows: Sequence[RowChange]) -> Rewritten:
        described = self._legacy.tables[table]
        return Rewritten(self._columns(table), rows, "" if described.key else described.named_by)

    def _columns(self, table: str) -> tuple[str, ...]:
        described, told = self._legacy.tables[table], tuple(self._returning.get(table, ()))
        return told if described.key or described.named_by in told else (*told, described.named_by)

    def _held(self, table: str, row: MirrorRow) -> Held:
        return tuple(None if (v := row.values[name]) is None else str(v) for name in self._columns(table))


def row_text(identity: Identity) -> str:
    """A row's id as text."""
    return "|".join(str(part) for part in identity)


class MemorySweep:
    """Implements the port ``Sweep``, but for conditions, which are SQL."""

    def __init__(self, state: State, mirror: MemoryMirror) -> None:
        self._state = state
        self._mirror = mirror

    def mark_left_over(self, table: str, where: str, floor: Floor) -> tuple[int, Rewritten]:
        """See the port."""
        if where:
            raise SelarasError(ErrorKind.CONFIGURATION, "A database in memory takes no SQL condition.")
        count = 0

        def left(row: MirrorRow) -> MirrorRow | None:
            nonlocal count
            generation, commit, record, _, transaction = row.order
            broken = (generation, commit, record) == (floor.generation, 0, 0) and transaction < floor.snapshot_tx
            if row.count is not None:
                if generation >= floor.generation and not (broken and row.partition >= 0 and row.count):
                    return None
                count += 1
                return replace(row, count=0, order=(floor.generation, *row.order[1:]))
            if row.is_deleted or not (broken or row.order[:2] < (floor.generation, floor.commit)):
                return None
            count += 1
            return replace(row, is_deleted=True, order=(floor.generation, floor.commit, 0, 0, transaction))

        changed = self._mirror.change(table, left)
        return count, changed

    def take_away(self, table: str, where: str, floor: Floor) -> tuple[int, Rewritten]:
        """See the port."""
        count, changed = self.mark_left_over(table, where, floor)
        gone = {row for row, _, _ in changed.rows}
        rows = self._mirror.rows(table)
        for identity in [identity for identity in rows if row_text(identity) in gone]:
            del rows[identity]
        return count, changed

    def recount(self, table: str, rows: Iterable[bytes], generation: int, snapshot: str) -> tuple[int, Rewritten]:
        """See the port."""
        emptied = self._mirror.change(table, lambda r: replace(r, count=0) if r.count else None)
        changed: list[RowChange] = []
        count = 0
        like = MirrorRow({}, False, (generation, 0, 0, 1, 0), 0, 1, -1)
        for image in rows:
            self._mirror.move(table, image, like, changed)
            count += 1
        self._state.counted_in[table] = Snapshot.from_text(snapshot)
        return count, emptied.joined(Rewritten(emptied.columns, changed, emptied.named_by))


def _order(change: Change) -> Order:
    at = change.position
    return (at.generation, at.commit, at.record, at.rank, change.transaction)


def _normal(kind: ColumnType, value: object) -> object:
    if isinstance(value, str) and kind.sql in ("real", "double precision"):
        return float(value) if value == "NaN" else math.copysign(math.inf, -1 if value[0] == "-" else 1)
    if isinstance(value, str) and kind.sql in TEMPORAL:
        return value.rstrip("Z").replace("T", " ")
    return value.rstrip(" ") if isinstance(value, str) and kind.sql == "character" else value


def _greatest(left: Order, right: Order) -> Order:
    return (
        max(left[0], right[0]),
        max(left[1], right[1]),
        max(left[2], right[2]),
        max(left[3], right[3]),
        max(left[4], right[4]),
    )
