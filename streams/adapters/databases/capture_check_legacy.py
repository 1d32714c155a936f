"""The legacy tables as the capture check reads them: short transactions of a role that may only read."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

import psycopg
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from streams.adapters.databases.canonical_sql import (
    KeySql,
    bound_sql,
    digests_sql,
    legacy_form,
    total_sql,
)
from streams.adapters.databases.sql_names import quoted
from streams.adapters.databases.target import translated
from streams.changes.snapshot import Snapshot
from streams.errors import ErrorKind, SelarasError
from streams.ports.capture_check import Compared, Keys, LegacyRow, LegacyRows, Run, Sum
from streams.projection.catalog import Catalog

COLUMNS = text("""
select attname, format_type(atttypid, atttypmod) from pg_attribute
where attrelid = to_regclass(:table) and attnum > 0 and not attisdropped order by attnum
""")
BYTEWISE = text("""
select datlocprovider = 'b' or (datlocprovider = 'c' and datcollate in ('C', 'POSIX'))
from pg_database where datname = current_database()
""")
# The second is behind every commit record that the snapshot may show: they are written before they are visible.
MOMENT = "select pg_current_snapshot()::text, (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint"


MOVED = (psycopg.errors.UndefinedColumn, psycopg.errors.UndefinedTable)


class PostgresLegacySide:
    """Implements the port ``LegacySide``."""

    def __init__(self, engine: Engine, schema: str, catalog: Catalog) -> None:
        """``engine``: with the time limits that a busy legacy database needs. ``catalog``: types by column, keys."""
        self._engine = engine
        self._schema = schema
        self._catalog = catalog
        self._is_bytewise: bool | None = None

    def columns(self, table: str) -> Mapping[str, str]:
        """See the port."""
        with self._reading() as connection:
            return self._columns(connection, table)

    def bound(self, table: str, after: str | None, count: int) -> str | None:
        """See the port."""
        with self._reading() as connection:
            key = self._key(connection, table)
            condition, values = key.condition(Run(after, None))
            statement = bound_sql(key, self._name(table), condition)
            row = connection.exec_driver_sql(statement, (*values, count)).first()
        return None if row is None else row[0]

    def total(self, table: str, columns: Sequence[Compared], run: Run) -> Sum:
        """See the port."""
        with self._reading() as connection:
            key = self._key(connection, table)
            digests, values = self._digests(key, columns, run)
            row = connection.exec_driver_sql(total_sql(key, digests, with_keys=False), values).one()
        return Sum(row[0], row[1])

    def digests(self, table: str, columns: Sequence[Compared], of: Keys | Run) -> Mapping[str, str | None]:
        """See the port."""
        with self._reading() as connection:
            statement, values = self._digests(self._key(connection, table), columns, of)
            return {row[0]: row[1] for row in connection.exec_driver_sql(statement, values)}

    def rows(self, table: str, columns: Sequence[Compared], keys: Collection[str]) -> LegacyRows:
        """See the port. Behind the lock, or a table emptied or rewritten meanwhile would look empty to the snapshot."""
        with self._reading() as plain:
            key = self._key(plain, table)
            plain.rollback()
            connection = plain.execution_options(isolation_level="REPEATABLE READ")
            connection.exec_driver_sql(f"lock table {self._name(table)} in access share mode")
            condition, values = key.condition(Keys(keys))
            listed = ", ".join(legacy_form(column) for column in columns)
            statement = (
                f"select {key.text}, xmin::text::bigint, ctid::text, {listed} "
                f"from {self._name(table)} where {condition}"
            )
            rows = connection.exec_driver_sql(statement, values).all()
            snapshot, position = connection.exec_driver_sql(MOMENT).one()
            found = self._columns(connection, table)
        return LegacyRows(Snapshot.from_text(snapshot), position, _rows(rows, has_key=bool(key.table.key)), found)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with translated("legacy"), self._engine.connect() as connection:
            try:
                yield connection
            except DBAPIError as error:
                if isinstance(error.orig, MOVED):
                    raise SelarasError(ErrorKind.CONFLICT, "A legacy table changed its columns meanwhile.") from None
                raise

    def _key(self, connection: Connection, table: str) -> KeySql:
        if self._is_bytewise is None:
            self._is_bytewise = bool(connection.execute(BYTEWISE).scalar_one())
        return KeySql(self._catalog.tables[table], self._is_bytewise)

    def _digests(self, key: KeySql, columns: Sequence[Compared], of: Keys | Run) -> tuple[str, tuple[object, ...]]:
        condition, values = key.condition(of)
        forms = [legacy_form(column) for column in columns]
        return digests_sql(key, self._name(key.table.name), forms, "1", condition), values

    def _columns(self, connection: Connection, table: str) -> dict[str, str]:
        rows = connection.execute(COLUMNS, {"table": self._name(table)})
        return {row[0]: row[1] for row in rows}

    def _name(self, table: str) -> str:
        return f"{quoted(self._schema)}.{quoted(table)}"


def _rows(rows: Sequence[Sequence[object]], *, has_key: bool) -> dict[str, LegacyRow]:
    if has_key:
        return {
            str(key): LegacyRow({_values(row): 1}, (str(writer),), _number(writer)) for key, writer, _, *row in rows
        }
    contents: dict[str, dict[tuple[str | None, ...], int]] = {}
    versions: dict[str, list[str]] = {}
    for key, writer, where, *row in rows:
        counts, values = contents.setdefault(str(key), {}), _values(row)
        counts[values] = counts.get(values, 0) + 1
        versions.setdefault(str(key), []).append(f"{writer}{where}")
    return {key: LegacyRow(found, tuple(sorted(versions[key]))) for key, found in contents.items()}


def _values(row: Sequence[object]) -> tuple[str | None, ...]:
    return tuple(None if value is None else str(value) for value in row)


def _number(value: object) -> int:
    return int(str(value))
