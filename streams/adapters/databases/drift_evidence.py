"""What speaks for the cause of a difference: writes by others, commits behind a key, versions in force."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from sqlalchemy import Connection

from streams.adapters.databases.drift_ledger import Begin
from streams.adapters.databases.mirror import row_id
from streams.adapters.databases.sql_names import quoted
from streams.drift.difference import ROW, WHOLE_TABLE, Check
from streams.ports.drift_store import Known
from streams.projection.catalog import Catalog
from streams.projection.declaration import Projection, Source

NOW = "select clock_timestamp()"
# A write counts until its own entry is verified by a look that began after it.
WRITES = """
select distinct on (f.table_name, f.key) f.table_name, f.key, f.at, f.operation, f.user_name, f.application, f.address
from selaras.foreign_write as f
where f.schema_name = any(%s) and f.table_name = any(%s) and (f.key = any(%s) or f.key is null) and not exists (
  select from selaras.drift_entry as e where e.check_name = 'foreign' and e.table_name = f.table_name
    and e.key = coalesce(f.key, '*') and e.state = 'verified' and e.looked_at >= f.at)
order by f.table_name, f.key, f.user_name is null, f.at desc
"""
OPEN_WRITES = """
select key from selaras.drift_entry
where check_name = 'foreign' and table_name = %s and key = any(%s) and state <> 'verified'
"""
ANY_WRITES = """
select exists (select from selaras.drift_entry
where check_name = 'foreign' and table_name = %s and state <> 'verified')
"""
RECOMPUTED = """
select v.recomputed or r.finished_at is not null, r.after_key from selaras.version as v
left join selaras.recompute as r on r.step = %s and (r.mapping, r.reference) = (v.mapping, v.reference)
"""
PUT_THERE = """
select f.key from selaras.foreign_write as f
where f.schema_name = 'mirror' and f.table_name = %s and f.key = any(%s) and f.operation = 'INSERT'
  and not exists (
    select from selaras.foreign_write as d where d.schema_name = 'mirror' and d.table_name = f.table_name
      and (d.key = f.key and d.operation = 'DELETE' or d.key is null) and d.id < f.id)
"""
KEYLESS = "nib"  # writes to a mirror table without a key are known by this column
SCHEMAS = {Check.PROJECTION: ("rba",), Check.CAPTURE: ("mirror",)}

Behind = Mapping[str, Sequence[tuple[str, str, datetime]]]
"""By key: table, row and commit time of the mirror rows behind it."""


@dataclass(frozen=True, slots=True)
class Write:
    """A write by somebody else."""

    at: datetime
    said: str


class RowIds(Protocol):
    """The primary key of the row that a key gives, as text; None where there can be none."""

    def __call__(self, projection: str, key: str, /) -> str | None:
        """Target table and key."""


class EvidenceStatements:
    """The reads of every projection's sources, made once."""

    def __init__(self, projections: Iterable[Projection], mirror: Catalog, row_ids: RowIds) -> None:
        self.row_ids = row_ids
        self.behind = {
            one.target: [(s.table, _behind(one.target, s, mirror)) for s in one.sources] for one in projections
        }


def _behind(projection: str, source: Source, mirror: Catalog) -> str:
    table = mirror.tables[source.table]
    identity, rows = f"m.{quoted(row_id(table))}", f"mirror.{quoted(table.name)} as m"
    named = identity if table.key else f"m.{quoted(KEYLESS)}"
    if source.is_derived:
        kind = table.columns[row_id(table)].sql if table.key else "uuid"
        return (
            f"select k.key, {named}::text, m._committed_ms from selaras.row_key as k join {rows} "
            f"on {identity} = k.row::{kind} where k.source = '{projection}.{source.name}' and k.key = any(%s)"
        )
    key = f"m.{quoted(source.key)}"
    return f"select {key}::text, {named}::text, m._committed_ms from {rows} where {key} = any(%s)"


class PostgresDriftEvidence:
    """Implements the port ``DriftEvidence``."""

    def __init__(self, begin: Begin, statements: EvidenceStatements) -> None:
        self._begin = begin
        self._statements = statements

    def around(self, check: Check, table: str, keys: Collection[str]) -> Mapping[str, Known]:
        """See the port."""
        with self._begin() as connection:
            now = connection.exec_driver_sql(NOW).scalar_one()
            if check is Check.FOREIGN:
                written = _writes(connection, ("rba", "mirror"), [table], keys)
                places = {key: None if key == WHOLE_TABLE else key for key in keys}
                return {key: _known(now, [written.get((table, place))], []) for key, place in places.items()}
            if check not in SCHEMAS:
                return dict.fromkeys(keys, Known())
            behind = self._rows_behind(connection, table, keys) if check is Check.PROJECTION else {}
            ids = self._ids(check, table, keys)
            written = _writes(connection, SCHEMAS[check], [table], {one for these in ids.values() for one in these})
            rows = [row for these in behind.values() for row in these]
            below = _writes(connection, ("mirror",), {t for t, *_ in rows}, {row for _, row, _ in rows}) if rows else {}
            version = connection.exec_driver_sql(RECOMPUTED, (table,)).first() if check is Check.PROJECTION else None
        found, emptied = {}, written.get((table, None))
        for key in keys:
            theirs = [written.get((table, one)) for one in ids[key]]
            theirs += [below.get((t, row)) for t, row, _ in behind.get(key, ())]
            known = _known(now, [*theirs, emptied], [at for *_, at in behind.get(key, ())])
            recomputed = version is None or bool(version[0]) or key <= (version[1] or "")
            found[key] = replace(known, foreign=any(theirs), emptied=emptied is not None, recomputed=recomputed)
        return found

    def written(self, check: Check, table: str, keys: Collection[str]) -> frozenset[str]:
        """See the port."""
        with self._begin() as connection:
            # Seldom true; else every key's row would have to be named.
            if not keys or not connection.exec_driver_sql(ANY_WRITES, (table,)).scalar():
                return frozenset()
            ids = {one for these in self._ids(check, table, keys).values() for one in these}
            return frozenset(connection.exec_driver_sql(OPEN_WRITES, (table, sorted(ids))).scalars())

    def put_there(self, table: str, keys: Collection[str]) -> frozenset[str]:
        """See the port."""
        with self._begin() as connection:
            return frozenset(connection.exec_driver_sql(PUT_THERE, (table, sorted(keys))).scalars())

    def _ids(self, check: Check, table: str, keys: Collection[str]) -> dict[str, set[str]]:
        """The names under which a write to a key's row may be known."""
        if check is not Check.PROJECTION or table not in self._statements.behind:
            return {key: {key} for key in keys}
        row_ids = self._statements.row_ids
        return {key: {key, row_ids(table, key) or key, key.removeprefix(ROW)} for key in keys}

    def _rows_behind(self, connection: Connection, projection: str, keys: Collection[str]) -> Behind:
        found: dict[str, list[tuple[str, str, datetime]]] = {}
        for table, statement in self._statements.behind.get(projection, ()):
            for key, row, committed_ms in connection.exec_driver_sql(statement, (list(keys),)):
                at = datetime.fromtimestamp(committed_ms / 1000, UTC)
                found.setdefault(key, []).append((table, row, at))
        return found


def _writes(
    connection: Connection, schemas: Collection[str], tables: Collection[str], keys: Collection[str]
) -> dict[tuple[str, str | None], Write]:
    """By table and key (None: the whole table), the newest write that no look has found mended since."""
    rows = connection.exec_driver_sql(WRITES, (list(schemas), sorted(tables), sorted(keys)))
    return {(table, key): Write(at, _said(at, *who)) for table, key, at, *who in rows}


def _said(at: datetime, operation: str, user: str | None, application: str | None, address: str | None) -> str:
    whence = ", ".join(part for part in (application, address) if part)
    who = f"by {user}{f' ({whence})' if whence else ''}" if user else "by somebody whom nothing names"
    return f"{operation} {who} at {at.astimezone(UTC).isoformat(timespec='milliseconds')}"


def _known(now: datetime, writes: Iterable[Write | None], commits: Iterable[datetime]) -> Known:
    theirs = sorted((write for write in writes if write is not None), key=lambda write: write.at)
    newest = max((*commits, *(write.at for write in theirs)), default=None)
    age_ms = None if newest is None else max(0, round((now - newest).total_seconds() * 1000))
    return Known(bool(theirs), age_ms=age_ms, said=theirs[-1].said if theirs else "")
