"""What a batch leaves behind beside rows."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection

from streams.adapters.databases.mirror import encoded
from streams.changes.change import Beat, Malformed
from streams.changes.chunk import Chunk

TOUCHED = "insert into selaras.touched (projection, keys) values (%s, %s)"
TOUCHED_ROWS = """
insert into selaras.touched_row (table_name, keys)
select x.table_name, x.keys from json_to_recordset(%s) as x(table_name text, keys jsonb)
"""
UNDECODABLE = """
insert into selaras.undecodable (topic, partition, "offset", reason, key, value) values (%s, %s, %s, %s, %s, %s)
on conflict do nothing
"""
UNKNOWN = """
update selaras.mirror_table set unknown_since = coalesce(unknown_since, now()), unknown_reason = %s
where table_name = any(%s)
"""
BEAT = """
insert into selaras.heartbeat (id, beat_ms) values (1, %s)
on conflict (id) do update set beat_ms = greatest(selaras.heartbeat.beat_ms, excluded.beat_ms), applied_at = now()
"""


class PostgresEvidence:
    """Implements the port ``Evidence``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def touched(self, keys: Mapping[str, Collection[str]]) -> None:
        """See the port."""
        for projection, touched in keys.items():
            if touched:
                self._connection.exec_driver_sql(TOUCHED, (projection, encoded(sorted(touched))))

    def touched_rows(self, names: Mapping[str, Collection[str]]) -> None:
        """See the port."""
        lists = [{"table_name": table, "keys": sorted(found)} for table, found in sorted(names.items()) if found]
        if lists:
            self._connection.exec_driver_sql(TOUCHED_ROWS, (encoded(lists),))

    def undecodable(self, chunk: Chunk, events: Sequence[Malformed]) -> None:
        """See the port."""
        for event in events:
            place = (chunk.topic, chunk.partition, event.offset)
            self._connection.exec_driver_sql(UNDECODABLE, (*place, event.reason, event.key, event.value))
        tables = sorted({event.table for event in events if event.table is not None})
        if tables:
            self._connection.exec_driver_sql(UNKNOWN, ("an event could not be decoded", tables))

    def beat(self, beat: Beat) -> None:
        """See the port."""
        self._connection.exec_driver_sql(BEAT, (beat.at_ms,))
