"""The twin of what reads and tidies the mirror: source rows by key, keys beside rows, rows that are outranked."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from streams.adapters.memory.mirror import Identity, row_text
from streams.adapters.memory.state import MirrorRow, State
from streams.ports.key_states import HistoryBounds
from streams.ports.replication import OutrankedBy
from streams.ports.row_keys import KeyedRow
from streams.projection.choose import SourceRow
from streams.projection.declaration import DELETED_AT, Projection, Source
from streams.projection.key_text import is_key_text
from streams.projection.keys import unkeyed
from streams.projection.order import Dependent


class MemoryTidying:
    """Implements the port ``Tidying``."""

    def __init__(self, state: State) -> None:
        self._state = state

    def drop_outranked(self, table: str, keys: OutrankedBy, floor: int) -> int:
        """See the port."""
        rows = self._state.mirror.get(table, {})
        below = {i: row for i, row in rows.items() if row.is_deleted and row.order[1] < floor}
        last: dict[tuple[str, object], int] = {}
        for identity, row in below.items():
            for key in self._held(identity, row, keys):
                last[key] = max(last.get(key, row.committed_ms), row.committed_ms)
        gone = [
            identity
            for identity, row in below.items()
            if (held := self._held(identity, row, keys)) and all(last[key] > row.committed_ms for key in held)
        ]
        for identity in gone:
            del rows[identity]
            for source in keys.derived:
                self._state.row_keys.pop((source, row_text(identity)), None)
        return len(gone)

    def _held(self, identity: Identity, row: MirrorRow, keys: OutrankedBy) -> set[tuple[str, object]]:
        # A column without value is nobody's key: such a row is outranked by none, as in SQL.
        plain = {
            (column, row.values[column] if row.values[column] is not None else identity) for column in keys.columns
        }
        stored = {
            (source, key)
            for source in keys.derived
            for key in self._state.row_keys.get((source, row_text(identity)), ())
        }
        return plain | stored

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

    def drop_history(self, bounds: HistoryBounds) -> int:
        """See the port. Entries have no age here: they are kept unless none is wanted."""
        most = bounds.entries if bounds.days > 0 else 0
        count = 0
        for place, entries in list(self._state.history.items()):
            beyond = max(0, len(entries) - most)
            count += beyond
            self._state.history[place] = entries[beyond:]
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
            for key, row in self._keyed(projection, source):
                if key not in keys:
                    continue
                values = {name: row.values[name] for name in declared.columns_read(source.name)}
                shown = {DELETED_AT: _deleted_at(row), **values}
                found.setdefault(key, {}).setdefault(source.name, []).append(shown)
        return found

    def dependents(self, dependent: Dependent, keys: Collection[str]) -> set[str]:
        """See the port."""
        if dependent.recorded:
            stored = self._state.references.get((dependent.projection, dependent.lookup), {})
            return {key for key, wanted in stored.items() if wanted in keys}
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
        declared, state = self._projections[projection], self._state
        keys = {key for source in declared.sources for key, _ in self._keyed(projection, source)}
        keys |= {key for name, key in state.states if name == projection}
        for remembered in (state.wishes, state.references):
            keys |= {key for (name, _), held in remembered.items() if name == projection for key in held}
        if declared.virtual or is_key_text(declared):
            keys |= state.rows.get(projection, {}).keys()
        return sorted(key for key in keys if after is None or key > after)[:limit]

    def keys_where(self, projection: str, where: str, after: str | None, limit: int) -> Sequence[str]:
        """See the port. Conditions are of the form ``column = 'text'``."""
        source = self._projections[projection].sources[0]
        column, _, text = where.partition(" = ")
        keys = {key for key, row in self._keyed(projection, source) if f"'{row.values.get(column)}'" == text}
        return sorted(key for key in keys if after is None or key > after)[:limit]

    def keys_of(self, projection: str, source: Source, identity: Identity, row: MirrorRow) -> Sequence[str]:
        """The keys that a row of the source's table has."""
        if source.is_derived:
            return self._state.row_keys.get((f"{projection}.{source.name}", row_text(identity)), ())
        value = row.values[source.key]
        return (unkeyed(source.name, row_text(identity)) if value is None else str(value),)

    def _keyed(self, projection: str, source: Source) -> Iterator[tuple[str, MirrorRow]]:
        for identity, row in self._state.mirror.get(source.table, {}).items():
            yield from ((key, row) for key in self.keys_of(projection, source, identity, row))


class MemoryRowKeys:
    """Implements the port ``RowKeys``."""

    def __init__(self, state: State, projections: Sequence[Projection]) -> None:
        self._state = state
        self._sources = {f"{p.target}.{s.name}": s for p in projections for s in p.sources if s.is_derived}

    def put(self, source: str, keys: Mapping[str, Sequence[str]]) -> set[str]:
        """See the port."""
        gone: set[str] = set()
        for row, held in keys.items():
            gone |= {*self._state.row_keys.get((source, row), ())} - {*held}
            self._state.row_keys[(source, row)] = tuple(held)
        return gone

    def rows_after(self, source: str, after: str | None, limit: int) -> Sequence[KeyedRow]:
        """See the port."""
        declared = self._sources[source]
        rows = self._state.mirror.get(declared.table, {})
        past = [i for i in sorted(rows, key=_in_order) if after is None or _in_order(i) > _in_order((after,))]
        return [self._keyed_row(source, declared, identity, rows[identity]) for identity in past[:limit]]

    def _keyed_row(self, source: str, declared: Source, identity: Identity, row: MirrorRow) -> KeyedRow:
        held = {name: None if (v := row.values[name]) is None else str(v) for name in declared.key_columns}
        return KeyedRow(row_text(identity), held, frozenset(self._state.row_keys.get((source, row_text(identity)), ())))


def _in_order(identity: Identity) -> tuple[int, str]:
    """Numbers in the order of numbers, as the database pages them."""
    text = row_text(identity)
    return (len(text) if text.isdecimal() else 0, text)


def _deleted_at(row: MirrorRow) -> str | None:
    if not row.is_gone:
        return None
    at = datetime.fromtimestamp(row.committed_ms / 1000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
