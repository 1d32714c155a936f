"""The twin of the application's tables: it knows columns that must not be empty, lengths, and claimed values."""

from collections.abc import Collection, Mapping, Sequence

from streams.adapters.memory.state import State
from streams.ports.key_states import RowsChanged
from streams.projection.catalog import Catalog
from streams.projection.compute import CompiledProjection
from streams.projection.declaration import Claim
from streams.projection.outcome import OutcomeKind


class MemoryTargetRows:
    """Implements the port ``TargetRows``."""

    def __init__(self, state: State, projections: Mapping[str, CompiledProjection], target: Catalog) -> None:
        self._state = state
        self._projections = projections
        self._target = target
        self._updated: dict[str, dict[str, Sequence[str]]] = {}
        self._deleted: dict[str, set[str]] = {}

    def read(self, projection: str, keys: Collection[str]) -> Mapping[str, Mapping[str, object]]:
        """See the port."""
        rows = self._state.rows.get(projection, {})
        values = self._values(projection, keys)
        declared = [column.name for column in self._projections[projection].declaration.columns]
        return {
            key: {name: rows[value].get(name) for name in declared} for value, key in values.items() if value in rows
        }

    def find(self, projection: str, keys: Collection[str]) -> Mapping[str, Mapping[str, object]]:
        """See the port."""
        states = {key: self._state.states.get((projection, key)) for key in keys}
        found = self.read(projection, keys)
        return {k: r for k, r in found.items() if (o := states[k]) is None or o.kind is not OutcomeKind.QUARANTINED}

    def release(self, projection: str, claim: Claim, wanted: Mapping[str, str | None]) -> None:
        """See the port."""
        rows = self._state.rows.setdefault(projection, {})
        flag = next((flag for flag, held in claim.when if isinstance(held, bool)), None)
        for value, key in self._values(projection, wanted).items():
            if value not in rows or rows[value][claim.column] == wanted[key] or not _asks(claim, rows[value]):
                continue
            if flag is not None:
                rows[value] = {**rows[value], flag: not rows[value][flag]}
            else:
                rows[value] = {**rows[value], claim.column: "~" + value[:20]}

    def write(self, projection: str, rows: Mapping[str, Mapping[str, object]]) -> tuple[int, Mapping[str, str]]:
        """See the port."""
        stored = self._state.rows.setdefault(projection, {})
        key_column = self._projections[projection].declaration.key_column
        written, refused = 0, {}
        for key in sorted(rows):
            row = rows[key]
            place = str(row[key_column])
            if stored.get(place) == row:
                continue
            fault = self._fault(projection, place, row)
            if fault:
                refused[key] = fault
            else:
                if (known := stored.get(place)) is not None:
                    columns = [name for name in row if known.get(name) != row[name]]
                    self._updated.setdefault(projection, {})[key] = columns
                stored[place] = dict(row)
                self._state.young.add((projection, place))
                written += 1
        return written, refused

    def delete(self, projection: str, keys: Collection[str]) -> tuple[int, Mapping[str, str]]:
        """See the port. A row stays while a row of another table looks it up by the value of its key."""
        rows = self._state.rows.setdefault(projection, {})
        deleted, kept = 0, {}
        for value, key in self._values(projection, keys).items():
            if value in rows and self._is_referred_to(projection, value):
                kept[key] = "other rows of the new database refer to it"
            elif rows.pop(value, None) is not None:
                self._deleted.setdefault(projection, set()).add(key)
                deleted += 1
        return deleted, kept

    def changed(self, projection: str) -> RowsChanged:
        """See the port."""
        return RowsChanged(self._updated.get(projection, {}), self._deleted.get(projection, ()))

    def _is_referred_to(self, projection: str, value: str) -> bool:
        for name, compiled in self._projections.items():
            lookups = {lookup.name: lookup.projection for lookup in compiled.declaration.lookups}
            columns = [
                column.name
                for column in compiled.declaration.columns
                for term in column.terms
                if term.lookup is not None and lookups[term.lookup[0]] == projection
            ]
            rows = self._state.rows.get(name, {}).values()
            if any(str(row[column]) == value for row in rows for column in columns):
                return True
        return False

    def _fault(self, projection: str, place: str, row: Mapping[str, object]) -> str:
        declaration = self._projections[projection].declaration
        if declaration.virtual:
            return ""
        for name, kind in self._target.tables[projection].columns.items():
            value = row.get(name)
            if name in row and value is None and not kind.nullable:
                return f"the new database's column {name} must have a value"
            if isinstance(value, str) and kind.length is not None and len(value) > kind.length:
                return f"the new database's column {name} is shorter"
        for claim in declaration.claims:
            for other, known in self._state.rows[projection].items():
                both = _asks(claim, row) and _asks(claim, known)
                if other != place and both and known[claim.column] == row[claim.column]:
                    return f"the new database holds the value of {claim.column} already"
        return ""

    def ids(self, projection: str, keys: Collection[str]) -> set[str]:
        """What these keys give for the key column."""
        return set(self._values(projection, keys))

    def remove(self, projection: str, place: str) -> str:
        """Remove one row by its id; why it must stay, or ''."""
        if self._is_referred_to(projection, place):
            return "other rows of the new database refer to it"
        del self._state.rows[projection][place]
        return ""

    def _values(self, projection: str, keys: Collection[str]) -> dict[str, str]:
        compiled = self._projections[projection]
        pairs = ((compiled.key_value(key), key) for key in keys)
        return {str(value): key for value, key in pairs if value is not None}


def _asks(claim: Claim, row: Mapping[str, object]) -> bool:
    return row[claim.column] is not None and all(row[column] == value for column, value in claim.when)
