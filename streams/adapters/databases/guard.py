"""Authority and versions, and the locks of a transaction."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from streams.adapters.databases.followed import followed_catalog
from streams.adapters.databases.lock_numbers import SLICE
from streams.adapters.databases.mirror import MirrorStatements
from streams.changes.change import Truncated
from streams.changes.position import Position
from streams.changes.snapshot import Snapshot
from streams.ports.replication import Bucket, InForce

BUCKET_SPACE = 16_384  # advisory lock class of the first bucket class

SHARED = f"select pg_advisory_xact_lock_shared({SLICE})"
EXCLUSIVE = f"select pg_advisory_xact_lock({SLICE})"
VERSION = """
select coalesce(mapping, ''), coalesce(reference, ''), coalesce(recomputed, false), shape
from selaras.mirror_shape left join selaras.version on true
"""
WRITABLE = "select projection from selaras.authority where side = 'legacy'"
TRUNCATIONS = "select table_name, generation, commit, record, committed_ms from selaras.truncation"
COUNTED_IN = "select table_name, counted_in from selaras.mirror_table where counted_in is not null"
SET_VERSION = """
insert into selaras.version (mapping, reference) values (%s, %s)
on conflict (id) do update set mapping = excluded.mapping, reference = excluded.reference, since = now(),
  recomputed = false
"""
RECOMPUTED = "update selaras.version set recomputed = true"
SET_AUTHORITY = "insert into selaras.authority (projection) select unnest(%s::text[]) on conflict do nothing"
ACQUIRE = (
    "select pg_advisory_xact_lock(c, b) from unnest(%s::int[], %s::int[]) with ordinality as w(c, b, n) order by n"
)
TRY = "select coalesce(bool_and(pg_try_advisory_xact_lock(c, b)), true) from unnest(%s::int[], %s::int[]) as w(c, b)"


class PostgresGuard:
    """Implements the port ``Guard``."""

    def __init__(self, connection: Connection, mirror: MirrorStatements) -> None:
        self._connection = connection
        self._mirror = mirror

    def enter(self, *, exclusive: bool = False) -> InForce:
        """See the port."""
        self._connection.exec_driver_sql(EXCLUSIVE if exclusive else SHARED)
        mapping, reference, recomputed, shape = self._connection.exec_driver_sql(VERSION).one()
        if shape != self._mirror.shape:
            # Extended since this process read it. Nobody extends it again while we hold the lock.
            self._mirror.follow(followed_catalog(self._connection), shape)
        writable = frozenset(self._connection.exec_driver_sql(WRITABLE).scalars())
        truncations: dict[str, list[Truncated]] = {}
        for table, generation, commit, record, at_ms in self._connection.exec_driver_sql(TRUNCATIONS):
            truncations.setdefault(table, []).append(Truncated(table, Position(generation, commit, record), at_ms))
        counted = {
            table: Snapshot.from_text(snapshot) for table, snapshot in self._connection.exec_driver_sql(COUNTED_IN)
        }
        return InForce(mapping, reference, writable, truncations, counted, recomputed)

    def put_in_force(self, mapping: str, reference: str, projections: Iterable[str]) -> None:
        """See the port."""
        self._connection.exec_driver_sql(SET_VERSION, (mapping, reference))
        self._connection.exec_driver_sql(SET_AUTHORITY, (sorted(projections),))

    def recomputed(self) -> None:
        """See the port."""
        self._connection.exec_driver_sql(RECOMPUTED)


class PostgresLocks:
    """Implements the port ``Locks`` with advisory locks."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def acquire(self, buckets: Sequence[Bucket]) -> None:
        """See the port."""
        self._connection.exec_driver_sql(ACQUIRE, _arrays(buckets))

    def try_acquire(self, buckets: Sequence[Bucket]) -> bool:
        """See the port."""
        return bool(self._connection.exec_driver_sql(TRY, _arrays(buckets)).scalar())


def _arrays(buckets: Sequence[Bucket]) -> tuple[list[int], list[int]]:
    return [BUCKET_SPACE + lock_class for lock_class, _ in buckets], [bucket for _, bucket in buckets]
