"""What is stored of foreign writes, and how the watch over them is."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Engine

from streams.adapters.databases.mirror import encoded
from streams.adapters.databases.target import translated
from streams.adapters.databases.watch_triggers import faults
from streams.adapters.databases.world_schema import REFERENCE
from streams.ports.foreign_writes import Decoded, ForeignWrite, SlotWrite, WatchState

MOST_LAG = 256 * 1024 * 1024  # bytes that the slot may be behind before its word counts for nothing
HALF = 2**31

NEXT = "select pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
UNDER_WAY = """
select t from unnest(%s::bigint[]) as t where pg_xact_status(t::text::xid8) = 'in progress'
"""
# What has no key is stored unless the triggers named rows of the same transaction: they know more than the log.
STORE = """
insert into selaras.foreign_write (at, tx, schema_name, table_name, key, operation, seen_by)
select at, tx, schema_name, table_name, key, operation, 'slot'
from json_to_recordset(%s) as x(at timestamptz, tx bigint, schema_name text, table_name text, key text, operation text)
where x.key is not null or not exists (
  select from selaras.foreign_write as f
  where (f.tx, f.schema_name, f.table_name) = (x.tx, x.schema_name, x.table_name))
on conflict do nothing
"""
UNTOLD = """
select id, at, coalesce(tx, 0), schema_name, table_name, key, operation, coalesce(user_name, ''),
  coalesce(application, ''), coalesce(address, ''), seen_by
from selaras.foreign_write where told_at is null order by id limit %s
"""
OWN_LOADS = """
update selaras.foreign_write set told_at = now()
where told_at is null and user_name = 'rba_owner' and application = %s and table_name like 'ref\\_%%'
"""
TOLD = "update selaras.foreign_write set told_at = now() where id = any(%s)"
VOID = "update selaras.drift_monitor set forgotten_at = clock_timestamp()"
SLOT = """
select plugin, wal_status, pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::bigint
from pg_replication_slots where slot_name = %s and database = current_database()
"""


class PostgresForeignLog:
    """Implements the port ``ForeignLog``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def merge(self, decoded: Decoded) -> str | None:
        """See the port. A transaction that its snapshot does not show yet may have lines of triggers to come."""
        if not decoded.transactions:
            return decoded.upto
        with translated("target"), self._engine.begin() as connection:
            latest = int(connection.exec_driver_sql(NEXT).scalar_one())
            wide = {w.xid: widened(w.xid, latest) for _, writes in decoded.transactions for w in writes}
            under_way = set(connection.exec_driver_sql(UNDER_WAY, (sorted(wide.values()),)).scalars())
            came_to: str | None = None
            for end, writes in decoded.transactions:
                if any(wide[write.xid] in under_way for write in writes):
                    return came_to
                connection.exec_driver_sql(STORE, (encoded(list(_records(writes, wide))),))
                came_to = end
            return decoded.upto

    def untold(self, limit: int) -> Sequence[ForeignWrite]:
        """See the port."""
        with translated("target"), self._engine.begin() as connection:
            rows = connection.exec_driver_sql(UNTOLD, (limit,)).all()
            if any(row[8] == REFERENCE for row in rows):
                connection.exec_driver_sql(OWN_LOADS, (REFERENCE,))
                rows = connection.exec_driver_sql(UNTOLD, (limit,)).all()
            return [ForeignWrite(*row) for row in rows]

    def told(self, ids: Collection[int]) -> None:
        """See the port."""
        with translated("target"), self._engine.begin() as connection:
            connection.exec_driver_sql(TOLD, (sorted(ids),))

    def void_looks(self) -> None:
        """See the port."""
        with translated("target"), self._engine.begin() as connection:
            connection.exec_driver_sql(VOID)


class PostgresWatchHealth:
    """Implements the port ``WatchHealth`` from the catalogues alone."""

    def __init__(self, engine: Engine, slot: str, schemas: Sequence[str], expected: str) -> None:
        """``expected``: the DDL of the triggers."""
        self._engine = engine
        self._slot = slot
        self._schemas = schemas
        self._expected = expected

    def look(self) -> WatchState:
        """See the port."""
        with translated("target"), self._engine.begin() as connection:
            told = [fault for found in faults(connection, self._schemas, self._expected).values() for fault in found]
            fault, lag = self._slot_state(connection)
            return WatchState((*told, *fault), lag)

    def _slot_state(self, connection: Connection) -> tuple[list[str], int | None]:
        row = connection.exec_driver_sql(SLOT, (self._slot,)).first()
        if row is None:
            return [f"replication slot {self._slot} is missing"], None
        plugin, status, lag = row
        if plugin != "test_decoding":
            return [f"replication slot {self._slot} is not ours: its plugin is {plugin}"], lag
        if status == "lost":
            return [f"replication slot {self._slot} has lost its log"], lag
        behind = lag is None or lag > MOST_LAG
        return ([f"replication slot {self._slot} is behind: nobody reads it fast enough"] if behind else []), lag


def widened(xid: int, latest: int) -> int:
    """The 64-bit id of a transaction whose low 32 bits are known, from one that is not 2^31 away."""
    full = (latest & ~0xFFFFFFFF) | xid
    if full - latest > HALF:
        return full - 2**32
    return full + 2**32 if latest - full > HALF else full


def _records(writes: Iterable[SlotWrite], wide: dict[int, int]) -> Iterable[dict[str, Any]]:
    for one in writes:
        yield {
            "at": one.at.isoformat(),
            "tx": wide[one.xid],
            "schema_name": one.schema,
            "table_name": one.table,
            "key": one.key,
            "operation": one.operation,
        }
