"""The twin of the mirror: registers, counts, what a load leaves to do, and the reads of the projections."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import msgspec

from streams.adapters.memory.state import MirrorRow, Order, State
from streams.changes.change import Change, Operation, Truncated
from streams.changes.snapshot import Snapshot
from streams.errors import ErrorKind, SelarasError
from streams.ports.replication import Floor
from streams.projection.catalog import Catalog, ColumnType
from streams.projection.choose import SourceRow
from streams.projection.declaration import DELETED_AT, Projection
from streams.projection.order import Dependent

TEMPORAL = ("date", "timestamp without time zone", "time without time zone")
Touched = dict[str, set[str]]
Rows = dict[tuple[object, ...], MirrorRow]


class MemoryMirror:
    """Implements the port ``Mirror``."""

    def __init__(self, state: State, legacy: Catalog, returning: Mapping[str, Sequence[str]]) -> None:
        self._state = state
        self._legacy = legacy
        self._returning = returning

    def write(self, table: str, changes: Sequence[Change]) -> Touched:
        """See the port."""
        rows = self.rows(table)
        touched: Touched = {}
        for change in changes:
            deleted = change.operation is Operation.DELETE
            values = self.values(table, (change.before if deleted else change.after) or b"{}")
            row = MirrorRow(values, deleted, _order(change), change.committed_ms)
            known = rows.get(change.identity)
            if known is None or known.order < row.order:
                rows[change.identity] = row
                self.note(table, touched, known, row)
        return touched

    def count(self, table: str, partition: int, changes: Sequence[Change]) -> Touched:
        """See the port."""
        touched: Touched = {}
        for change in changes:
            like = MirrorRow({}, False, _order(change), change.committed_ms, 0, partition)
            if change.operation in (Operation.DELETE, Operation.UPDATE) and change.before is not None:
                self.move(table, change.before, replace(like, count=-1), touched)
            if change.operation is not Operation.DELETE and change.after is not None:
                self.move(table, change.after, replace(like, count=1), touched)
        return touched

    def forget_snapshot(self, table: str, partition: int) -> Touched:
        """See the port."""
        return self.change(table, lambda r: replace(r, count=0) if r.partition == partition and r.count else None)

    def truncate(self, event: Truncated) -> Touched:
        """See the port."""
        at, ms = event.position, event.committed_ms
        place = (at.generation, at.commit, at.record)
        known = [key for key in self._state.truncations if key[0] == event.table]
        if (event.table, *place) in known:
            return {}
        self._state.truncations[(event.table, *place)] = event
        if not self._legacy.tables[event.table].key:
            later = any(key[1:] > place for key in known)
            return {} if later else self._empty_keyless(event)

        def emptied(row: MirrorRow) -> MirrorRow | None:
            if row.order[:3] >= place or (row.is_deleted and row.committed_ms <= ms):
                return None
            return replace(row, is_deleted=True, committed_ms=min(row.committed_ms, ms) if row.is_deleted else ms)

        return self.change(event.table, emptied)

    def _empty_keyless(self, event: Truncated) -> Touched:
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

    def move(self, table: str, image: bytes, by: MirrorRow, touched: Touched) -> None:
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
        self.note(table, touched, known, row)

    def change(self, table: str, changed: Callable[[MirrorRow], MirrorRow | None]) -> Touched:
        """Replace the rows for which the function gives another."""
        touched: Touched = {}
        for key, row in list(self.rows(table).items()):
            new = changed(row)
            if new is not None:
                self.rows(table)[key] = new
                self.note(table, touched, row, new)
        return touched

    def note(self, table: str, touched: Touched, *rows: MirrorRow | None) -> None:
        """Collect what these rows hold in the columns that are reported."""
        for name in self._returning.get(table, ()):
            values = touched.setdefault(name, set())
            values.update(str(r.values[name]) for r in rows if r is not None and r.values[name] is not None)


class MemorySweep:
    """Implements the port ``Sweep``, but for conditions, which are SQL."""

    def __init__(self, state: State, mirror: MemoryMirror) -> None:
        self._state = state
        self._mirror = mirror

    def mark_left_over(self, table: str, where: str, floor: Floor) -> tuple[int, Touched]:
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

        touched = self._mirror.change(table, left)
        return count, touched

    def recount(self, table: str, rows: Iterable[bytes], generation: int, snapshot: str) -> tuple[int, Touched]:
        """See the port."""
        touched = self._mirror.change(table, lambda r: replace(r, count=0) if r.count else None)
        count = 0
        like = MirrorRow({}, False, (generation, 0, 0, 1, 0), 0, 1, -1)
        for image in rows:
            self._mirror.move(table, image, like, touched)
            count += 1
        self._state.counted_in[table] = Snapshot.from_text(snapshot)
        return count, touched


class MemoryTidying:
    """Implements the port ``Tidying``."""

    def __init__(self, state: State) -> None:
        self._state = state

    def drop_outranked(self, table: str, key: str, floor: int) -> int:
        """See the port."""
        rows = self._state.mirror.get(table, {})
        live = {row.values[key] for row in rows.values() if not row.is_deleted and row.values[key] is not None}
        gone = [i for i, r in rows.items() if r.is_deleted and r.order[1] < floor and r.values[key] in live]
        for identity in gone:
            del rows[identity]
        return len(gone)

    def drop_truncations(self, floor: int) -> int:
        """See the port."""
        below = [key for key in self._state.truncations if key[2] < floor]
        for key in below:
            del self._state.truncations[key]
        return len(below)

    def drop_touched(self, hours: int) -> int:
        """See the port. Lists have no age here: they are kept unless none is wanted."""
        count = len(self._state.touched) if hours <= 0 else 0
        del self._state.touched[:count]
        return count


class MemorySources:
    """Implements the port ``Sources``."""

    def __init__(self, state: State, projections: Sequence[Projection]) -> None:
        self._state = state
        self._projections = {p.target: p for p in projections}

    def read(self, projection: str, keys: Collection[str]) -> Mapping[str, Mapping[str, Sequence[SourceRow]]]:
        """See the port."""
        declared = self._projections[projection]
        found: dict[str, dict[str, list[SourceRow]]] = {}
        for source in declared.sources:
            for row in self._state.mirror.get(source.table, {}).values():
                key = row.values[source.key]
                if key is None or str(key) not in keys:
                    continue
                values = {name: row.values[name] for name in declared.columns_read(source.name)}
                shown = {DELETED_AT: _deleted_at(row), **values}
                found.setdefault(str(key), {}).setdefault(source.name, []).append(shown)
        return found

    def dependents(self, dependent: Dependent, keys: Collection[str]) -> set[str]:
        """See the port."""
        if dependent.table is None or dependent.column is None or dependent.own_key is None:
            return set(keys)
        rows = self._state.mirror.get(dependent.table, {}).values()
        return {
            str(row.values[dependent.own_key])
            for row in rows
            if row.values[dependent.column] in keys and row.values[dependent.own_key] is not None
        }

    def keys_after(self, projection: str, after: str | None, limit: int) -> Sequence[str]:
        """See the port."""
        keys = {
            str(row.values[source.key])
            for source in self._projections[projection].sources
            for row in self._state.mirror.get(source.table, {}).values()
            if row.values[source.key] is not None
        }
        return sorted(key for key in keys if after is None or key > after)[:limit]


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


def _deleted_at(row: MirrorRow) -> str | None:
    if not row.is_gone:
        return None
    at = datetime.fromtimestamp(row.committed_ms / 1000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
