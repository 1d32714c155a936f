"""Positions of partitions, moved by compare-and-swap."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from streams.errors import ErrorKind, SelarasError
from streams.ports.replication import Advance, Watermark

TAKE = """
update selaras.position as p set
  next_offset = w.last, applied_at = clock_timestamp(), committed_ms = coalesce(w.committed_ms, p.committed_ms),
  changed_at = case when w.committed_ms is null then p.changed_at else clock_timestamp() end,
  source_commit = case when (w.commit, w.record, w.place) > (p.source_commit, p.source_record, p.source_order)
                       then w.commit else p.source_commit end,
  source_record = case when (w.commit, w.record, w.place) > (p.source_commit, p.source_record, p.source_order)
                       then w.record else p.source_record end,
  source_order = case when (w.commit, w.record, w.place) > (p.source_commit, p.source_record, p.source_order)
                      then w.place else p.source_order end,
  snapshot_tx = case when w.snapshot_tx <> 0 then w.snapshot_tx else p.snapshot_tx end
from unnest(%s::text[], %s::int[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
  %s::bigint[]) as w(topic, part, first, last, commit, record, place, snapshot_tx, committed_ms)
where p.topic = w.topic and p.partition = w.part and p.next_offset = w.first
returning p.topic, p.partition, old.source_commit, old.source_record, old.source_order, old.snapshot_tx
"""
# The rows are locked one by one in the order of the arrays (sorted by the caller) before the update touches any:
# an update with a join locks in the order of its plan, and two workers with several partitions could deadlock.
LOCK = """
select 1 from unnest(%s::text[], %s::int[]) with ordinality as w(topic, part, place)
cross join lateral (select 1 from selaras.position p where p.topic = w.topic and p.partition = w.part for update) l
order by w.place
"""
LOAD = """
select p.topic, p.partition, p.next_offset from selaras.position p
join unnest(%s::text[], %s::int[]) as w(topic, part) on p.topic = w.topic and p.partition = w.part
"""
SEED = """
insert into selaras.position (topic, partition, next_offset)
select topic, part, 0 from unnest(%s::text[], %s::int[]) as w(topic, part) on conflict do nothing
"""


class PostgresPositions:
    """Implements the port ``Positions``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take(self, advances: Sequence[Advance]) -> Mapping[tuple[str, int], Watermark] | None:
        """See the port."""
        topics = [a.chunk.topic for a in advances]
        partitions = [a.chunk.partition for a in advances]
        if len(advances) > 1:
            self._connection.exec_driver_sql(LOCK, (topics, partitions))
        columns = (
            topics,
            partitions,
            [a.chunk.start for a in advances],
            [a.chunk.end for a in advances],
            [a.commit for a in advances],
            [a.record for a in advances],
            [a.order for a in advances],
            [a.snapshot_tx for a in advances],
            [a.committed_ms for a in advances],
        )
        taken = {
            (topic, partition): Watermark(*watermark)
            for topic, partition, *watermark in self._connection.exec_driver_sql(TAKE, columns)
        }
        return taken if len(taken) == len(advances) else None

    def load(self, earliest: Mapping[tuple[str, int], int]) -> Mapping[tuple[str, int], int]:
        """See the port."""
        wanted = sorted(earliest)
        arrays = ([topic for topic, _ in wanted], [partition for _, partition in wanted])
        stored = self._read(arrays)
        missing = [at for at in wanted if at not in stored]
        for at in wanted:
            position, first = stored.get(at, 0), earliest[at]
            if first > position:
                raise SelarasError(
                    ErrorKind.GAP,
                    f"Topic {at[0]}, partition {at[1]} starts at {first}, but {position} was to be read next: "
                    f"{first - position} events are gone from the broker.",
                    "load the captured tables again (selaras capture remove, then apply), then start the worker",
                )
        if missing:
            self._connection.exec_driver_sql(SEED, ([t for t, _ in missing], [p for _, p in missing]))
            stored = self._read(arrays)
        return stored

    def _read(self, arrays: tuple[list[str], list[int]]) -> dict[tuple[str, int], int]:
        rows = self._connection.exec_driver_sql(LOAD, arrays)
        return {(topic, partition): offset for topic, partition, offset in rows}
