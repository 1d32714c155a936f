"""The target's rows beside computed ones: the database compares, and only rows that differ travel."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DataError

from streams.adapters.databases.mirror import encoded
from streams.adapters.databases.sql_names import listed, quoted
from streams.adapters.databases.target_rows import KEPT, PostgresTargetRows, TargetStatements, as_rules_give, sql_type
from streams.ports.projection_check import Compared, Row
from streams.projection.catalog import Catalog, ColumnType
from streams.projection.declaration import Projection
from streams.projection.order import columns_looked_up, dependents

FOREIGN_KEYS = text("""
select c.relname, r.relname, array_agg(a.attname::text order by k.n), array_agg(b.attname::text order by k.n)
from pg_constraint as f
join pg_class as c on c.oid = f.conrelid join pg_class as r on r.oid = f.confrelid
join pg_namespace as s on s.oid = c.relnamespace and s.nspname = 'rba'
cross join lateral unnest(f.conkey, f.confkey) with ordinality as k(own, other, n)
join pg_attribute as a on a.attrelid = f.conrelid and a.attnum = k.own
join pg_attribute as b on b.attrelid = f.confrelid and b.attnum = k.other
where f.contype = 'f' and r.relnamespace = c.relnamespace group by f.oid, c.relname, r.relname order by f.oid
""")
GROUPS = """
select x._n, x.content, g.content
from rows from (json_to_recordset(%s) as (key text, content jsonb)) with ordinality as x(key, content, _n)
left join selaras.group_row as g on g.projection = %s and g.key = x.key
where g.content is distinct from x.content
"""
GROUP_IDS = """
select key collate "C" from selaras.group_row where projection = %(projection)s {beyond}
order by 1 limit %(limit)s
"""

Reference = tuple[tuple[str, ...], str, tuple[str, ...]]
"""Own columns, parent table, its columns."""


class ComparisonStatements:
    """The statements of every projection, made once."""

    def __init__(
        self, target: TargetStatements, catalog: Catalog, foreign_keys: Mapping[str, Sequence[Reference]]
    ) -> None:
        self.target = target
        self.compare: dict[str, tuple[tuple[str, ...], str]] = {}
        self.orphans: dict[str, tuple[tuple[str, ...], str]] = {}
        self.looked_up: dict[str, tuple[tuple[str, ...], str]] = {}
        declared = {name: compiled.declaration for name, compiled in target.compiled.items()}
        readers = dependents(tuple(declared.values()))
        for name in declared.keys() - target.virtual:
            types = catalog.tables[name].columns
            self.compare[name] = _compare(declared[name], types)
            read, (key, kind) = columns_looked_up(declared[name], readers[name]), target.keys[name]
            where = f"where {key} = any(%s::{kind}[])"
            self.looked_up[name] = read, f"select {key}::text, {listed(read)}{KEPT} from rba.{quoted(name)} {where}"
            parents = dict.fromkeys((*foreign_keys.get(name, ()), *_looked_up(declared[name], declared)))
            if parents:
                self.orphans[name] = _orphans(declared[name], tuple(parents), target.keys[name])


def foreign_keys(connection: Connection) -> dict[str, list[Reference]]:
    """By table of the target, its foreign keys; those that are switched off too."""
    found: dict[str, list[Reference]] = {}
    for table, parent, own, others in connection.execute(FOREIGN_KEYS):
        found.setdefault(table, []).append((tuple(own), parent, tuple(others)))
    return found


def _looked_up(projection: Projection, declared: Mapping[str, Projection]) -> list[Reference]:
    """Columns that hold the key of a looked-up row: a parent, even where no constraint says so."""
    found: list[Reference] = []
    for column in projection.columns:
        for term in column.terms:
            if term.lookup is not None:
                parent = declared[projection.lookup(term.lookup[0]).projection]
                if not parent.virtual and term.lookup[1] == parent.key_column:
                    found.append(((column.name,), parent.target, (parent.key_column,)))
    return found


def _compare(projection: Projection, types: Mapping[str, ColumnType]) -> tuple[tuple[str, ...], str]:
    columns = tuple(column.name for column in projection.columns)
    key = quoted(projection.key_column)
    typed = ", ".join(f"{quoted(column)} {sql_type(types[column])}" for column in columns)
    own = [column for column in columns if column != projection.key_column]
    differs = f"({listed(own, 't.')}) is distinct from ({listed(own, 'x.')})" if own else "false"
    statement = (
        f"select x._n, t.{key} is null, {listed(columns, 'x.')}, {listed(columns, 't.')} "
        f"from rows from (json_to_recordset(%s) as ({typed})) with ordinality as x({listed(columns)}, _n) "
        f"left join rba.{quoted(projection.target)} as t on t.{key} = x.{key} where t.{key} is null or {differs}"
    )
    return columns, statement


def _orphans(projection: Projection, parents: Sequence[Reference], key: tuple[str, str]) -> tuple[tuple[str, ...], str]:
    """A row whose reference is not whole (a NULL in it) refers to nothing, as for the constraint."""
    columns = tuple(dict.fromkeys(column for own, _, _ in parents for column in own))
    gone = []
    for own, parent, others in parents:
        pairs = " and ".join(f"p.{quoted(b)} = t.{quoted(a)}" for a, b in zip(own, others, strict=True))
        whole = " and ".join(f"t.{quoted(column)} is not null" for column in own)
        gone.append(f"({whole} and not exists (select from rba.{quoted(parent)} as p where {pairs}))")
    missing = ", ".join(
        f"{' or '.join(g for g, (own, _, _) in zip(gone, parents, strict=True) if column in own)}" for column in columns
    )
    id_column, kind = key
    statement = (
        f"select * from (select t.{id_column}::text as _id, {listed(columns, 't.')}, array[{missing}] as _gone "
        f"from rba.{quoted(projection.target)} as t where t.{id_column} = any(%s::{kind}[])) as t "
        f"where true = any(_gone)"
    )
    return columns, statement


class PostgresComparison:
    """Implements the port ``Comparison``."""

    def __init__(self, connection: Connection, statements: ComparisonStatements) -> None:
        self._connection = connection
        self._statements = statements

    def compare(self, projection: str, rows: Mapping[str, Row]) -> Compared:
        """See the port. Rows that no table could hold are found by halving, each try in a savepoint of its own."""
        if not rows:
            return Compared()
        keys = list(rows)
        if projection in self._statements.target.virtual:
            return self._groups(projection, keys, rows)
        try:
            with self._connection.begin_nested():
                return self._compared(projection, keys, rows)
        except DataError:
            if len(keys) == 1:
                return Compared(impossible=frozenset(keys))
        half = len(keys) // 2
        one, other = (self.compare(projection, {k: rows[k] for k in part}) for part in (keys[:half], keys[half:]))
        return Compared(
            {**one.missing, **other.missing},
            {**one.different, **other.different},
            one.impossible | other.impossible,
        )

    def _compared(self, projection: str, keys: Sequence[str], rows: Mapping[str, Row]) -> Compared:
        columns, statement = self._statements.compare[projection]
        missing: dict[str, Row] = {}
        different: dict[str, tuple[Row, Row]] = {}
        values = encoded([rows[key] for key in keys])
        for number, is_missing, *both in self._connection.exec_driver_sql(statement, (values,)):
            wanted = dict(zip(columns, both, strict=False))
            if is_missing:
                missing[keys[number - 1]] = wanted
            else:
                different[keys[number - 1]] = wanted, dict(zip(columns, both[len(columns) :], strict=True))
        return Compared(missing, different)

    def _groups(self, projection: str, keys: Sequence[str], rows: Mapping[str, Row]) -> Compared:
        missing: dict[str, Row] = {}
        different: dict[str, tuple[Row, Row]] = {}
        values = encoded([{"key": key, "content": rows[key]} for key in keys])
        for number, wanted, found in self._connection.exec_driver_sql(GROUPS, (values, projection)):
            if found is None:
                missing[keys[number - 1]] = wanted
            else:
                different[keys[number - 1]] = wanted, found
        return Compared(missing, different)

    def orphans(self, projection: str, keys: Collection[str]) -> Mapping[str, Row]:
        """See the port."""
        if projection not in self._statements.orphans:
            return {}
        columns, statement = self._statements.orphans[projection]
        by_id = self._by_id(projection, keys)
        found: dict[str, Row] = {}
        for row in self._connection.exec_driver_sql(statement, (list(by_id),)):
            identity, *values, gone = row
            told = zip(columns, values, gone, strict=True)
            found[by_id[identity]] = {column: value for column, value, is_gone in told if is_gone}
        return found

    def looked_up(self, projection: str, keys: Collection[str]) -> Mapping[str, Row]:
        """See the port."""
        if projection in self._statements.target.virtual:
            return PostgresTargetRows(self._connection, self._statements.target).find(projection, keys)
        columns, statement = self._statements.looked_up[projection]
        by_id = self._by_id(projection, keys)
        rows = self._connection.exec_driver_sql(statement, (projection, list(keys), list(by_id)))
        return {
            by_id[identity]: dict(zip(columns, map(as_rules_give, values), strict=True))
            for identity, *values, kept in rows
            if by_id[identity] not in kept
        }

    def ids_after(self, projection: str, after: str | None, limit: int) -> Sequence[str]:
        """See the port."""
        values: dict[str, Any] = {"projection": projection, "after": after, "limit": limit}
        if projection in self._statements.target.virtual:
            statement = GROUP_IDS.format(beyond="" if after is None else "and key > %(after)s::text")
            return list(self._connection.exec_driver_sql(statement, values).scalars())
        key, kind = self._statements.target.keys[projection]
        beyond = "" if after is None else f"where {key} > %(after)s::{kind}"
        statement = f"select {key}::text from rba.{quoted(projection)} {beyond} order by {key} limit %(limit)s"
        return list(self._connection.exec_driver_sql(statement, values).scalars())

    def rows(self, projection: str, ids: Collection[str]) -> Mapping[str, Row]:
        """See the port."""
        key, kind = self._statements.target.keys[projection]
        columns, _ = self._statements.target.select[projection]
        statement = (
            f"select {key}::text, {listed(columns)} from rba.{quoted(projection)} where {key} = any(array("
            f"select i::{kind} from unnest(%s::text[]) as i where pg_input_is_valid(i, '{kind}')))"
        )
        rows = self._connection.exec_driver_sql(statement, (list(ids),))
        return {identity: dict(zip(columns, values, strict=True)) for identity, *values in rows}

    def _by_id(self, projection: str, keys: Collection[str]) -> dict[str, str]:
        compiled = self._statements.target.compiled[projection]
        return {str(value): key for key in keys if (value := compiled.key_value(key)) is not None}
