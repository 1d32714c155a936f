"""The triggers that say who else wrote to a table: put in place by the tables' owner, looked at by anyone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine

FILE = Path("watch") / "foreign_writes.sql"
BODY = re.compile(r"AS \$body\$(.*?)\$body\$", re.DOTALL)
ROW, TRUNCATE = "note_foreign_row", "note_foreign_truncate"
ROW_BITS, TRUNCATE_BITS = 1 + 4 + 8 + 16, 32  # pg_trigger.tgtype: for each row, insert, delete, update; truncate
WHEN = (
    "((SESSION_USER <> 'selaras_applier'::name) OR "
    "(\"left\"(current_setting('application_name'::text), 16) <> 'selaras applier '::text))"
)
TABLES = """
select n.nspname, c.relname, pg_get_userbyid(c.relowner) = current_user,
  (select string_agg(case when a.attname = '_content' then 'nib' else a.attname end, ',' order by k.place)
   from pg_index as i cross join lateral unnest(i.indkey) with ordinality as k(attnum, place)
   join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.attnum
   where i.indrelid = c.oid and i.indisprimary)
from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any(%s) and c.relkind in ('r', 'p') and not c.relispartition
order by 1, 2
"""
TRIGGERS = """
select n.nspname, c.relname, t.tgname, t.tgenabled, t.tgtype, f.oid is not null,
  regexp_replace(encode(t.tgargs, 'escape'), '\\\\000$', ''), coalesce(pg_get_expr(t.tgqual, t.tgrelid), '')
from pg_trigger as t join pg_class as c on c.oid = t.tgrelid join pg_namespace as n on n.oid = c.relnamespace
left join pg_proc as f on f.oid = t.tgfoid and f.proname = 'note_foreign_write' and f.pronamespace = n.oid
where n.nspname = any(%s) and t.tgname = any(%s)
"""
FUNCTIONS = """
select n.nspname, f.prosrc, f.prosecdef, coalesce(f.proconfig, '{}') @> '{"search_path=pg_catalog, pg_temp"}',
  case when to_regclass('selaras.foreign_write') is null then false
    else has_schema_privilege(f.proowner, 'selaras', 'usage')
      and has_table_privilege(f.proowner, 'selaras.foreign_write', 'insert') end
from pg_proc as f join pg_namespace as n on n.oid = f.pronamespace
where n.nspname = any(%s) and f.proname = 'note_foreign_write'
"""


@dataclass(frozen=True, slots=True)
class WatchedTable:
    """``keys``: the columns that tell its rows apart, as findings name them; none where nothing does."""

    schema: str
    name: str
    keys: tuple[str, ...]
    is_ours: bool  # the role that looks owns it


def ddl(schemas_dir: Path) -> str:
    """What the owner of the tables runs."""
    return (schemas_dir / FILE).read_text(encoding="utf-8")


def watched_tables(connection: Connection, schemas: Sequence[str]) -> list[WatchedTable]:
    """All tables of these schemas."""
    rows = connection.exec_driver_sql(TABLES, (list(schemas),))
    return [
        WatchedTable(schema, name, tuple(keys.split(",")) if keys else (), ours) for schema, name, ours, keys in rows
    ]


def put_in_place(engine: Engine, schemas: Sequence[str], wanted: str) -> None:
    """Run the DDL, as the owner of these schemas' tables, where anything is not as it makes it."""
    with engine.begin() as connection:
        if faults(connection, schemas, wanted):
            connection.exec_driver_sql(wanted.replace("%", "%%"))


def faults(connection: Connection, schemas: Sequence[str], expected: str) -> dict[str, list[str]]:
    """By schema, what is not as ``expected`` (the DDL) makes it; nothing where all is."""
    (body,) = BODY.findall(expected)
    found: dict[str, list[str]] = {schema: [] for schema in schemas}
    functions = {row[0]: row[1:] for row in connection.exec_driver_sql(FUNCTIONS, (list(schemas),))}
    names = [ROW, TRUNCATE]
    triggers = {
        (schema, table, name): tuple(facts)
        for schema, table, name, *facts in connection.exec_driver_sql(TRIGGERS, (list(schemas), names))
    }
    for table in watched_tables(connection, schemas):
        arguments = "\\000".join(table.keys)
        for name, bits, args in ((ROW, ROW_BITS, arguments), (TRUNCATE, TRUNCATE_BITS, "")):
            fault = _fault(triggers.get((table.schema, table.name, name)), bits, args)
            if fault:
                found[table.schema].append(f"trigger {name} on {table.schema}.{table.name} is {fault}")
    for schema in schemas:
        if schema not in functions:
            found[schema].append(f"function {schema}.note_foreign_write is missing")
        elif tuple(functions[schema][:3]) != (body, True, True):
            found[schema].append(f"function {schema}.note_foreign_write is not the one that schemas/{FILE} makes")
        elif not functions[schema][3]:
            found[schema].append(f"the owner of {schema}.note_foreign_write may not write selaras.foreign_write")
    return {schema: told for schema, told in found.items() if told}


def _fault(facts: tuple[object, ...] | None, bits: int, arguments: str) -> str:
    if facts is None:
        return "missing"
    enabled, *rest = facts
    if enabled != "A":
        return "disabled" if enabled == "D" else "not always on"
    return "" if rest == [bits, True, arguments, WHEN] else "not the one that is wanted"
