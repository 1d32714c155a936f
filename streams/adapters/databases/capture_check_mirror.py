"""The mirror's tables as the capture check reads them, each read one statement: one moment."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, text

from streams.adapters.databases.canonical_sql import KeySql, bound_sql, digests_sql, mirror_form, total_sql
from streams.adapters.databases.capture_check_legacy import BYTEWISE, COLUMNS
from streams.adapters.databases.lacking import lacking_columns
from streams.adapters.databases.sql_names import quoted
from streams.adapters.databases.target import translated
from streams.changes.position import Position
from streams.ports.capture_check import Compared, Keys, MirrorColumns, MirrorRow, MirrorRows, Run, Sum
from streams.projection.catalog import Catalog

FOLLOWED = text("select column_name, type from selaras.legacy_column where table_name = :table")
STREAM = """
(select coalesce(min(source_commit), 0) as seen from selaras.position where topic like '%%.' || %s) as p
cross join (select max(generation) as generation from selaras.capture where retired_at is null) as g
cross join (select count(unknown_since) > 0 as is_unknown from selaras.mirror_table where table_name = %s) as u
"""
PLACE = "m._generation, m._commit, m._record, m._rank, m._tx"


class PostgresMirrorSide:
    """Implements the port ``MirrorSide``."""

    def __init__(self, engine: Engine, catalog: Catalog) -> None:
        """``catalog``: as the mirror follows the legacy tables."""
        self._engine = engine
        self._catalog = catalog
        self._keyless = [table.name for table in catalog.tables.values() if not table.key]
        self._is_bytewise: bool | None = None

    def columns(self, table: str) -> MirrorColumns:
        """See the port."""
        with translated("target"), self._engine.connect() as connection:
            rows = connection.execute(COLUMNS, {"table": self._name(table)})
            held = {name: kind for name, kind in rows if name[0] != "_"}
            followed = {row[0]: row[1] for row in connection.execute(FOLLOWED, {"table": table})}
            lacking = {column for name, column in lacking_columns(connection, self._keyless) if name == table}
        return MirrorColumns(held, followed, frozenset(lacking - {""}), "" in lacking)

    def bound(self, table: str, after: str | None, count: int) -> str | None:
        """See the port."""
        key = self._key(table)
        condition, values = key.condition(Run(after, None))
        rows = self._read(bound_sql(key, self._name(table), condition), (*values, count))
        return rows[0][0] if rows else None

    def total(self, table: str, columns: Sequence[Compared], run: Run) -> Sum:
        """See the port."""
        digests, values = self._digests(table, columns, run)
        count, digest, keys = self._read(total_sql(self._key(table), digests, with_keys=True), values)[0]
        return Sum(count, digest, keys or ())

    def digests(self, table: str, columns: Sequence[Compared], of: Keys | Run) -> Mapping[str, str | None]:
        """See the port."""
        statement, values = self._digests(table, columns, of)
        return {row[0]: row[1] for row in self._read(statement, values)}

    def rows(self, table: str, columns: Sequence[Compared], keys: Collection[str]) -> MirrorRows:
        """See the port."""
        key = self._key(table)
        condition, values = key.condition(Keys(keys))
        listed = ", ".join(f"({mirror_form(column)}) as c{n}" for n, column in enumerate(columns))
        told = ", ".join(f"m.c{n}" for n in range(len(columns)))
        count = "case when _deleted then 0 else 1 end" if key.table.key else "_count"
        rows = self._read(
            f"select p.seen, g.generation, u.is_unknown, m.k, {PLACE}, m.n, {told} from {STREAM} left join "
            f"(select {key.text} as k, {count} as n, _generation, _commit, _record, _rank, _tx, {listed} "
            f"from {self._name(table)} where {condition}) as m on true",
            (table, table, *values),
        )
        seen, generation, is_unknown = rows[0][:3]
        return MirrorRows(seen, generation, is_unknown, _rows([row[3:] for row in rows if row[3] is not None]))

    def _digests(self, table: str, columns: Sequence[Compared], of: Keys | Run) -> tuple[str, tuple[object, ...]]:
        key = self._key(table)
        condition, values = key.condition(of)
        if key.table.key:
            condition = f"not _deleted and {condition}"
        forms = [mirror_form(column) for column in columns]
        return digests_sql(key, self._name(table), forms, "1" if key.table.key else "_count", condition), values

    def _key(self, table: str) -> KeySql:
        if self._is_bytewise is None:
            with translated("target"), self._engine.connect() as connection:
                self._is_bytewise = bool(connection.execute(BYTEWISE).scalar_one())
        return KeySql(self._catalog.tables[table], self._is_bytewise)

    def _read(self, statement: str, values: tuple[object, ...]) -> Sequence[Sequence[Any]]:
        with translated("target"), self._engine.connect() as connection:
            return connection.exec_driver_sql(statement, values).all()

    @staticmethod
    def _name(table: str) -> str:
        return f"mirror.{quoted(table)}"


def _rows(rows: Sequence[Sequence[Any]]) -> dict[str, MirrorRow]:
    found: dict[str, MirrorRow] = {}
    for key, generation, commit, record, rank, transaction, count, *values in rows:
        contents = {tuple(values): count} if count else {}
        place = Position(generation, commit, record, rank)
        row = MirrorRow(contents, place, frozenset({transaction}), (f"{place} {transaction} {count} {values}",))
        known = found.get(key)
        found[key] = row if known is None else _joined(known, row)
    return found


def _joined(one: MirrorRow, other: MirrorRow) -> MirrorRow:
    """Contents of one key in a keyless table."""
    contents = dict(one.contents)
    for values, count in other.contents.items():
        contents[values] = contents.get(values, 0) + count
    return MirrorRow(
        {values: count for values, count in contents.items() if count},
        max(one.position, other.position),
        one.transactions | other.transactions,
        tuple(sorted(one.version + other.version)),
    )
