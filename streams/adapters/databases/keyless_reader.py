"""Reads a keyless legacy table directly, together with the snapshot that it was read in."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from streams.adapters.databases.sql_names import quoted
from streams.adapters.databases.target import translated

PAGE = 2000


class PostgresKeylessReader:
    """Implements the port ``KeylessReader``."""

    def __init__(self, legacy: Engine, schema: str) -> None:
        self._legacy = legacy
        self._schema = schema

    @contextmanager
    def read(self, table: str) -> Iterator[tuple[str, Iterator[bytes]]]:
        """See the port."""
        with translated("legacy"), self._legacy.connect() as connection:
            steady = connection.execution_options(isolation_level="REPEATABLE READ")
            snapshot = str(steady.exec_driver_sql("select pg_current_snapshot()::text").scalar_one())
            yield snapshot, self._rows(steady, table)

    def _rows(self, connection: Connection, table: str) -> Iterator[bytes]:
        statement = f"select row_to_json(t)::text from {quoted(self._schema)}.{quoted(table)} as t"
        for row in connection.execution_options(yield_per=PAGE).exec_driver_sql(statement).scalars():
            yield row.encode()
