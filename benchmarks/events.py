"""The rows of a legacy database as the events that their inserts would have been."""

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from streams.changes.chunk import Chunk
from streams.projection.catalog import Catalog, Table
from streams.services.capture_plan import CapturePlan

ROWS_A_COMMIT = 8  # as many as a business transaction of the generator has on average
COMMITTED_MS = 1_750_000_000_000
Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class EventRecord:
    """One record of a topic."""

    offset: int
    key: bytes | None
    value: bytes | None


@dataclass(frozen=True, slots=True)
class _Row:
    table: str
    share: float  # place within its table, 0 to 1: the tables are interleaved by it
    key: str
    image: str


class EventLog:
    """All events in the order of their commits, with the place that each record has in the topics."""

    def __init__(self, legacy: Engine, catalog: Catalog, capture: CapturePlan, partitions: int) -> None:
        self._next: dict[Place, int] = {}
        self.places: list[Place] = []
        self.records: list[EventRecord] = []
        topics = {topic.rsplit(".", 1)[1]: topic for topic in capture.data_topics}
        with legacy.connect() as connection:
            rows = [
                row
                for table in catalog.tables.values()
                for row in _read(connection, table, capture.message_keys[f"public.{table.name}"][0])
            ]
        for number, row in enumerate(sorted(rows, key=lambda row: (row.share, row.table))):
            self._append(topics[row.table], number, row, partitions)

    @property
    def every_place(self) -> Sequence[Place]:
        """Topics and partitions that hold anything."""
        return sorted(self._next)

    def batches(self, size: int) -> Iterator[list[Chunk]]:
        """Cut into batches of ``size`` events, each as one chunk a partition."""
        for start in range(0, len(self.records), size):
            parts: dict[Place, list[EventRecord]] = {}
            for number in range(start, min(start + size, len(self.records))):
                parts.setdefault(self.places[number], []).append(self.records[number])
            yield [Chunk(topic, part, records[0].offset, records) for (topic, part), records in parts.items()]

    def _append(self, topic: str, number: int, row: _Row, partitions: int) -> None:
        key = row.key.encode()
        place = topic, zlib.crc32(key) % partitions
        offset = self._next.get(place, 0)
        self._next[place] = offset + 1
        self.places.append(place)
        self.records.append(EventRecord(offset, key, _envelope(number, row).encode()))


def _read(connection: Connection, table: Table, key: str) -> list[_Row]:
    columns = ", ".join(_as_sent(name, kind.sql) for name, kind in table.columns.items())
    order = ", ".join(f'"{name}"' for name in table.key) or f'"{key}"'
    rows = connection.exec_driver_sql(
        f'select r."{key}", row_to_json(r)::text from (select {columns} from public."{table.name}" order by {order}) r'
    ).all()
    return [
        _Row(table.name, number / len(rows), json.dumps({key: value}, separators=(",", ":")), image)
        for number, (value, image) in enumerate(rows)
    ]


def _as_sent(name: str, kind: str) -> str:
    """Dates and times end in a Z, and decimals are text: what the connector makes of them."""
    if kind == "date":
        return f'"{name}"::text || \'Z\' as "{name}"'
    if kind == "timestamp without time zone":
        return f"replace(\"{name}\"::text, ' ', 'T') || 'Z' as \"{name}\""
    return f'"{name}"::text as "{name}"' if kind.startswith("numeric") else f'"{name}"'


def _envelope(number: int, row: _Row) -> str:
    transaction = number // ROWS_A_COMMIT
    commit, record = 1_000_000 + 10_000 * transaction, 1_000_100 + 10_000 * transaction + 100 * (number % ROWS_A_COMMIT)
    source = {
        "version": "3.7.0.Final",
        "connector": "postgresql",
        "name": "oss",
        "ts_ms": COMMITTED_MS + transaction,
        "snapshot": "false",
        "db": "oss_v1",
        "sequence": f'["{commit}","{record}"]',
        "ts_us": 1000 * (COMMITTED_MS + transaction),
        "ts_ns": 1_000_000 * (COMMITTED_MS + transaction),
        "schema": "public",
        "table": row.table,
        "txId": 1000 + transaction,
        "lsn": record,
        "xmin": None,
        "origin": None,
        "origin_lsn": None,
    }
    about = {"id": f"{1000 + transaction}:{record}", "total_order": number % ROWS_A_COMMIT + 1}
    return (
        f'{{"before":null,"after":{row.image},"source":{json.dumps(source, separators=(",", ":"))},'
        f'"transaction":{json.dumps(about, separators=(",", ":"))},"op":"c","ts_ms":{COMMITTED_MS + transaction}}}'
    )
