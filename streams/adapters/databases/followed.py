"""The legacy tables as the mirror follows them: its own columns, with the types that it took note of."""

from collections.abc import Iterable

from sqlalchemy import Connection, text

from streams.adapters.databases.catalogs import read_catalog
from streams.adapters.databases.sql_names import quoted
from streams.projection.catalog import Catalog, ColumnType, Table
from streams.projection.schema_change import Columns, data_type

# Not information_schema: that hides tables which nobody granted to the reader, such as new ones.
COLUMNS = text("""
select c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where n.nspname = :schema and c.relkind in ('r', 'p') and not c.relispartition
order by c.relname, a.attnum
""")
KNOWN = text("select table_name, column_name, type from selaras.legacy_column order by 1, 2")
SHAPE = text("select shape from selaras.mirror_shape")
LEARN = text("""
insert into selaras.legacy_column (table_name, column_name, type) values (:table, :column, :type)
on conflict (table_name, column_name) do update set type = excluded.type
""")
CONTENT = "_content"


def read_columns(connection: Connection, schema: str) -> dict[str, dict[str, str]]:
    """Every table of a schema with its columns, in order, and their types as they are written."""
    return _grouped(connection.execute(COLUMNS, {"schema": schema}))


def mirror_columns(connection: Connection) -> dict[str, dict[str, str]]:
    """The mirror's columns without its bookkeeping."""
    found = read_columns(connection, "mirror")
    return {t: {c: kind for c, kind in columns.items() if c[0] != "_"} for t, columns in found.items()}


def known_columns(connection: Connection) -> dict[str, dict[str, str]]:
    """The types that the mirror took note of, of columns that it has; empty before the first start."""
    held = mirror_columns(connection)
    known = _grouped(connection.execute(KNOWN))
    return {t: {c: kind for c, kind in columns.items() if c in held.get(t, {})} for t, columns in known.items()}


def learn(connection: Connection, columns: Columns) -> None:
    """Take note of these types."""
    rows = [{"table": t, "column": c, "type": kind} for t, found in columns.items() for c, kind in found.items()]
    if rows:
        connection.execute(LEARN, rows)


def learn_first(connection: Connection, legacy: Columns) -> None:
    """At the first start: take note of what the legacy tables look like, as far as the mirror has them."""
    if connection.execute(KNOWN).first() is None:
        held = mirror_columns(connection)
        learn(connection, {t: {c: k for c, k in legacy.get(t, {}).items() if c in held[t]} for t in held})


def mirror_shape(connection: Connection) -> int:
    """The number of the mirror's present shape."""
    return int(connection.execute(SHAPE).scalar_one())


def followed_catalog(connection: Connection) -> Catalog:
    """The mirror's tables as legacy tables: keyless where the mirror tells rows apart by their content."""
    known = known_columns(connection)
    tables = {}
    for name, table in read_catalog(connection, "mirror").tables.items():
        types = known.get(name, {})
        columns = {
            column: ColumnType(data_type(types[column])) if column in types else kind
            for column, kind in table.columns.items()
            if column[0] != "_"
        }
        tables[name] = Table(name, columns, () if table.key == (CONTENT,) else table.key)
    return Catalog(tables)


def extend(connection: Connection, table: str, column: str) -> None:
    """Add a column to the mirror, as text; nothing if it has it."""
    connection.exec_driver_sql(f"alter table mirror.{quoted(table)} add column if not exists {quoted(column)} text")


def _grouped(rows: Iterable[tuple[str, str, str]]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        found.setdefault(table, {})[column] = kind
    return found
