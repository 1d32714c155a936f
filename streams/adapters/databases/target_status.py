"""Reads what the target can say of the run."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine, text

from streams.adapters.databases.findings import read_findings
from streams.adapters.databases.key_counts import read_keys
from streams.adapters.databases.quarantine import seconds
from streams.adapters.databases.recompute_progress import read_recomputes
from streams.adapters.databases.sql_names import quoted
from streams.adapters.databases.target import translated
from streams.ports.status import StoredEvent, TargetReading, WorkerReading

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
select name, host, pid, state, extract(epoch from clock_timestamp() - seen_at), events, rows_written,
  transient
from selaras.worker where state = 'running' or seen_at > now() - interval '1 hour' order by name
""")
# Some projections have no table in the new database, and some tables no mark for deleted rows.
TABLES = text("""
select a.projection, exists (select from pg_attribute where attrelid = c.oid and attname = 'dihapus_pada')
from selaras.authority as a
join pg_class as c on c.relname = a.projection and c.relnamespace = to_regnamespace('rba') and c.relkind in ('r', 'p')
order by 1
""")
MIRRORED = text("""
select relname, greatest(n_live_tup, 0) from pg_stat_user_tables where schemaname = 'mirror' order by 1
""")
UNDECODABLE = text("select count(*) from selaras.undecodable where resolved_at is null")
UNKNOWN = text("select table_name, unknown_reason from selaras.mirror_table where unknown_since is not null")
STORED = text("""
select topic, partition, "offset", reason, stored_at::text, resolved_at is not null
from selaras.undecodable order by stored_at desc limit :limit
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


def _read(connection: Connection) -> TargetReading:
    version = connection.execute(VERSION).first()
    batch = connection.execute(LAST_BATCH).first()
    counted = {table: _count(connection, table, marks) for table, marks in connection.execute(TABLES).all()}
    return TargetReading(
        generation=connection.execute(CAPTURE).scalar(),
        mapping=version[0] if version else None,
        recomputed=version[1] if version else None,
        heartbeat_age_s=seconds(connection.execute(HEARTBEAT).scalar()),
        apply_lag_s=seconds(batch[0]) if batch else None,
        last_batch_age_s=seconds(batch[1]) if batch else None,
        positions={(topic, partition): offset for topic, partition, offset in connection.execute(POSITIONS)},
        workers=[_worker(*row) for row in connection.execute(WORKERS)],
        rows={table: rows for table, (rows, _) in counted.items()},
        deleted={table: deleted for table, (_, deleted) in counted.items()},
        mirrored={row[0]: row[1] for row in connection.execute(MIRRORED)},
        keys=read_keys(connection),
        undecodable=connection.execute(UNDECODABLE).scalar_one(),
        unknown_tables={row[0]: row[1] for row in connection.execute(UNKNOWN)},
        truncated={row[0]: row[1] for row in connection.execute(TRUNCATED)},
        findings=read_findings(connection),
        recomputes=read_recomputes(connection),
    )


def _worker(name: str, host: str, pid: int, state: str, seen: Any, *applied: int) -> WorkerReading:
    return WorkerReading(name, host, pid, state, round(float(seen), 3), *applied)


def _count(connection: Connection, table: str, marks: bool) -> tuple[int, int]:
    deleted = "count(dihapus_pada)" if marks else "0"
    row = connection.execute(text(f"select count(*), {deleted} from rba.{quoted(table)}")).one()
    return row[0] - row[1], row[1]
