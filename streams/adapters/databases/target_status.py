"""Reads what the target can say of the run."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, text

from streams.adapters.databases.sql_names import quoted
from streams.adapters.databases.target import translated
from streams.errors import ErrorKind, SelarasError
from streams.ports.status import KeyReading, StoredEvent, TargetReading, WorkerReading

CAPTURE = text("select generation from selaras.capture where retired_at is null order by generation desc limit 1")
VERSION = text("select left(mapping, 12), recomputed from selaras.version")
HEARTBEAT = text("select extract(epoch from clock_timestamp()) - beat_ms / 1000.0 from selaras.heartbeat")
LAST_BATCH = text("""
select extract(epoch from changed_at) - committed_ms / 1000.0, extract(epoch from clock_timestamp() - changed_at)
from selaras.position where changed_at is not null and topic not like '%.selaras.%'
order by changed_at desc limit 1
""")
TRUNCATED = text("""
select table_name, to_timestamp(max(committed_ms) / 1000.0)::text from selaras.truncation group by 1 order by 1
""")
POSITIONS = text("select topic, partition, next_offset from selaras.position")
WORKERS = text("""
select name, host, pid, state, extract(epoch from clock_timestamp() - seen_at), events, rows_written
from selaras.worker where state = 'running' or seen_at > now() - interval '1 hour' order by name
""")
KEYS = text("select projection, outcome, count(*) from selaras.key_state group by 1, 2")
PROJECTIONS = text("select projection from selaras.authority order by 1")
MIRRORED = text("""
select relname, greatest(n_live_tup, 0) from pg_stat_user_tables where schemaname = 'mirror' order by 1
""")
UNDECODABLE = text("select count(*) from selaras.undecodable where resolved_at is null")
UNKNOWN = text("select table_name, unknown_reason from selaras.mirror_table where unknown_since is not null")
STORED = text("""
select topic, partition, "offset", reason, stored_at::text, resolved_at is not null
from selaras.undecodable order by stored_at desc limit :limit
""")
KEY_STATES = text("""
select projection, key, outcome, faults, wait_key, since::text from selaras.key_state
where (cast(:outcome as text) is null or outcome = :outcome)
  and (cast(:projection as text) is null or projection = :projection)
order by since, projection, key limit :limit
""")


class PostgresTargetStatus:
    """Implements the port ``TargetStatus``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read(self) -> TargetReading:
        """See the port."""
        with translated("target"), self._engine.connect() as connection:
            return _read(connection.execution_options(isolation_level="REPEATABLE READ"))

    def stored_events(self, limit: int) -> Sequence[StoredEvent]:
        """See the port."""
        with translated("target"), self._engine.connect() as connection:
            return [StoredEvent(*row) for row in connection.execute(STORED, {"limit": limit})]

    def keys(self, outcome: str | None, projection: str | None, limit: int) -> Sequence[KeyReading]:
        """See the port."""
        values = {"outcome": outcome, "projection": projection, "limit": limit}
        with translated("target"), self._engine.connect() as connection:
            known = list(connection.execute(PROJECTIONS).scalars())
            if projection is not None and projection not in known:
                raise SelarasError(
                    ErrorKind.CONFIGURATION,
                    f"There is no mapping of a table {projection}.",
                    f"take one of {', '.join(known)}",
                )
            return [_key(*row) for row in connection.execute(KEY_STATES, values)]


def _read(connection: Connection) -> TargetReading:
    version = connection.execute(VERSION).first()
    batch = connection.execute(LAST_BATCH).first()
    keys: dict[str, dict[str, int]] = {}
    for projection, outcome, count in connection.execute(KEYS):
        keys.setdefault(projection, {})[outcome] = count
    tables = list(connection.execute(PROJECTIONS).scalars())
    return TargetReading(
        generation=connection.execute(CAPTURE).scalar(),
        mapping=version[0] if version else None,
        recomputed=version[1] if version else None,
        heartbeat_age_s=_seconds(connection.execute(HEARTBEAT).scalar()),
        apply_lag_s=_seconds(batch[0]) if batch else None,
        last_batch_age_s=_seconds(batch[1]) if batch else None,
        positions={(topic, partition): offset for topic, partition, offset in connection.execute(POSITIONS)},
        workers=[_worker(*row) for row in connection.execute(WORKERS)],
        rows={table: _count(connection, table, "is null") for table in tables},
        deleted={table: _count(connection, table, "is not null") for table in tables},
        mirrored={row[0]: row[1] for row in connection.execute(MIRRORED)},
        keys=keys,
        undecodable=connection.execute(UNDECODABLE).scalar_one(),
        unknown_tables={row[0]: row[1] for row in connection.execute(UNKNOWN)},
        truncated={row[0]: row[1] for row in connection.execute(TRUNCATED)},
    )


def _worker(name: str, host: str, pid: int, state: str, seen: Any, *applied: int) -> WorkerReading:
    return WorkerReading(name, host, pid, state, round(float(seen), 3), *applied)


def _count(connection: Connection, table: str, deleted: str) -> int:
    statement = f"select count(*) from rba.{quoted(table)} where dihapus_pada {deleted}"
    return int(connection.execute(text(statement)).scalar_one())


def _seconds(value: Any) -> float | None:
    return None if value is None else round(float(value), 3)


def _key(
    projection: str, key: str, outcome: str, faults: Sequence[Mapping[str, Any]], wait_key: str | None, since: str
) -> KeyReading:
    return KeyReading(projection, key, outcome, tuple(faults), wait_key, since)
