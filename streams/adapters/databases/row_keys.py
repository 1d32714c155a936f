"""Keys that are derived from mirror rows, beside them."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from streams.adapters.databases.mirror import encoded, row_id
from streams.adapters.databases.sql_names import quoted
from streams.ports.row_keys import KeyedRow
from streams.projection.catalog import Catalog
from streams.projection.declaration import Projection

REPLACE = """
with x as (select row, key from json_to_recordset(%s) as x(row text, key text)),
gone as (
  delete from selaras.row_key as k where source = %s and row = any(%s)
    and not exists (select 1 from x where x.row = k.row and x.key = k.key)
  returning k.key
),
put as (insert into selaras.row_key (source, row, key) select %s, row, key from x on conflict do nothing)
select distinct key from gone
"""


class RowKeyStatements:
    """The reads of every source with derived keys, made once."""

    def __init__(self, projections: Sequence[Projection], legacy: Catalog) -> None:
        self.columns: dict[str, tuple[str, ...]] = {}
        self.page: dict[tuple[str, bool], str] = {}
        for projection in projections:
            for source in projection.sources:
                if not source.is_derived:
                    continue
                name = f"{projection.target}.{source.name}"
                self.columns[name] = source.key_columns
                for first in (True, False):
                    self.page[(name, first)] = _page(name, source.table, source.key_columns, legacy, first=first)


def _page(name: str, table: str, columns: Sequence[str], legacy: Catalog, *, first: bool) -> str:
    identity = quoted(row_id(legacy.tables[table]))
    kind = legacy.tables[table].columns[row_id(legacy.tables[table])].sql if legacy.tables[table].key else "uuid"
    where = "" if first else f"where m.{identity} > %(after)s::{kind} "
    values = "".join(f", m.{quoted(column)}::text" for column in columns)
    return (
        f"select m.{identity}::text, array(select key from selaras.row_key as k "
        f"where k.source = '{name}' and k.row = m.{identity}::text){values} "
        f"from mirror.{quoted(table)} as m {where}order by m.{identity} limit %(limit)s for update of m"
    )


class PostgresRowKeys:
    """Implements the port ``RowKeys``."""

    def __init__(self, connection: Connection, statements: RowKeyStatements) -> None:
        self._connection = connection
        self._statements = statements

    def put(self, source: str, keys: Mapping[str, Sequence[str]]) -> set[str]:
        """See the port."""
        rows = sorted(keys)
        pairs = [{"row": row, "key": key} for row in rows for key in keys[row]]
        return set(self._connection.exec_driver_sql(REPLACE, (encoded(pairs), source, rows, source)).scalars())

    def rows_after(self, source: str, after: str | None, limit: int) -> Sequence[KeyedRow]:
        """See the port."""
        statement = self._statements.page[(source, after is None)]
        columns = self._statements.columns[source]
        rows = self._connection.exec_driver_sql(statement, {"after": after, "limit": limit})
        return [
            KeyedRow(row, dict(zip(columns, values, strict=True)), frozenset(stored)) for row, stored, *values in rows
        ]
