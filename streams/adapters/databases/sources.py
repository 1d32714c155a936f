"""Reads the mirror for the projections: one query a source and batch."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, ProgrammingError

from streams.adapters.databases.mirror import row_id
from streams.adapters.databases.sql_names import listed, quoted
from streams.errors import ErrorKind, SelarasError
from streams.projection.catalog import Catalog, Table
from streams.projection.choose import SourceRow
from streams.projection.declaration import DELETED_AT, Projection, Source
from streams.projection.key_text import is_key_text
from streams.projection.keys import UNKEYED, unkeyed
from streams.projection.order import Dependent, is_recorded

DELETE_TIME = """case when {gone} then to_char(to_timestamp(_committed_ms / 1000.0) at time zone 'UTC',
  'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') end"""

FIRST, BEYOND = "is not null", "> %(after)s::text"
READ_ONLY = "set transaction read only"  # a condition is a person's SQL: it may call functions

REFERRING = "select key from selaras.reference where projection = %s and lookup = %s and refers_to = any(%s)"


class SourceStatements:
    """The reads of every projection, made once."""

    def __init__(self, projections: Sequence[Projection], legacy: Catalog) -> None:
        self.reads: dict[str, list[tuple[Source, tuple[str, ...], str]]] = {}
        self.without: dict[str, list[tuple[Source, tuple[str, ...], str]]] = {}
        self.keys: dict[tuple[str, bool], str] = {}
        self.chosen: dict[str, str] = {}
        for projection in projections:
            self.reads[projection.target] = [
                (source, *_read(projection, source, legacy)) for source in projection.sources
            ]
            self.without[projection.target] = [
                (source, *_read(projection, source, legacy, without_key=True))
                for source in projection.sources
                if not source.is_derived
            ]
            self.chosen[projection.target] = _first_source(projection, legacy)
            for first in (True, False):
                self.keys[(projection.target, first)] = _pages(projection, legacy, FIRST if first else BEYOND)


def _pages(projection: Projection, legacy: Catalog, condition: str) -> str:
    """One ordered index walk a place where keys are, so that a page costs the page and not the table."""
    pages = " union ".join(
        f'select {column}::text collate "C" as key from (select distinct {column} from {table} '
        f"where {where}{column} {condition} order by 1 limit %(limit)s) as k"
        for column, table, where in (
            *(_keys(projection.target, source) for source in projection.sources),
            *(_without_key(source, legacy) for source in projection.sources if not source.is_derived),
            *_left_behind(projection),
        )
    )
    if is_key_text(projection):
        # Compared and ordered as what it is: as text, no index would serve a column of type character.
        own = quoted(projection.key_column)
        pages += (
            f' union select {own}::text collate "C" from (select {own} from rba.{quoted(projection.target)} '
            f"where {own} {condition.replace('::text', '::text::bpchar')} order by 1 limit %(limit)s) as k"
        )
    return f"select key from ({pages}) as k order by key limit %(limit)s"


def _left_behind(projection: Projection) -> Iterator[tuple[str, str, str]]:
    """What remembers keys that may have no source row any more."""
    own = f"projection = '{projection.target}' and "
    yield "key", "selaras.key_state", own
    if projection.claims:
        yield "key", "selaras.claim", own
    if projection.virtual:
        yield "key", "selaras.group_row", own
    for lookup in projection.lookups:
        if is_recorded(projection, lookup):
            yield "key", "selaras.reference", f"{own}lookup = '{lookup.name}' and "


def _keys(projection: str, source: Source) -> tuple[str, str, str]:
    if source.is_derived:
        return "key", "selaras.row_key", f"source = '{projection}.{source.name}' and "
    return quoted(source.key), f"mirror.{quoted(source.table)}", ""


def _without_key(source: Source, legacy: Catalog) -> tuple[str, str, str]:
    """Rows whose plain key is NULL, by the keys that they are known by."""
    name, where = unkeyed_text(source, legacy.tables[source.table], "m")
    return "key", f"(select {name} as key from mirror.{quoted(source.table)} as m where {where}) as u", ""


def unkeyed_text(source: Source, table: Table, alias: str) -> tuple[str, str]:
    """The key by which a row is known whose plain key is NULL, and the condition that it is."""
    name = unkeyed(source.name, "").replace("%", "%%")
    return f"('{name}' || {alias}.{quoted(row_id(table))}::text)", f"{alias}.{quoted(source.key)} is null"


def _first_source(projection: Projection, legacy: Catalog) -> str:
    """The keys that rows of the first source hold, up to the condition on these rows."""
    source = projection.sources[0]
    if source.is_derived:
        identity = quoted(row_id(legacy.tables[source.table]))
        return (
            f"select distinct key from selaras.row_key where source = '{projection.target}.{source.name}' "
            f"and key {{beyond}} and row in (select {identity}::text from mirror.{quoted(source.table)} where "
        )
    return (
        f"select distinct {quoted(source.key)}::text from mirror.{quoted(source.table)} "
        f"where {quoted(source.key)} {{beyond}} and ("
    )


def _read(
    projection: Projection, source: Source, legacy: Catalog, *, without_key: bool = False
) -> tuple[tuple[str, ...], str]:
    """The columns and the query; ``without_key``: of rows whose plain key is NULL."""
    columns = projection.columns_read(source.name)
    table = legacy.tables[source.table]
    gone = DELETE_TIME.format(gone="_deleted" if table.key else "_count <= 0")
    identity = row_id(table)
    kind = table.columns[identity].sql if table.key else "uuid"
    if source.is_derived:
        statement = (
            f"select k.key, {gone}, {listed(columns, 'm.')} from selaras.row_key as k "
            f"join mirror.{quoted(source.table)} as m on m.{quoted(identity)} = k.row::{kind} "
            f"where k.source = '{projection.target}.{source.name}' and k.key = any(%s)"
        )
    elif without_key:
        name, where = unkeyed_text(source, table, "m")
        statement = (
            f"select {name}, {gone}, {listed(columns, 'm.')} from mirror.{quoted(source.table)} as m "
            f"where {where} and {name} = any(%s)"
        )
    else:
        statement = (
            f"select {quoted(source.key)}::text, {gone}, {listed(columns)} from mirror.{quoted(source.table)} "
            f"where {quoted(source.key)} = any(%s)"
        )
    return (DELETED_AT, *columns), statement


class PostgresSources:
    """Implements the port ``Sources``."""

    def __init__(self, connection: Connection, statements: SourceStatements) -> None:
        self._connection = connection
        self._statements = statements

    def read(self, projection: str, keys: Collection[str]) -> Mapping[str, Mapping[str, Sequence[SourceRow]]]:
        """See the port."""
        found: dict[str, dict[str, list[SourceRow]]] = {}
        wanted = list(keys)
        reads = [(read, wanted) for read in self._statements.reads[projection]]
        if without := [key for key in wanted if key.startswith(UNKEYED)]:
            reads += [(read, without) for read in self._statements.without[projection]]
        for (source, names, statement), asked in reads:
            for key, *values in self._connection.exec_driver_sql(statement, (asked,)):
                rows = found.setdefault(key, {}).setdefault(source.name, [])
                rows.append(dict(zip(names, values, strict=True)))
        return found

    def dependents(self, dependent: Dependent, keys: Collection[str]) -> set[str]:
        """See the port."""
        if dependent.recorded:
            values = (dependent.projection, dependent.lookup, list(keys))
            return set(self._connection.exec_driver_sql(REFERRING, values).scalars())
        if dependent.table is None or dependent.column is None or dependent.own_key is None:
            return set(keys)
        statement = (
            f"select distinct {quoted(dependent.own_key)}::text from mirror.{quoted(dependent.table)} "
            f"where {quoted(dependent.column)} = any(%s) and {quoted(dependent.own_key)} is not null"
        )
        return set(self._connection.exec_driver_sql(statement, (list(keys),)).scalars())

    def keys_after(self, projection: str, after: str | None, limit: int) -> Sequence[str]:
        """See the port."""
        statement = self._statements.keys[(projection, after is None)]
        rows = self._connection.exec_driver_sql(statement, {"after": after, "limit": limit})
        return list(rows.scalars())

    def keys_where(self, projection: str, where: str, after: str | None, limit: int) -> Sequence[str]:
        """See the port."""
        beyond = FIRST if after is None else BEYOND
        condition = where.replace("%", "%%")
        statement = self._statements.chosen[projection].format(beyond=beyond) + condition
        values = {"after": after, "limit": limit}
        self._connection.exec_driver_sql(READ_ONLY)
        try:
            rows = self._connection.exec_driver_sql(f"{statement}\n) order by 1 limit %(limit)s", values)
        except (ProgrammingError, DataError) as error:
            raise SelarasError(
                ErrorKind.CONFIGURATION,
                f"The mirror does not accept the condition for {projection} ({type(error.orig).__name__}).",
                "give one SQL condition on the columns of the mapping's first legacy table; most are text there",
            ) from None
        return list(rows.scalars())
