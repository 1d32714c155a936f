"""A legacy database in memory that logs its changes as Debezium would: for histories that tests make up."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from streams.changes.chunk import Chunk
from streams.changes.legacy_table import LegacyTable

Row = dict[str, object]
Emitted = tuple[str, int, bytes | None, bytes]  # topic, partition, key, value
START_MS = 1_550_000_000_000


@dataclass(frozen=True)
class FakeRecord:
    """One record of a topic."""

    offset: int
    key: bytes | None
    value: bytes | None


def delivered(log: Sequence[Emitted]) -> list[Chunk]:
    """What lies in the topics after these records were sent, one chunk a partition."""
    topics: dict[tuple[str, int], list[FakeRecord]] = {}
    for topic, partition, key, value in log:
        records = topics.setdefault((topic, partition), [])
        records.append(FakeRecord(len(records), key, value))
    return [Chunk(topic, partition, 0, records) for (topic, partition), records in sorted(topics.items())]


@dataclass
class History:
    """Tables with their rows, and the topics that their changes went to.

    A transaction is a list of steps; all its records get consecutive LSNs and carry the LSN of the commit before.
    """

    tables: Mapping[str, LegacyTable]
    partitions: int = 3
    prefix: str = "oss"
    message_keys: Mapping[str, str] = field(
        default_factory=lambda: {"tr_oss_header": "nib", "oss_iumk": "nib", "tr_oss_proyek": "nib"}
    )
    rows: dict[str, list[Row]] = field(default_factory=dict)
    log: list[Emitted] = field(default_factory=list)
    lsn: int = 1000
    commit: int = 900
    transaction: int = 700
    order: int = 0

    def insert(self, table: str, **values: object) -> Row:
        """A new row; columns not given are '' (None in the keyless table)."""
        keyless = self.tables[table].is_keyless
        row: Row = {name: values.get(name, None if keyless else "") for name in self.tables[table].columns}
        self.rows.setdefault(table, []).append(row)
        self._log(table, "c", None, row)
        return row

    def copy(self, table: str, rows: Sequence[Row]) -> list[Row]:
        """COPY: many rows in one log record."""
        made = [{name: row.get(name) for name in self.tables[table].columns} for row in rows]
        self.lsn += 10
        for row in made:
            self.rows.setdefault(table, []).append(row)
            self._put(table, "c", None, row, row[self.message_keys[table]])
        return made

    def update(self, table: str, row: Row, **values: object) -> Row:
        """Change a row; the record splits in two when its message key changes."""
        before = dict(row)
        row.update(values)
        key = self.message_keys[table]
        if before[key] != row[key]:
            self.lsn += 10
            self._put(table, "d", before, None, before[key])
            self._put(table, "c", None, row, row[key])
        else:
            self._log(table, "u", before, row)
        return row

    def delete(self, table: str, row: Row) -> None:
        """Remove a row."""
        found = next(i for i, other in enumerate(self.rows[table]) if other is row)
        del self.rows[table][found]
        self._log(table, "d", row, None)

    def truncate(self, table: str, partition: int = 0) -> None:
        """Empty the table; the event lands in any partition."""
        self.rows[table] = []
        self.lsn += 10
        self._append(table, partition, None, self._envelope(table, "t", None, None))

    def snapshot(self, table: str, transaction: int) -> None:
        """The initial snapshot reads every row."""
        for row in self.rows.get(table, []):
            sequence = json.dumps([None, str(self.lsn)])
            self._put(table, "r", None, row, row[self.message_keys[table]], sequence=sequence, transaction=transaction)

    def reread(self, table: str, rows: Sequence[Row]) -> None:
        """Rows read again later, behind the last commit."""
        for row in rows:
            sequence = json.dumps([str(self.commit), str(self.lsn)])
            self._put(table, "r", None, row, row[self.message_keys[table]], sequence=sequence)

    def commits(self) -> None:
        """End the transaction."""
        self.lsn += 10
        self.commit = self.lsn
        self.transaction += 1
        self.order = 0

    def chunks(self) -> list[Chunk]:
        """Everything so far, one chunk a partition."""
        return delivered(self.log)

    def _log(self, table: str, op: str, before: Row | None, after: Row | None) -> None:
        self.lsn += 10
        row = after if after is not None else before
        assert row is not None
        self._put(table, op, before, after, row[self.message_keys[table]])

    def _put(
        self,
        table: str,
        op: str,
        before: Row | None,
        after: Row | None,
        key: object,
        **source: object,
    ) -> None:
        text = json.dumps({self.message_keys[table]: key}).encode()
        self._append(
            table, zlib.crc32(text) % self.partitions, text, self._envelope(table, op, before, after, **source)
        )

    def _append(self, table: str, partition: int, key: bytes | None, value: bytes) -> None:
        self.log.append((f"{self.prefix}.public.{table}", partition, key, value))

    def _envelope(self, table: str, op: str, before: Row | None, after: Row | None, **source: object) -> bytes:
        described = {
            "table": table,
            "schema": "public",
            "ts_ms": START_MS + self.transaction * 1000,
            "snapshot": "true" if op == "r" else "false",
            "sequence": source.get("sequence", json.dumps([str(self.commit), str(self.lsn)])),
            "txId": source.get("transaction", self.transaction),
            "lsn": self.lsn,
        }
        self.order += 1
        place = None if op == "r" else {"id": f"{self.transaction}:{self.lsn}", "total_order": self.order}
        envelope = {"before": before, "after": after, "source": described, "op": op, "transaction": place}
        return json.dumps(envelope).encode()
