"""Both sides of the capture check in memory: a legacy database that numbers its transactions, and the twin's mirror."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from streams.adapters.memory.replication import MemoryTarget
from streams.changes.position import Position
from streams.changes.snapshot import Snapshot
from streams.drift.canonical import canonical, place
from streams.errors import ErrorKind, SelarasError
from streams.ports.capture_check import (
    Compared,
    Contents,
    Keys,
    LegacyRow,
    LegacyRows,
    MirrorColumns,
    MirrorRow,
    MirrorRows,
    Run,
    Sum,
    Values,
)
from streams.projection.catalog import Catalog, Table

NUMBERS = ("smallint", "integer", "bigint")
Row = Mapping[str, object]
Counted = Iterable[tuple[str, Row, int]]  # key, row, how often


class _Reads:
    """What both sides do alike, over the rows that count as there."""

    def __init__(self, catalog: Catalog, there: Callable[[str], Counted], behind: Callable[[str], Iterable[str]]):
        self._catalog = catalog
        self._there = there
        self._behind = behind

    def bound(self, table: str, after: str | None, count: int) -> str | None:
        """See the port."""
        described = self._catalog.tables[table]
        keys = sorted((k for k in self._behind(table) if k or described.key), key=lambda k: _place(described, k))
        later = [k for k in keys if after is None or _place(described, k) > _place(described, after)]
        return later[count] if count < len(later) else None

    def total(self, table: str, columns: Sequence[Compared], run: Run) -> Sum:
        """See the port; with the keys."""
        found = self.digests(table, columns, run)
        keys = sorted(found, key=lambda key: _place(self._catalog.tables[table], key))
        parts = [f"{key}={found[key]}" for key in keys]
        return Sum(len(keys), None if None in found.values() else _digest(",".join(parts)), keys)

    def digests(self, table: str, columns: Sequence[Compared], of: Keys | Run) -> dict[str, str | None]:
        """See the port."""
        contents = self.contents(table, columns, of)
        return {
            key: _of_contents(found, is_one=bool(self._catalog.tables[table].key)) for key, found in contents.items()
        }

    def contents(self, table: str, columns: Sequence[Compared], of: Keys | Run) -> dict[str, dict[Values, int]]:
        """By key, what is there and how often."""
        described, found = self._catalog.tables[table], dict[str, dict[Values, int]]()
        for key, row, count in self._there(table):
            if _is_in(described, key, of):
                values = tuple(None if row[c.name] is None else str(row[c.name]) for c in columns)
                counts = found.setdefault(key, {})
                counts[values] = counts.get(values, 0) + count
        counted = {key: {v: n for v, n in counts.items() if n} for key, counts in found.items()}
        return {key: counts for key, counts in counted.items() if counts}


@dataclass(slots=True)
class MemoryLegacySide:
    """Implements the port ``LegacySide``. ``is_away``: it does not answer."""

    catalog: Catalog
    is_away: bool = False
    transaction: int = 1000  # the next one's number
    running: frozenset[int] = frozenset()  # transactions that have begun, and are not shown yet
    _rows: dict[str, list[tuple[Row, int]]] = field(default_factory=dict)

    def insert(self, table: str, row: Row) -> int:
        """In a transaction of its own; its number."""
        self._rows.setdefault(table, []).append((row, self.transaction))
        self.transaction += 1
        return self.transaction - 1

    def delete(self, table: str, key: str) -> int:
        """Every row of the key, in a transaction of its own; its number."""
        described = self.catalog.tables[table]
        self._rows[table] = [one for one in self._rows.get(table, []) if _key(described, one[0]) != key]
        self.transaction += 1
        return self.transaction - 1

    def columns(self, table: str) -> Mapping[str, str]:
        """See the port."""
        self._answer()
        return {name: kind.sql for name, kind in self.catalog.tables[table].columns.items()}

    def bound(self, table: str, after: str | None, count: int) -> str | None:
        """See the port."""
        return self._reads().bound(table, after, count)

    def total(self, table: str, columns: Sequence[Compared], run: Run) -> Sum:
        """See the port."""
        found = self._reads().total(table, columns, run)
        return Sum(found.count, found.digest)

    def digests(self, table: str, columns: Sequence[Compared], of: Keys | Run) -> Mapping[str, str | None]:
        """See the port."""
        return self._reads().digests(table, columns, of)

    def rows(self, table: str, columns: Sequence[Compared], keys: Collection[str]) -> LegacyRows:
        """See the port."""
        described = self.catalog.tables[table]
        writers: dict[str, list[int]] = {}
        for row, writer in self._rows.get(table, []):
            writers.setdefault(_key(described, row), []).append(writer)
        rows = {
            key: LegacyRow(
                contents, tuple(str(w) for w in sorted(writers[key])), writers[key][0] if described.key else 0
            )
            for key, contents in self._reads().contents(table, columns, Keys(keys)).items()
        }
        lowest = min(self.running, default=self.transaction)
        snapshot = Snapshot(lowest, self.transaction, self.running)
        return LegacyRows(snapshot, 10 * self.transaction, rows, self.columns(table))

    def _reads(self) -> _Reads:
        self._answer()

        def there(table: str) -> Counted:
            return [(_key(self.catalog.tables[table], row), row, 1) for row, _ in self._rows.get(table, [])]

        return _Reads(self.catalog, there, lambda table: [key for key, _, _ in there(table)])

    def _answer(self) -> None:
        if self.is_away:
            raise SelarasError(ErrorKind.UNAVAILABLE, "The legacy database does not answer.")


class MemoryMirrorSide:
    """Implements the port ``MirrorSide`` on the twin of the target."""

    def __init__(self, target: MemoryTarget, catalog: Catalog) -> None:
        self._target = target
        self._catalog = catalog
        self._reads = _Reads(catalog, self._live, lambda table: [key for key, _, _ in self._all(table)])

    def columns(self, table: str) -> MirrorColumns:
        """See the port."""
        kinds = {name: kind.sql for name, kind in self._catalog.tables[table].columns.items()}
        lacking = {column for name, column in self._target.state.lacking if name == table}
        is_countless = bool(lacking) and not self._catalog.tables[table].key
        return MirrorColumns(kinds, kinds, frozenset(lacking), is_countless)

    def bound(self, table: str, after: str | None, count: int) -> str | None:
        """See the port."""
        return self._reads.bound(table, after, count)

    def total(self, table: str, columns: Sequence[Compared], run: Run) -> Sum:
        """See the port."""
        return self._reads.total(table, columns, run)

    def digests(self, table: str, columns: Sequence[Compared], of: Keys | Run) -> Mapping[str, str | None]:
        """See the port."""
        return self._reads.digests(table, columns, of)

    def rows(self, table: str, columns: Sequence[Compared], keys: Collection[str]) -> MirrorRows:
        """See the port."""
        state, described = self._target.state, self._catalog.tables[table]
        contents = self._reads.contents(table, columns, Keys(keys))
        found: dict[str, MirrorRow] = {}
        for row in state.mirror.get(table, {}).values():
            key = _key(described, row.values)
            if key in keys:
                position, known = Position(*row.order[:4]), found.get(key)
                version = (f"{row.order} {row.is_deleted} {row.count} {row.values}",)
                found[key] = MirrorRow(
                    contents.get(key, {}),
                    max(position, known.position) if known else position,
                    frozenset({row.order[4]}) | (known.transactions if known else frozenset()),
                    tuple(sorted(version + (known.version if known else ()))),
                )
        marks = [mark.commit for (topic, _), (_, mark) in state.positions.items() if topic.endswith(f".{table}")]
        return MirrorRows(min(marks, default=0), None, table in state.unknown, found)

    def _live(self, table: str) -> Counted:
        return [(key, row, count) for key, row, count in self._all(table) if count]

    def _all(self, table: str) -> Counted:
        described = self._catalog.tables[table]
        for row in self._target.state.mirror.get(table, {}).values():
            count = int(not row.is_deleted) if row.count is None else row.count
            yield _key(described, row.values), row.values, count


def _key(table: Table, row: Row) -> str:
    value = row[table.named_by]
    return "" if value is None else str(value)


def _place(table: Table, key: str) -> str:
    return place(key, is_number=table.columns[table.named_by].sql in NUMBERS)


def _is_in(table: Table, key: str, of: Keys | Run) -> bool:
    if isinstance(of, Keys):
        return key in of.keys
    at = _place(table, key)
    return (of.after is None or at > _place(table, of.after)) and (of.last is None or at <= _place(table, of.last))


def _of_contents(contents: Contents, *, is_one: bool) -> str | None:
    texts = [canonical(values) for values in contents]
    digests = [_digest(text) for text in texts if text is not None]
    if len(digests) < len(texts):
        return None
    counts = list(contents.values())
    if is_one:
        return digests[0]
    return _digest(",".join(sorted(f"{digest}*{count}" for digest, count in zip(digests, counts, strict=True))))


def _digest(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
