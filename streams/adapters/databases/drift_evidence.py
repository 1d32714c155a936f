"""What speaks for the cause of a difference: writes by others, commits behind a key, versions in force."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from sqlalchemy import Connection

from streams.adapters.databases.drift_ledger import Begin
from streams.adapters.databases.mirror import row_id
from streams.adapters.databases.sql_names import quoted
from streams.drift.difference import Check
from streams.ports.drift_store import Known
from streams.projection.catalog import Catalog
from streams.projection.declaration import Projection, Source

NOW_MS = "select extract(epoch from clock_timestamp()) * 1000"
# A write counts until its own entry is verified by a look that began after it.
WRITES = """
select f.schema_name, f.table_name, f.key, extract(epoch from max(f.at)) * 1000 from selaras.foreign_write as f
where f.schema_name = %s and f.table_name = any(%s) and (f.key = any(%s) or f.key is null) and not exists (
  select from selaras.drift_entry as e where e.check_name = 'foreign' and e.table_name = f.table_name
    and e.key = coalesce(f.key, '*') and e.state = 'verified' and e.looked_at >= f.at)
group by 1, 2, 3
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
WHERE = {Check.PROJECTION: "rba", Check.CAPTURE: "mirror"}

Behind = Mapping[str, Sequence[tuple[str, str, int]]]
"""By key: table, row and commit time (ms since 1970) of the mirror rows behind it."""


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
    if source.is_derived:
        kind = table.columns[row_id(table)].sql if table.key else "uuid"
        return (
            f"select k.key, {identity}::text, m._committed_ms from selaras.row_key as k join {rows} "
            f"on {identity} = k.row::{kind} where k.source = '{projection}.{source.name}' and k.key = any(%s)"
        )
    key = f"m.{quoted(source.key)}"
    return f"select {key}::text, {identity}::text, m._committed_ms from {rows} where {key} = any(%s)"


class PostgresDriftEvidence:
    """Implements the port ``DriftEvidence``."""

    def __init__(self, begin: Begin, statements: EvidenceStatements) -> None:
        self._begin = begin
        self._statements = statements

    def around(self, check: Check, table: str, keys: Collection[str]) -> Mapping[str, Known]:
        """See the port."""
        with self._begin() as connection:
            now = float(connection.exec_driver_sql(NOW_MS).scalar_one())
            if check is Check.FOREIGN:
                written = _writes(connection, "rba", [table], keys) | _writes(connection, "mirror", [table], keys)
                return {key: Known(foreign=True, age_ms=_age(now, written.get((table, key)))) for key in keys}
            if check not in WHERE:
                return dict.fromkeys(keys, Known())
            behind: Behind = self._rows_behind(connection, table, keys) if check is Check.PROJECTION else {}
            ids = self._ids(check, table, keys)
            written = _writes(connection, WHERE[check], [table], {one for these in ids.values() for one in these})
            rows = [row for these in behind.values() for row in these]
            below = _writes(connection, "mirror", {t for t, *_ in rows}, {row for _, row, _ in rows}) if rows else {}
            version = connection.exec_driver_sql(RECOMPUTED, (table,)).first() if check is Check.PROJECTION else None
        emptied = written.get((table, None))
        found = {}
        for key in keys:
            moments = [written[table, one] for one in ids[key] if (table, one) in written]
            moments += [below[t, row] for t, row, _ in behind.get(key, ()) if (t, row) in below]
            commits = [ms for *_, ms in behind.get(key, ())]
            newest = max((*moments, *commits, *([emptied] if emptied is not None else [])), default=None)
            recomputed = version is None or bool(version[0]) or key <= (version[1] or "")
            found[key] = Known(bool(moments), emptied is not None, recomputed, _age(now, newest))
        return found

    def written(self, check: Check, table: str, keys: Collection[str]) -> frozenset[str]:
        """See the port."""
        with self._begin() as connection:
            # Seldom true; else every key's row would have to be named.
            if not keys or not connection.exec_driver_sql(ANY_WRITES, (table,)).scalar():
                return frozenset()
            ids = {one for these in self._ids(check, table, keys).values() for one in these}
            return frozenset(connection.exec_driver_sql(OPEN_WRITES, (table, sorted(ids))).scalars())

    def _ids(self, check: Check, table: str, keys: Collection[str]) -> dict[str, set[str]]:
        """The names under which a write to a key's row may be known."""
        if check is not Check.PROJECTION or table not in self._statements.behind:
            return {key: {key} for key in keys}
        return {key: {key, self._statements.row_ids(table, key) or key} for key in keys}

    def _rows_behind(self, connection: Connection, projection: str, keys: Collection[str]) -> Behind:
        found: dict[str, list[tuple[str, str, int]]] = {}
        for table, statement in self._statements.behind.get(projection, ()):
            for key, row, committed_ms in connection.exec_driver_sql(statement, (list(keys),)):
                found.setdefault(key, []).append((table, row, committed_ms))
        return found


def _writes(
    connection: Connection, schema: str, tables: Collection[str], keys: Collection[str]
) -> dict[tuple[str, str | None], float]:
    """By table and key (None: the whole table), when the newest write was that no look has found mended since."""
    rows = connection.exec_driver_sql(WRITES, (schema, sorted(tables), sorted(keys)))
    return {(table, key): float(at) for _, table, key, at in rows}


def _age(now: float, then: float | None) -> int | None:
    return None if then is None else max(0, int(now - then))
