"""Control totals in SQL: the legacy's statements run on the mirror's live rows, in one snapshot with the target's."""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from streams.adapters.databases.sql_names import quoted
from streams.adapters.databases.target import translated
from streams.drift.total import Fact, Facts, Group, Known, Total, Values
from streams.errors import ErrorKind, SelarasError
from streams.ports.totals import TotalResult, TotalsMoment
from streams.projection.catalog import Catalog

TABLE = re.compile(r"\{([a-z_]+)\}")
STATES = """
select projection, key, outcome, faults <> '[]'::jsonb from selaras.key_state
where projection = any(%s) and key = any(%s)
"""
KEEP = """
insert into selaras.control_total (name, at, whole, content) values (%s, %s, %s, %s)
on conflict (name, at) do update set whole = excluded.whole, content = excluded.content
"""
FORGET = """
delete from selaras.control_total as c where at < now() - make_interval(days => %s)
  and exists (select from selaras.control_total as d where d.name = c.name and d.at > c.at)
"""
LATEST = "select distinct on (name) name, at, whole from selaras.control_total order by name, at desc"
REFUSED = "42", "22", "25", "57"
"""Classes of SQLSTATE that a statement of a file can bring about: syntax, data, writing, time limit."""


class PostgresTotals:
    """Implements the port ``TotalsSource``. ``limit_ms``: what one statement may take."""

    def __init__(self, target: Engine, legacy: Engine, mirror: Catalog, schema: str, limit_ms: int) -> None:
        self._target = target
        self._legacy = legacy
        self._mirror = mirror
        self._schema = schema
        self._limit_ms = limit_ms

    @contextmanager
    def now(self) -> Iterator[TotalsMoment]:
        """See the port."""
        with translated("target"), self._target.connect() as connection:
            begun = connection.execution_options(isolation_level="REPEATABLE READ")
            _limited(begun, self._limit_ms)
            yield _Moment(begun, self._mirrored)
            begun.rollback()

    def legacy_sums(self, total: Total) -> Mapping[Group, Values]:
        """See the port."""
        with translated("legacy"), self._legacy.connect() as connection:
            _limited(connection, self._limit_ms)
            statement = _named(total, total.legacy, self._own)
            found = _sums(connection, total, statement, "")
            connection.rollback()
            return found

    def _mirrored(self, name: str) -> str:
        table = self._mirror.tables[name]
        if table.key:
            return f"(select * from mirror.{quoted(name)} where not _deleted)"
        return f"(select m.* from mirror.{quoted(name)} as m cross join lateral generate_series(1, m._count))"

    def _own(self, name: str) -> str:
        return f"{quoted(self._schema)}.{quoted(self._mirror.tables[name].name)}"


class _Moment:
    """Implements ``TotalsMoment`` on one connection."""

    def __init__(self, connection: Connection, mirrored: Callable[[str], str]) -> None:
        self._connection = connection
        self._mirrored = mirrored

    def sums(self, total: Total, side: str) -> Mapping[Group, Values]:
        """See the port."""
        text, condition = (total.legacy, "") if side == "legacy" else (total.target, "where not deleted")
        return _sums(self._connection, total, _named(total, text, self._mirrored), condition)

    def facts(self, total: Total, groups: Collection[Group]) -> Facts:
        """See the port."""
        found: dict[str, dict[str, list[Fact]]] = {"legacy": {}, "target": {}}
        if not groups:
            return Facts({}, {})
        names = ", ".join(f"coalesce(f.{quoted(g)}::text, '') as {quoted(g)}" for g in total.groups)
        values = "".join(f", coalesce(f.{quoted(v)}, 0)::numeric" for v in total.values)
        wanted = " and ".join(f"w.{quoted(g)} = coalesce(f.{quoted(g)}::text, '')" for g in total.groups)
        statement = f"""
            with l as materialized ({_named(total, total.legacy, self._mirrored)}),
              t as materialized ({_named(total, total.target, self._mirrored)}),
              w as (select * from unnest({", ".join(["%s::text[]"] * len(total.groups))})
                    as w({", ".join(quoted(g) for g in total.groups)})),
              k as (select f.key::text as key from l as f where exists (select from w where {wanted})
                    union select f.key::text from t as f where exists (select from w where {wanted}))
            select 'legacy', coalesce(f.key::text, ''), false, {names}{values} from l as f
            where coalesce(f.key::text, '') in (select coalesce(key, '') from k)
            union all
            select 'target', coalesce(f.key::text, ''), f.deleted, {names}{values} from t as f
            where coalesce(f.key::text, '') in (select coalesce(key, '') from k)
            """
        columns = [list(column) for column in zip(*groups, strict=True)]
        width = len(total.groups)
        for side, key, deleted, *rest in _run(self._connection, total, statement, tuple(columns)):
            fact = Fact(key, tuple(rest[:width]), tuple(rest[width:]), deleted)
            found[side].setdefault(key, []).append(fact)
        return Facts(found["legacy"], found["target"])

    def listed(self, total: Total, group: Group, side: str) -> Sequence[tuple[str, ...]]:
        """See the port."""
        text, live = (total.legacy, "true") if side == "legacy" else (total.target, "not deleted")
        columns = ", ".join(f"coalesce({quoted(name)}::text, '')" for name in ("key", *total.listed))
        wanted = " and ".join(f"coalesce({quoted(name)}::text, '') = %s" for name in total.groups)
        statement = f"select {columns} from ({_named(total, text, self._mirrored)}) as f where {live} and {wanted}"
        return sorted(_run(self._connection, total, statement, group))

    def known(self, total: Total, keys: Collection[str]) -> Known:
        """See the port."""
        if not keys:
            return Known()
        outcomes: dict[str, str] = {}
        at_fault: set[str] = set()
        ranks = {name: number for number, name in enumerate(total.projections)}
        rows = _run(self._connection, total, STATES, (list(total.projections), sorted(keys)))
        for _, key, outcome, faulty in sorted(rows, key=lambda row: ranks[row[0]]):
            if outcome != "row":
                outcomes.setdefault(key, outcome)
            if faulty:
                at_fault.add(key)
        moved = {
            total.groups.index(column): frozenset(
                (str(one), str(other)) for one, other in _run(self._connection, total, _escaped(statement), ())
            )
            for column, statement in total.moved.items()
        }
        declared: set[str] = set()
        if total.declared:
            statement = _named(total, total.declared, self._mirrored)
            declared = {str(row[0]) for row in _run(self._connection, total, statement, ())} & set(keys)
        return Known(outcomes, at_fault, moved, declared)


class PostgresTotalsBook:
    """Implements the port ``TotalsBook``. ``days``: how long results are kept; the newest of each total always is."""

    def __init__(self, target: Engine, days: int) -> None:
        self._target = target
        self._days = days

    def keep(self, results: Sequence[TotalResult]) -> None:
        """See the port."""
        with translated("target"), self._target.begin() as connection:
            for result in results:
                parameters = (result.total.name, result.at, result.agrees, json.dumps(content(result)))
                connection.exec_driver_sql(KEEP, parameters)
            connection.exec_driver_sql(FORGET, (self._days,))

    def latest(self) -> Sequence[tuple[str, datetime, bool]]:
        """See the port."""
        with translated("target"), self._target.connect() as connection:
            return [(name, at, whole) for name, at, whole in connection.exec_driver_sql(LATEST)]


def content(result: TotalResult) -> list[dict[str, object]]:
    """The lines as plain values, for the record."""
    return [
        {
            "group": list(line.group),
            "legacy": [str(value) for value in line.legacy],
            "target": [str(value) for value in line.target],
            "explained": {reason.value: [str(value) for value in values] for reason, values in line.explained.items()},
            "rest": [str(value) for value in line.rest],
            "keys": list(line.keys),
        }
        for line in result.lines
    ]


def _limited(connection: Connection, limit_ms: int) -> None:
    connection.exec_driver_sql("set transaction read only")
    connection.exec_driver_sql(f"set local statement_timeout = {limit_ms:d}")


def _escaped(statement: str) -> str:
    return statement.replace("%", "%%")


def _named(total: Total, statement: str, table: Callable[[str], str]) -> str:
    def name(found: re.Match[str]) -> str:
        try:
            return table(found[1])
        except KeyError:
            raise SelarasError(
                ErrorKind.CONFIGURATION,
                f"The control total {total.name} reads {{{found[1]}}}, which is no legacy table.",
                "correct its file in schemas/totals",
            ) from None

    return TABLE.sub(name, _escaped(statement).rstrip().rstrip(";"))


def _sums(connection: Connection, total: Total, statement: str, condition: str) -> dict[Group, Values]:
    groups = ", ".join(f"coalesce({quoted(g)}::text, '')" for g in total.groups)
    values = "".join(f", coalesce(sum({quoted(v)}), 0)::numeric" for v in total.values)
    places = ", ".join(str(number + 1) for number in range(len(total.groups)))
    text = f"select {groups}, count(*){values} from ({statement}) as f {condition} group by {places}"
    width = len(total.groups)
    return {
        tuple(row[:width]): tuple(Decimal(value) for value in row[width:]) for row in _run(connection, total, text, ())
    }


def _run(connection: Connection, total: Total, statement: str, parameters: tuple[object, ...]) -> list[tuple[Any, ...]]:
    try:
        return [tuple(row) for row in connection.exec_driver_sql(statement, parameters)]
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None) or ""
        if not state.startswith(REFUSED):
            raise
        # Its text may hold a value of a row: only the code is shown.
        raise SelarasError(
            ErrorKind.CONFIGURATION,
            f"The database refuses a statement of the control total {total.name} (code {state}).",
            "run the statement of its file in schemas/totals by hand to see why, and correct it",
        ) from None
