"""The twin of what the projection check reads: one copy of the state, which nothing changes any more."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from streams.adapters.memory.lacking import MemoryLacking
from streams.adapters.memory.mirror import row_text
from streams.adapters.memory.recomputing import MemoryRecomputing
from streams.adapters.memory.replication import MemoryTarget
from streams.adapters.memory.sources import MemorySources
from streams.adapters.memory.state import Entry, State
from streams.adapters.memory.target_rows import MemoryTargetRows
from streams.changes.position import Position
from streams.ports.explain import KeptClaim, KeptEntry, KeptState, KeptStates, MirrorRow, MirrorRows
from streams.ports.projection_check import CheckMoment, Claims, Compared, Comparison, Row, Standing, Wish
from streams.ports.replication import Sources, TargetRows
from streams.projection.catalog import Catalog
from streams.projection.compute import CompiledProjection
from streams.projection.declaration import DELETED_AT, Projection
from streams.projection.order import columns_looked_up, dependents

NO_TIME = "1970-01-01T00:00:00.000Z"
Compiled = Mapping[str, CompiledProjection]


class MemoryMirrorRows:
    """Implements the port ``MirrorRows``."""

    def __init__(self, state: State, projections: Sequence[Projection]) -> None:
        self._state = state
        self._declared = {one.target: one for one in projections}
        self._sources = MemorySources(state, projections)

    def of_keys(self, projection: str, keys: Collection[str]) -> Mapping[str, Mapping[str, Sequence[MirrorRow]]]:
        """See the port."""
        declared = self._declared[projection]
        found: dict[str, dict[str, list[MirrorRow]]] = {}
        for source in declared.sources:
            read = declared.columns_read(source.name)
            for identity, row in self._state.mirror.get(source.table, {}).items():
                for key in self._sources.keys_of(projection, source, identity, row):
                    if key in keys:
                        at = datetime.fromtimestamp(row.committed_ms / 1000, UTC).isoformat(timespec="milliseconds")
                        values = {DELETED_AT: at if row.is_gone else None, **{name: row.values[name] for name in read}}
                        count = int(not row.is_deleted) if row.count is None else row.count
                        told = MirrorRow(row_text(identity), values, Position(*row.order[:4]), at, count)
                        found.setdefault(key, {}).setdefault(source.name, []).append(told)
        return found

    def belonging(self, text: str) -> Mapping[str, Sequence[str]]:
        """See the port; keys of rows that hold the text in a column of that name."""
        found: dict[str, set[str]] = {}
        for name, declared in self._declared.items():
            for source in declared.sources:
                for identity, row in self._state.mirror.get(source.table, {}).items():
                    if any(row.values.get(column) == text for column in ("nib", "id_proyek", "id_izin")):
                        found.setdefault(name, set()).update(self._sources.keys_of(name, source, identity, row))
        return {name: sorted(keys) for name, keys in found.items()}


def _kept(entry: Entry) -> KeptEntry:
    faults, findings = msgspec.to_builtins((entry.outcome.faults, entry.outcome.findings))
    waits = entry.outcome.waits
    table, key = (waits.projection, waits.key) if waits else (None, None)
    position = committed_at = None
    if (as_of := entry.as_of) is not None:
        # A rank tells rows of one log record apart: an entry is about a batch, and keeps none.
        position = msgspec.structs.replace(as_of.position, rank=0)
        committed_at = datetime.fromtimestamp(as_of.committed_ms / 1000, UTC).isoformat(timespec="milliseconds")
    kind = entry.outcome.kind.value
    return KeptEntry(NO_TIME, entry.was, kind, faults, findings, table, key, entry.columns, position, committed_at)


class MemoryKeptStates:
    """Implements the port ``KeptStates``."""

    def __init__(self, state: State, keyless: Collection[str]) -> None:
        self._state = state
        self._keyless = keyless

    def states(self, projection: str, keys: Collection[str]) -> Mapping[str, KeptState]:
        """See the port. The twin has no clock: every state is as old as the others."""
        found = {}
        for (name, key), outcome in self._state.states.items():
            if name == projection and key in keys:
                faults, findings = msgspec.to_builtins((outcome.faults, outcome.findings))
                waits = (outcome.waits.projection, outcome.waits.key) if outcome.waits else (None, None)
                found[key] = KeptState(outcome.kind.value, NO_TIME, faults, findings, *waits)
        return found

    def history(self, projection: str, keys: Collection[str]) -> Mapping[str, Sequence[KeptEntry]]:
        """See the port. The twin has no clock: an entry knows only when its change was committed."""
        places = [(projection, key) for key in keys]
        return {place[1]: [_kept(one) for one in held] for place in places if (held := self._state.history.get(place))}

    def claims(self, projection: str, keys: Collection[str]) -> Mapping[str, Sequence[KeptClaim]]:
        """See the port."""
        found: dict[str, list[KeptClaim]] = {}
        for (name, column), wishes in sorted(self._state.wishes.items()):
            for key in sorted(wishes.keys() & set(keys)) if name == projection else ():
                value = wishes[key][0]
                holder = min((rank, other) for other, (wanted, rank) in wishes.items() if wanted == value)[1]
                found.setdefault(key, []).append(KeptClaim(column, value, holder))
        return found

    def in_force(self) -> tuple[str, str]:
        """See the port."""
        return self._state.versions

    def lacking(self) -> Collection[tuple[str, str]]:
        """See the port."""
        return MemoryLacking(self._state, self._keyless).columns()


class MemoryComparison:
    """Implements the port ``Comparison``; values have no types here, and are the same when they are equal."""

    def __init__(self, state: State, projections: Compiled, catalog: Catalog) -> None:
        self._state = state
        self._projections = projections
        self._catalog = catalog

    def compare(self, projection: str, rows: Mapping[str, Row]) -> Compared:
        """See the port."""
        held = self._state.rows.get(projection, {})
        column = self._projections[projection].declaration.key_column
        too_long = frozenset(key for key, row in rows.items() if self._is_too_long(projection, row))
        found = {key: held.get(str(row[column])) for key, row in rows.items() if key not in too_long}
        missing = {key: rows[key] for key, row in found.items() if row is None}
        different = {
            key: (rows[key], row)
            for key, row in found.items()
            if row is not None and any(row.get(name) != value for name, value in rows[key].items())
        }
        return Compared(missing, different, too_long)

    def _is_too_long(self, projection: str, row: Row) -> bool:
        if self._projections[projection].declaration.virtual:
            return False
        lengths = {name: kind.length for name, kind in self._catalog.tables[projection].columns.items()}
        return any(
            isinstance(v, str) and (most := lengths[name]) is not None and len(v) > most for name, v in row.items()
        )

    def orphans(self, projection: str, keys: Collection[str]) -> Mapping[str, Row]:
        """See the port; the twin has no foreign keys beside what is looked up."""
        compiled = self._projections[projection]
        held = self._state.rows.get(projection, {})
        found: dict[str, Row] = {}
        for key in keys:
            row = held.get(str(compiled.key_value(key)), {})
            gone = {
                c: row[c] for c, parent in self._parents(compiled.declaration) if self._leads_nowhere(row, c, parent)
            }
            if gone:
                found[key] = gone
        return found

    def _parents(self, declared: Projection) -> Iterator[tuple[str, str]]:
        for column in declared.columns:
            for term in column.terms:
                if term.lookup is not None:
                    parent = self._projections[declared.lookup(term.lookup[0]).projection].declaration
                    if not parent.virtual and term.lookup[1] == parent.key_column:
                        yield column.name, parent.target

    def _leads_nowhere(self, row: Row, column: str, parent: str) -> bool:
        return row.get(column) is not None and str(row[column]) not in self._state.rows.get(parent, {})

    def looked_up(self, projection: str, keys: Collection[str]) -> Mapping[str, Row]:
        """See the port."""
        compiled, held = self._projections[projection], self._state.rows.get(projection, {})
        declared = [one.declaration for one in self._projections.values()]
        columns = columns_looked_up(compiled.declaration, dependents(declared)[projection])
        ids = {key: str(compiled.key_value(key)) for key in keys}
        kept = {
            key for key in keys if (o := self._state.states.get((projection, key))) and o.kind.value == "quarantined"
        }
        found = {key: place for key, place in ids.items() if place in held and key not in kept}
        return {key: {c: held[place].get(c) for c in columns} for key, place in found.items()}

    def ids_after(self, projection: str, after: str | None, limit: int) -> Sequence[str]:
        """See the port."""
        return sorted(r for r in self._state.rows.get(projection, {}) if after is None or r > after)[:limit]

    def rows(self, projection: str, ids: Collection[str]) -> Mapping[str, Row]:
        """See the port."""
        held = self._state.rows.get(projection, {})
        return {identity: held[identity] for identity in ids if identity in held}


class MemoryClaims:
    """Implements the port ``Claims``."""

    def __init__(self, state: State) -> None:
        self._state = state

    def wishes(self, projection: str, column: str, keys: Collection[str]) -> Mapping[str, Wish]:
        """See the port."""
        wishes = self._state.wishes.get((projection, column), {})
        return {key: wishes[key] for key in keys if key in wishes}

    def others(
        self, projection: str, column: str, values: Collection[str], keys: Collection[str]
    ) -> Mapping[str, tuple[str, str]]:
        """See the port."""
        found: dict[str, tuple[str, str]] = {}
        for key, (value, rank) in self._state.wishes.get((projection, column), {}).items():
            if value in values and key not in keys:
                found[value] = min(found.get(value, (rank, key)), (rank, key))
        return found


@dataclass(slots=True)
class MemoryCheckMoment:
    """Implements ``CheckMoment`` on one copy of the state."""

    mirror: MirrorRows
    kept: KeptStates
    target: TargetRows
    sources: Sources
    comparison: Comparison
    claims: Claims
    state: State

    def standing(self) -> Standing:
        """See the port."""
        state, versions = self.state, self.state.versions
        steps = MemoryRecomputing(state).steps(versions)
        lacking = frozenset(self.kept.lacking())
        return Standing(
            versions, state.is_recomputed, steps, frozenset(state.writable), lacking, frozenset(state.unknown)
        )


class MemoryCheckMoments:
    """Implements the port ``CheckMoments`` on the twin of the target."""

    def __init__(self, target: MemoryTarget) -> None:
        self._target = target

    @contextmanager
    def now(self) -> Iterator[CheckMoment]:
        """See the port."""
        state, projections = self._target.state.fork(), self._target.projections
        declared = [one.declaration for one in projections.values()]
        keyless = {table.name for table in self._target.legacy.tables.values() if not table.key}
        yield MemoryCheckMoment(
            MemoryMirrorRows(state, declared),
            MemoryKeptStates(state, keyless),
            MemoryTargetRows(state, projections, self._target.catalog),
            MemorySources(state, declared),
            MemoryComparison(state, projections, self._target.catalog),
            MemoryClaims(state),
            state,
        )
