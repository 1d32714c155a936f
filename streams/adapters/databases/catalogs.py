"""Reads what tables look like from PostgreSQL's own catalog."""

from typing import Any

from sqlalchemy import Connection, text

from streams.projection.catalog import Catalog, ColumnType, Table

COLUMNS = text("""
select c.table_name, c.column_name, c.data_type, c.is_nullable = 'YES', c.character_maximum_length,
       case when c.data_type = 'numeric' then c.numeric_precision end,
       case when c.data_type = 'numeric' then c.numeric_scale end
from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
where c.table_schema = :schema and t.table_type = 'BASE TABLE'
order by c.table_name, c.ordinal_position
""")
KEYS = text("""
select r.relname, a.attname
from pg_index i
join pg_class r on r.oid = i.indrelid
join pg_namespace n on n.oid = r.relnamespace
cross join lateral unnest(i.indkey) with ordinality as k(attnum, place)
join pg_attribute a on a.attrelid = r.oid and a.attnum = k.attnum
where n.nspname = :schema and i.indisprimary
order by r.relname, k.place
""")


def read_catalog(connection: Connection, schema: str) -> Catalog:
    """All base tables of a schema that the role may see."""
    columns: dict[str, dict[str, ColumnType]] = {}
    for table, name, *facts in connection.execute(COLUMNS, {"schema": schema}):
        columns.setdefault(table, {})[name] = _type(facts)
    keys: dict[str, list[str]] = {}
    for table, name in connection.execute(KEYS, {"schema": schema}):
        keys.setdefault(table, []).append(name)
    return Catalog({t: Table(t, found, tuple(keys.get(t, ()))) for t, found in columns.items()})


def _type(facts: list[Any]) -> ColumnType:
    sql, nullable, length, precision, scale = facts
    return ColumnType(sql, nullable, length, precision, scale)
