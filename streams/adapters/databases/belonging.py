"""Which keys belong to a NIB, a project or a licence: by the legacy rows of the mirror that name it."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection

from streams.adapters.databases.mirror import row_id
from streams.adapters.databases.sources import unkeyed_text
from streams.adapters.databases.sql_names import quoted
from streams.projection.catalog import Catalog
from streams.projection.declaration import Projection, Source
from streams.projection.keys import SEPARATOR, as_part, unkeyed_source

NIB, PROJECT, LICENCE = "nib", "id_proyek", "id_izin"
NAMES = (NIB, PROJECT, LICENCE)
# Keys whose first part is the text: '|' and then '}' are the bounds in the order of bytes.
FIRST_PART = "(key = %(text)s or key collate \"C\" >= %(part)s || '|' and key collate \"C\" < %(part)s || '}')"
KEYED = f"select row from selaras.row_key where source = any(%(sources)s) and {FIRST_PART}"
DERIVED = "select key from selaras.row_key where source = %s and row = any(%s)"
STORED = f"""
select projection, key from selaras.key_state where {FIRST_PART}
union select projection, key from selaras.outcome_history where is_gone and {FIRST_PART}
"""


class BelongingStatements:
    """What is known of the mirror's tables and of the projections' keys."""

    def __init__(self, projections: Sequence[Projection], mirror: Catalog) -> None:
        self.tables = mirror.tables
        self.sources = [(one.target, source) for one in projections for source in one.sources]
        self.identities = {table.name: quoted(row_id(table)) for table in mirror.tables.values()}
        self.kinds = {
            table.name: table.columns[table.key[0]].sql if table.key else "uuid" for table in mirror.tables.values()
        }

    def naming(self, table: str, column: str) -> str:
        """The rows of a table that hold one of several values in this column."""
        identity = self.identities[table]
        return f"select {identity}::text from mirror.{quoted(table)} where {quoted(column)} = any(%s)"

    def named_by(self, table: str) -> str:
        """What rows of a table name: NIB, project and licence, NULL where it has no such column."""
        columns = ", ".join(quoted(n) if n in self.tables[table].columns else f"null as {n}" for n in NAMES)
        return f"select {columns} from mirror.{quoted(table)} where {self._these(table)}"

    def keys_of(self, source: Source) -> str:
        """The keys of rows whose key is a plain column."""
        name, _ = unkeyed_text(source, self.tables[source.table], "m")
        key = f"coalesce(m.{quoted(source.key)}::text, {name})"
        return f"select distinct {key} from mirror.{quoted(source.table)} as m where {self._these(source.table)}"

    def _these(self, table: str) -> str:
        return f"{self.identities[table]} = any(%s::{self.kinds[table]}[])"

    def cut(self, table: str, column: str, values: Collection[str]) -> list[str]:
        """The values as the legacy column holds them, which may be too short for them."""
        known = self.tables[table].columns.get(column)
        return sorted({value[: known.length] for value in values}) if known is not None else []


def keys_belonging(connection: Connection, statements: BelongingStatements, text: str) -> dict[str, list[str]]:
    """By projection, the keys in order: see the port ``MirrorRows``."""
    rows = _rows(connection, statements, text)
    keys: dict[str, set[str]] = {}
    for projection, source in statements.sources:
        these = sorted(rows.get(source.table, ()))
        if not these:
            continue
        if source.is_derived:
            found = connection.exec_driver_sql(DERIVED, (f"{projection}.{source.name}", these))
            keys.setdefault(projection, set()).update(_own(set(found.scalars()), text))
        else:
            found = connection.exec_driver_sql(statements.keys_of(source), (these,))
            keys.setdefault(projection, set()).update(found.scalars())
    for projection, key in connection.exec_driver_sql(STORED, {"text": text, "part": as_part(text)}):
        keys.setdefault(projection, set()).add(key)
    return {projection: sorted(found) for projection, found in keys.items() if found}


def _own(keys: set[str], text: str) -> set[str]:
    """Where keys begin with a NIB, a row's keys for other NIBs are theirs: an account names several."""
    own = {key for key in keys if key == text or key.startswith(as_part(text) + SEPARATOR)}
    return own | {key for key in keys if unkeyed_source(key) is not None} if own else keys


def _rows(connection: Connection, statements: BelongingStatements, text: str) -> dict[str, set[str]]:
    """By table, the rows that name the text themselves, and those of tables without NIB that their names reach."""
    rows: dict[str, set[str]] = {table: set() for table in statements.tables}
    for name in NAMES:
        for table, found in _naming(connection, statements, name, [text], statements.tables).items():
            rows[table] |= found
    for table in statements.tables:
        sources = [
            f"{projection}.{s.name}" for projection, s in statements.sources if s.is_derived and s.table == table
        ]
        values = {"sources": sources, "text": text, "part": as_part(text)}
        rows[table] |= set(connection.exec_driver_sql(KEYED, values).scalars()) if sources else set()
    reached = _named(connection, statements, rows)
    without = [table for table, known in statements.tables.items() if NIB not in known.columns]
    for name in (PROJECT, LICENCE):
        for table in without:
            wanted = statements.cut(table, name, reached[name])
            for also, found in _naming(connection, statements, name, wanted, [table]).items():
                rows[also] |= found
    return rows


def _naming(
    connection: Connection, statements: BelongingStatements, name: str, values: Collection[str], tables: Collection[str]
) -> Mapping[str, set[str]]:
    found = {}
    for table in tables:
        if values and name in statements.tables[table].columns:
            found[table] = set(connection.exec_driver_sql(statements.naming(table, name), (list(values),)).scalars())
    return found


def _named(
    connection: Connection, statements: BelongingStatements, rows: Mapping[str, Collection[str]]
) -> Mapping[str, set[str]]:
    """The names that these rows hold."""
    named: dict[str, set[str]] = {name: set() for name in NAMES}
    for table, these in rows.items():
        if these and set(NAMES) & statements.tables[table].columns.keys():
            for values in connection.exec_driver_sql(statements.named_by(table), (sorted(these),)):
                for name, value in zip(NAMES, values, strict=True):
                    named[name] |= {value} if value and value.strip(" -0") else set()
    return named
