"""Columns whose values the mirror lacks."""

from collections.abc import Collection

from sqlalchemy import Connection

# A column is known again once it is there and its table was read whole since: by a load, or a new capture's snapshot.
LACKING = """
select table_name, column_name, is_gone, read_since from selaras.lacking_column as l cross join lateral (
  select exists (select from selaras.load as r where r.table_name = l.table_name and r.state = 'done'
      and r.condition = '' and r.started_at > l.since)
    or exists (select from selaras.capture as c where c.retired_at is null and c.settled and c.registered_at > l.since)
    as read_since
) as r
"""
# What is known already is not touched: workers that tell the same would wait for each other at every batch.
LACK = """
insert into selaras.lacking_column (table_name, column_name, is_gone)
select t, c, true from unnest(%s::text[], %s::text[]) as x(t, c) where not exists (
  select from selaras.lacking_column as l where l.table_name = t and l.column_name = c and l.is_gone)
order by t, c
on conflict (table_name, column_name) do update set is_gone = true, since = now()
"""


class PostgresLacking:
    """Implements the port ``Lacking``."""

    def __init__(self, connection: Connection, keyless: Collection[str]) -> None:
        self._connection = connection
        self._keyless = keyless

    def columns(self) -> frozenset[tuple[str, str]]:
        """See the port."""
        return lacking_columns(self._connection, self._keyless)

    def tell(self, columns: Collection[tuple[str, str]]) -> None:
        """See the port."""
        names = sorted(columns)
        self._connection.exec_driver_sql(LACK, ([table for table, _ in names], [column for _, column in names]))


def lacking_columns(connection: Connection, keyless: Collection[str]) -> frozenset[tuple[str, str]]:
    """The columns whose values the mirror lacks; for keyless tables with one, that their rows are to be counted."""
    found = set()
    for table, column, is_gone, read_since in connection.exec_driver_sql(LACKING):
        if is_gone or not read_since:
            found.add((table, column))
        if table in keyless and not read_since:
            found.add((table, ""))
    return frozenset(found)
