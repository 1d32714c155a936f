"""Reads everything that explaining keys needs in one transaction in which nothing moves."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine

from streams.adapters.databases.belonging import BelongingStatements, keys_belonging
from streams.adapters.databases.followed import followed_catalog, known_columns
from streams.adapters.databases.lacking import lacking_columns
from streams.adapters.databases.mirror import row_id
from streams.adapters.databases.sources import DELETE_TIME, unkeyed_text
from streams.adapters.databases.sql_names import listed, quoted
from streams.adapters.databases.target import translated
from streams.adapters.databases.target_rows import PostgresTargetRows, TargetStatements
from streams.changes.position import Position
from streams.ports.explain import KeptClaim, KeptEntry, KeptState, KeptStates, MirrorRow, MirrorRows, Moment
from streams.ports.replication import TargetRows
from streams.projection.catalog import Catalog, Table
from streams.projection.declaration import DELETED_AT, Projection, Source

PLACE = "m._generation, m._commit, m._record, m._rank, m._committed_ms"
STATES = """
select key, outcome, to_char(since at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), faults, findings,
  wait_projection, wait_key
from selaras.key_state where projection = %s and key = any(%s)
"""
HISTORY = """
select key, generation, commit, record, committed_ms, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  was, outcome, faults, findings, wait_projection, wait_key, columns
from selaras.outcome_history where projection = %s and key = any(%s) order by key, id
"""
CLAIMS = """
select c.key, c.column_name, c.value, (
  select h.key from selaras.claim as h
  where h.projection = c.projection and h.column_name = c.column_name and h.value = c.value
  order by h.rank, h.key collate "C" limit 1)
from selaras.claim as c where c.projection = %s and c.key = any(%s) order by c.key, c.column_name
"""
IN_FORCE = "select mapping, reference from selaras.version"
LENGTH = re.compile(r"character[^(]*\((\d+)\)")


def measured_catalog(connection: Connection) -> Catalog:
    """The mirror's tables as legacy tables, with the lengths that character columns have on the legacy side."""
    known = known_columns(connection)
    tables = {}
    for name, table in followed_catalog(connection).tables.items():
        lengths = {c: int(found[1]) for c, kind in known.get(name, {}).items() if (found := LENGTH.match(kind))}
        columns = {c: replace(kind, length=lengths.get(c)) for c, kind in table.columns.items()}
        tables[name] = Table(name, columns, table.key)
    return Catalog(tables)


class ExplainStatements:
    """The reads of every projection's sources, made once.

    ``mirror``: the tables as the mirror has them, and how long their columns are on the legacy side.
    """

    def __init__(self, projections: Sequence[Projection], mirror: Catalog, target: TargetStatements) -> None:
        self.target = target
        self.keyless = frozenset(table.name for table in mirror.tables.values() if not table.key)
        self.belonging = BelongingStatements(projections, mirror)
        self.reads: dict[str, list[tuple[Source, tuple[str, ...], str]]] = {
            one.target: [(source, *_read(one, source, mirror)) for source in one.sources] for one in projections
        }


def _read(projection: Projection, source: Source, mirror: Catalog) -> tuple[tuple[str, ...], str]:
    table, columns = mirror.tables[source.table], projection.columns_read(source.name)
    identity = f"m.{quoted(row_id(table))}"
    gone, count = ("m._deleted", "(not m._deleted)::int") if table.key else ("m._count <= 0", "m._count")
    place = f"{identity}::text, {PLACE}, {count}, {DELETE_TIME.format(gone=gone)}, {listed(columns, 'm.')}"
    if source.is_derived:
        kind = table.columns[row_id(table)].sql if table.key else "uuid"
        statement = (
            f"select k.key, {place} from selaras.row_key as k join mirror.{quoted(table.name)} as m "
            f"on {identity} = k.row::{kind} "
            f"where k.source = '{projection.target}.{source.name}' and k.key = any(%(keys)s) order by {identity}"
        )
    else:
        key, (name, where) = f"m.{quoted(source.key)}", unkeyed_text(source, table, "m")
        statement = (
            f"select coalesce({key}::text, {name}), {place} from mirror.{quoted(table.name)} as m "
            f"where {key} = any(%(keys)s) or ({where} and {name} = any(%(keys)s)) order by {identity}"
        )
    return (DELETED_AT, *columns), statement


class PostgresMirrorRows:
    """Implements the port ``MirrorRows``."""

    def __init__(self, connection: Connection, statements: ExplainStatements) -> None:
        self._connection = connection
        self._statements = statements

    def of_keys(self, projection: str, keys: Collection[str]) -> Mapping[str, Mapping[str, Sequence[MirrorRow]]]:
        """See the port."""
        found: dict[str, dict[str, list[MirrorRow]]] = {}
        for source, names, statement in self._statements.reads[projection]:
            for row in self._connection.exec_driver_sql(statement, {"keys": list(keys)}):
                key, identity, generation, commit, record, rank, committed_ms, count, *values = row
                position = Position(generation, commit, record, rank)
                rows = found.setdefault(key, {}).setdefault(source.name, [])
                told = dict(zip(names, values, strict=True))
                rows.append(MirrorRow(identity, told, position, _moment(committed_ms), count))
        return found

    def belonging(self, text: str) -> Mapping[str, Sequence[str]]:
        """See the port."""
        return keys_belonging(self._connection, self._statements.belonging, text)


class PostgresKeptStates:
    """Implements the port ``KeptStates``."""

    def __init__(self, connection: Connection, keyless: Collection[str]) -> None:
        self._connection = connection
        self._keyless = keyless

    def states(self, projection: str, keys: Collection[str]) -> Mapping[str, KeptState]:
        """See the port."""
        rows = self._connection.exec_driver_sql(STATES, (projection, list(keys)))
        return {key: KeptState(*state) for key, *state in rows}

    def history(self, projection: str, keys: Collection[str]) -> Mapping[str, Sequence[KeptEntry]]:
        """See the port."""
        found: dict[str, list[KeptEntry]] = {}
        for row in self._connection.exec_driver_sql(HISTORY, (projection, list(keys))):
            key, generation, commit, record, committed_ms, *entry = row
            entry.append(None if generation is None else Position(generation, commit, record))
            entry.append(None if committed_ms is None else _moment(committed_ms))
            found.setdefault(key, []).append(KeptEntry(*entry))
        return found

    def claims(self, projection: str, keys: Collection[str]) -> Mapping[str, Sequence[KeptClaim]]:
        """See the port."""
        found: dict[str, list[KeptClaim]] = {}
        for key, *claim in self._connection.exec_driver_sql(CLAIMS, (projection, list(keys))):
            found.setdefault(key, []).append(KeptClaim(*claim))
        return found

    def in_force(self) -> tuple[str, str]:
        """See the port."""
        row = self._connection.exec_driver_sql(IN_FORCE).first()
        return ("", "") if row is None else (row[0], row[1])

    def lacking(self) -> Collection[tuple[str, str]]:
        """See the port."""
        return lacking_columns(self._connection, self._keyless)


@dataclass(slots=True)
class PostgresMoment:
    """Implements ``Moment`` on one connection."""

    mirror: MirrorRows
    kept: KeptStates
    target: TargetRows


class PostgresMoments:
    """Implements the port ``Moments``."""

    def __init__(self, engine: Engine, statements: ExplainStatements) -> None:
        self._engine = engine
        self._statements = statements

    @contextmanager
    def now(self) -> Iterator[Moment]:
        """See the port."""
        with standing_still(self._engine) as connection:
            yield PostgresMoment(
                PostgresMirrorRows(connection, self._statements),
                PostgresKeptStates(connection, self._statements.keyless),
                PostgresTargetRows(connection, self._statements.target),
            )


@contextmanager
def standing_still(engine: Engine) -> Iterator[Connection]:
    """A read-only transaction on the target in which every statement sees the same moment."""
    with translated("target"), engine.connect() as plain:
        # Each statement would see another moment, and a worker's batch between two of them as a difference.
        connection = plain.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield connection


def _moment(committed_ms: int) -> str:
    return datetime.fromtimestamp(committed_ms / 1000, UTC).isoformat(timespec="milliseconds")
