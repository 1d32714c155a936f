"""The application's tables, and the rows of projections without one: written only where something differs."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DataError, IntegrityError

from streams.adapters.databases.mirror import encoded
from streams.adapters.databases.sql_names import listed, quoted
from streams.ports.key_states import RowsChanged
from streams.projection.catalog import Catalog, ColumnType
from streams.projection.compute import CompiledProjection
from streams.projection.declaration import Claim

READ_GROUPS = "select key, content from selaras.group_row where projection = %s and key = any(%s)"
# How many rows were written, and of those that were there the columns that changed.
WRITTEN = "select count(*), coalesce(json_object_agg(k, columns) filter (where columns is not null), '{}') from w"
WRITE_GROUPS = f"""
with w as (
  insert into selaras.group_row as g (projection, key, content)
  select %s, key, content from json_to_recordset(%s) as x(key text, content jsonb)
  on conflict (projection, key) do update set content = excluded.content where g.content <> excluded.content
  returning g.key as k, case when old.key is not null then array(
    select name from jsonb_object_keys(g.content) as name
    where g.content -> name is distinct from old.content -> name order by 1) end as columns
) {WRITTEN}
"""
# Rows that the target kept: their keys have none. One query for both, since every look-up asks.
KEPT = """, array(
  select key from selaras.key_state where projection = %s and key = any(%s) and outcome = 'quarantined')"""
DELETE_GROUPS = "delete from selaras.group_row where projection = %s and key = any(%s) returning key"


class TargetStatements:
    """The statements of every projection, made once from the target's catalog."""

    def __init__(self, projections: Sequence[CompiledProjection], target: Catalog) -> None:
        self.compiled = {p.declaration.target: p for p in projections}
        self.upsert: dict[str, str] = {}
        self.select: dict[str, tuple[tuple[str, ...], str]] = {}
        self.delete: dict[str, str] = {}
        self.keys: dict[str, tuple[str, str]] = {}
        self.virtual = {name for name, projection in self.compiled.items() if projection.declaration.virtual}
        for name in self.compiled.keys() - self.virtual:
            projection = self.compiled[name]
            table = target.tables[name]
            columns = tuple(column.name for column in projection.declaration.columns)
            key = projection.declaration.key_column
            self.upsert[name] = _upsert(name, columns, key, table.columns)
            key_type = sql_type(table.columns[key])
            where = f"where {quoted(key)} = any(%s::{key_type}[])"
            self.select[name] = columns, f"select {listed(columns)}{{and_what}} from rba.{quoted(name)} {where}"
            self.delete[name] = f"delete from rba.{quoted(name)} {where} returning {quoted(key)}::text"
            self.keys[name] = quoted(key), key_type

    def release(self, name: str, claim: Claim) -> str:
        """Rows that hold another value than the one wanted give theirs up; the key makes the stand-in unique.

        Where the claim has a condition, they stop to fulfil it: the column itself may refer to another table.
        """
        key, column = quoted(self.compiled[name].declaration.key_column), quoted(claim.column)
        given_up = f"{column} = '~' || left(t.{key}::text, 20)"
        flag = next((flag for flag, value in claim.when if isinstance(value, bool)), None)
        if flag is not None:
            given_up = f"{quoted(flag)} = not t.{quoted(flag)}"
        held = "".join(f" and t.{quoted(flag)} = {_literal(value)}" for flag, value in claim.when)
        return (
            f"update rba.{quoted(name)} as t set {given_up} from json_to_recordset(%s) as x(k text, v text) "
            f"where t.{key}::text = x.k and t.{column} is distinct from x.v{held}"
        )


def _literal(value: object) -> str:
    return str(value).lower() if isinstance(value, bool | int) else "'" + str(value).replace("'", "''") + "'"


def as_rules_give(value: object) -> object:
    """A value of the database in the form that rules give it."""
    if isinstance(value, UUID):
        return str(value)
    return "\\x" + value.hex() if isinstance(value, bytes) else value


def _upsert(name: str, columns: Sequence[str], key: str, types: Mapping[str, ColumnType]) -> str:
    others = [column for column in columns if column != key]
    typed = ", ".join(f"{quoted(column)} {sql_type(types[column])}" for column in columns)
    updates = ", ".join(f"{quoted(column)} = excluded.{quoted(column)}" for column in others)
    differing = ", ".join(
        f"case when old.{quoted(column)} is distinct from new.{quoted(column)} then {_literal(column)} end"
        for column in others
    )
    return (
        f"with w as (insert into rba.{quoted(name)} as t ({listed(columns)}) select {listed(columns)} "
        f"from json_to_recordset(%s) as x({typed}) on conflict ({quoted(key)}) do update set {updates} "
        f"where ({listed(others, 't.')}) is distinct from ({listed(others, 'excluded.')}) "
        f"returning new.{quoted(key)}::text as k, case when old.{quoted(key)} is not null "
        f"then array_remove(array[{differing}]::text[], null) end as columns) {WRITTEN}"
    )


def sql_type(kind: ColumnType) -> str:
    """A column's type with its length or precision."""
    if kind.length is not None:
        return f"{kind.sql}({kind.length})"
    if kind.precision is not None:
        return f"{kind.sql}({kind.precision},{kind.scale or 0})"
    return kind.sql


class PostgresTargetRows:
    """Implements the port ``TargetRows`` on the schema ``rba``."""

    def __init__(self, connection: Connection, statements: TargetStatements) -> None:
        self._connection = connection
        self._statements = statements
        self._updated: dict[str, dict[str, Sequence[str]]] = {}
        self._deleted: dict[str, set[str]] = {}

    def read(self, projection: str, keys: Collection[str]) -> Mapping[str, Mapping[str, object]]:
        """See the port."""
        if projection in self._statements.virtual:
            found = self._connection.exec_driver_sql(READ_GROUPS, (projection, list(keys)))
            # A column that the mapping has gained since is not there yet: it counts as NULL, and so as changed.
            declared = [column.name for column in self._statements.compiled[projection].declaration.columns]
            return {key: {name: content.get(name) for name in declared} for key, content in found}
        return self._rows(projection, keys)[0]

    def find(self, projection: str, keys: Collection[str]) -> Mapping[str, Mapping[str, object]]:
        """See the port."""
        if projection in self._statements.virtual:
            return self.read(projection, keys)
        rows, kept = self._rows(projection, keys, KEPT, (projection, list(keys)))
        return {key: row for key, row in rows.items() if key not in kept} if kept else rows

    def _rows(
        self, projection: str, keys: Collection[str], and_what: str = ", null", more: tuple[object, ...] = ()
    ) -> tuple[dict[str, Mapping[str, object]], Collection[str] | None]:
        """The rows by key, and the one value that ``and_what`` adds to the query."""
        by_value = self._values(projection, keys)
        columns, statement = self._statements.select[projection]
        place = columns.index(self._statements.compiled[projection].declaration.key_column)
        rows: dict[str, Mapping[str, object]] = {}
        found: Collection[str] | None = None
        values: list[object]
        statement = statement.replace("{and_what}", and_what, 1)
        for *values, also in self._connection.exec_driver_sql(statement, (*more, list(by_value))):
            given = [as_rules_give(value) for value in values]
            rows[by_value[str(given[place])]] = dict(zip(columns, given, strict=True))
            found = also
        return rows, found

    def release(self, projection: str, claim: Claim, wanted: Mapping[str, str | None]) -> None:
        """See the port."""
        by_value = self._values(projection, wanted)
        rows = [{"k": value, "v": wanted[key]} for value, key in sorted(by_value.items())]
        if rows:
            self._connection.exec_driver_sql(self._statements.release(projection, claim), (encoded(rows),))

    def write(self, projection: str, rows: Mapping[str, Mapping[str, object]]) -> tuple[int, Mapping[str, str]]:
        """See the port. Refused rows are found by halving, each try in a savepoint of its own."""
        keys = sorted(rows)
        if not keys:
            return 0, {}
        if projection in self._statements.virtual:
            groups = encoded([{"key": key, "content": rows[key]} for key in keys])
            return self._written(projection, WRITE_GROUPS, (projection, groups), {key: key for key in keys}), {}
        try:
            with self._connection.begin_nested():
                values = encoded([rows[key] for key in keys])
                key_column = self._statements.compiled[projection].declaration.key_column
                by_value = {str(rows[key][key_column]): key for key in keys}
                return self._written(projection, self._statements.upsert[projection], (values,), by_value), {}
        except (IntegrityError, DataError) as error:
            if len(keys) == 1:
                return 0, {keys[0]: refusal_reason(error)}
        half = len(keys) // 2
        first, refused = self.write(projection, {key: rows[key] for key in keys[:half]})
        second, also = self.write(projection, {key: rows[key] for key in keys[half:]})
        return first + second, {**refused, **also}

    def delete(self, projection: str, keys: Collection[str]) -> tuple[int, Mapping[str, str]]:
        """See the port. Rows that others refer to are found by halving, as refused ones are."""
        if projection in self._statements.virtual:
            gone = set(self._connection.exec_driver_sql(DELETE_GROUPS, (projection, list(keys))).scalars())
            self._deleted.setdefault(projection, set()).update(gone)
            return len(gone), {}
        by_value = self._values(projection, keys)
        values = sorted(by_value)
        if not values:
            return 0, {}
        try:
            with self._connection.begin_nested():
                found = self._connection.exec_driver_sql(self._statements.delete[projection], (values,)).scalars()
                gone = {by_value[value] for value in found}
            self._deleted.setdefault(projection, set()).update(gone)
            return len(gone), {}
        except IntegrityError as error:
            if len(values) == 1:
                return 0, {by_value[values[0]]: refusal_reason(error)}
        half = len(values) // 2
        first, kept = self.delete(projection, [by_value[value] for value in values[:half]])
        second, also = self.delete(projection, [by_value[value] for value in values[half:]])
        return first + second, {**kept, **also}

    def changed(self, projection: str) -> RowsChanged:
        """See the port."""
        return RowsChanged(self._updated.get(projection, {}), self._deleted.get(projection, ()))

    def _written(self, projection: str, statement: str, values: tuple[object, ...], by_value: Mapping[str, str]) -> int:
        count, updated = self._connection.exec_driver_sql(statement, values).one()
        columns = {by_value[value]: names for value, names in updated.items()}
        self._updated.setdefault(projection, {}).update(columns)
        return int(count)

    def _values(self, projection: str, keys: Collection[str]) -> dict[str, str]:
        compiled = self._statements.compiled[projection]
        pairs = ((compiled.key_value(key), key) for key in keys)
        return {str(value): key for value, key in pairs if value is not None}


def refusal_reason(error: IntegrityError | DataError) -> str:
    """Which constraint or which kind of value: PostgreSQL's own message would repeat the row."""
    cause = error.orig
    if isinstance(cause, psycopg.Error) and cause.diag.constraint_name:
        return f"the new database's constraint {cause.diag.constraint_name} refuses it"
    state = cause.sqlstate if isinstance(cause, psycopg.Error) else None
    return f"the new database refuses it (code {state or 'unknown'})"
