"""The legacy catalogue, and what the target has learnt of it."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, Engine

from streams.adapters.databases.followed import extend, followed_catalog, known_columns, learn, mirror_columns
from streams.adapters.databases.followed import read_columns as columns_of
from streams.adapters.databases.guard import EXCLUSIVE
from streams.adapters.databases.lacking import LACK, lacking_columns
from streams.adapters.databases.sql_names import quoted
from streams.adapters.databases.target import translated
from streams.ports.schema_watch import Extension
from streams.projection.schema_change import Columns, Followed

MARKED = "select table_name, column_name from selaras.lacking_column where is_gone"
BACK = """
update selaras.lacking_column as l set is_gone = false, since = now()
from unnest(%s::text[], %s::text[]) as x(t, c) where l.table_name = t and l.column_name = c and l.is_gone
"""
KNOWN_AGAIN = """
delete from selaras.lacking_column as l using unnest(%s::text[], %s::text[]) as x(t, c)
where l.table_name = t and l.column_name = c and not l.is_gone
"""
UNREAD = "select table_name, column_name from selaras.lacking_column where not is_gone"
WAITING = """
select key from selaras.key_state
where projection = %s and wait_projection = '' and wait_key <> all(%s::text[]) and key > %s order by key limit 1000
"""
NEW = """
insert into selaras.lacking_column (table_name, column_name, is_gone) select %s, %s, false
on conflict (table_name, column_name) do update set is_gone = false, since = now()
"""
FORGET = "delete from selaras.legacy_column where table_name = %s and column_name = %s"
GROWN = "update selaras.mirror_shape set shape = shape + 1"


class PostgresLegacyColumns:
    """Implements the port ``LegacyColumns``."""

    def __init__(self, engine: Engine, schema: str) -> None:
        self._engine = engine
        self._schema = schema

    def read(self) -> Columns:
        """See the port."""
        with translated("legacy"), self._engine.connect() as connection:
            return columns_of(connection, self._schema)


class PostgresFollowedSchema:
    """Implements the port ``FollowedSchema``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read(self) -> Followed:
        """See the port."""
        with translated("target"), self._engine.connect() as connection:
            steady = connection.execution_options(isolation_level="REPEATABLE READ")
            keyless = _keyless(steady)
            lacking = lacking_columns(steady, keyless)
            gone = frozenset(_pairs(steady, MARKED))
            uncounted = frozenset(table for table, column in lacking if not column)
            unread = frozenset((t, c) for t, c in lacking if c) - gone
            return Followed(known_columns(steady), mirror_columns(steady), gone, unread, keyless, uncounted)

    def tell(self, gone: Collection[tuple[str, str]], back: Collection[tuple[str, str]]) -> None:
        """See the port."""
        with translated("target"), self._engine.begin() as connection:
            if gone:
                connection.exec_driver_sql(LACK, _arrays(gone))
            if back:
                connection.exec_driver_sql(BACK, _arrays(back))
            over = set(_pairs(connection, UNREAD)) - lacking_columns(connection, ())
            if over:
                connection.exec_driver_sql(KNOWN_AGAIN, _arrays(over))

    def waiting(self, projection: str, lacking: Collection[str], after: str) -> Sequence[str]:
        """See the port."""
        with translated("target"), self._engine.connect() as connection:
            return connection.exec_driver_sql(WAITING, (projection, sorted(lacking), after)).scalars().all()

    def extend(self, extension: Extension) -> None:
        """See the port. Under the exclusive lock: whoever applies next sees the mirror's new shape first."""
        with translated("target"), self._engine.begin() as connection:
            connection.exec_driver_sql(EXCLUSIVE)
            for table, column, kind in extension.add:
                extend(connection, table, column)
                learn(connection, {table: {column: kind}})
                if _has_rows(connection, table):
                    connection.exec_driver_sql(NEW, (table, column))
            keyless = _keyless(connection)
            for table, column, kind in extension.retype:
                learn(connection, {table: {column: kind}})
                if table in keyless:
                    # A content is told by its texts: the same row may have another one from now on.
                    connection.exec_driver_sql(NEW, (table, column))
            for table, column in extension.forget:
                connection.exec_driver_sql(FORGET, (table, column))
            connection.exec_driver_sql(GROWN)


def _keyless(connection: Connection) -> frozenset[str]:
    return frozenset(t.name for t in followed_catalog(connection).tables.values() if not t.key)


def _has_rows(connection: Connection, table: str) -> bool:
    return connection.exec_driver_sql(f"select exists (select from mirror.{quoted(table)})").scalar_one() is True


def _pairs(connection: Connection, statement: str) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in connection.exec_driver_sql(statement)]


def _arrays(columns: Collection[tuple[str, str]]) -> tuple[list[str], list[str]]:
    names = sorted(columns)
    return [table for table, _ in names], [column for _, column in names]
