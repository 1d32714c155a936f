"""The whole engine on a real PostgreSQL, for tests that drive it batch by batch."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine

from streams.adapters.memory.fail_points import SilentFailPoints
from streams.bootstrap.databases import applier_engine, legacy_reader_engine
from streams.bootstrap.replicate import ground
from streams.changes.chunk import Chunk
from streams.changes.envelope import Decoder
from streams.ports.replication import FailPoints
from streams.services.replicate import Applied, Replicate
from streams.settings import Settings
from tests.histories_tables import MESSAGE_KEYS
from tests.history import History

TEMPORAL = {"tgl_insert", "tgl_update", "day_of_tanggal_terbit"}
REMEMBERED = (
    *("position", "truncation", "key_state", "claim", "touched", "touched_row", "undecodable", "heartbeat"),
    *("row_key", "reference", "group_row", "lacking_column", "outcome_history"),
)
STATES = "select projection, key, outcome, faults, findings, wait_projection, wait_key from selaras.key_state"
UNKNOWN = "select table_name from selaras.mirror_table where unknown_since is not null order by 1"


class EngineWorld:
    """Both databases with the product's own schemas and the mapping in force."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._legacy: Engine = legacy_reader_engine(settings)
        self.applier: Engine = applier_engine(settings)
        self.ground = ground(settings, self._legacy, self.applier)
        with self.ground.target.transaction() as work:
            work.guard.enter(exclusive=True)
            work.guard.put_in_force(self.ground.plan.mapping, self.ground.plan.reference, self.ground.plan.ranks)
            work.guard.recomputed()
        self.projected = self.ground.plan.tables
        self.read = tuple(sorted(table.name for table in self.ground.tables))

    def close(self) -> None:
        """Give the connections back."""
        self._legacy.dispose()
        self.applier.dispose()

    def history(self) -> History:
        """An empty legacy database that logs its changes."""
        return History({table.name: table for table in self.ground.tables}, message_keys=MESSAGE_KEYS)

    def service(self, fail: FailPoints | None = None, generation: int = 1) -> Replicate:
        """A worker's service."""
        decoder = Decoder("oss", "public", self.ground.tables, generation)
        return Replicate(self.ground.target, self.ground.plan, decoder, self.ground.tables, fail or SilentFailPoints())

    def apply(self, *batches: Sequence[Chunk], generation: int = 1) -> list[Applied]:
        """Apply batch after batch, from partitions that nobody has read yet."""
        service = self.service(generation=generation)
        self.seed([chunk for batch in batches for chunk in batch])
        return [service.apply(batch) for batch in batches]

    def seed(self, chunks: Sequence[Chunk]) -> None:
        """Positions of these partitions, at their start."""
        self.service().positions({(chunk.topic, chunk.partition): 0 for chunk in chunks})

    def empty(self) -> None:
        """As it was made."""
        with self.applier.begin() as connection:
            for table in reversed(self.projected):
                connection.exec_driver_sql(f"delete from rba.{table}")
            for table in self.read:
                connection.exec_driver_sql(f"delete from mirror.{table}")
            for table in REMEMBERED:
                connection.exec_driver_sql(f"delete from selaras.{table}")
            connection.exec_driver_sql(
                "update selaras.mirror_table set unknown_since = null, unknown_reason = null, counted_in = null"
            )

    def rows(self, sql: str) -> list[Mapping[str, Any]]:
        """The rows of a query."""
        with self.applier.connect() as connection:
            return _rows(connection, sql)

    def unknown_tables(self) -> list[str]:
        """Legacy tables that must be read again."""
        return [row["table_name"] for row in self.rows(UNKNOWN)]

    def state(self) -> dict[str, list[str]]:
        """Everything that must not depend on how events arrived, as sorted texts by table."""
        with self.applier.connect() as connection:
            state = {f"rba.{t}": _rows(connection, f"select * from rba.{t}") for t in self.projected}
            state |= {f"mirror.{t}": _rows(connection, f"select * from mirror.{t}") for t in self.read}
            state["states"] = _rows(connection, STATES)
            state["groups"] = _rows(connection, "select * from selaras.group_row")
            state["row keys"] = _rows(connection, "select * from selaras.row_key")
            state["references"] = _rows(connection, "select * from selaras.reference")
            state["claims"] = _rows(connection, "select * from selaras.claim")
        return {name: sorted(repr(sorted(row.items())) for row in rows) for name, rows in state.items()}

    def mirrored(self, table: str) -> list[str]:
        """The rows that the mirror takes for live ones, as ``legacy_rows`` writes them."""
        found = []
        for row in self.rows(f"select * from mirror.{table}"):
            count = row["_count"] if table == "oss_iumk" else int(not row["_deleted"])
            found += [_text({name: value for name, value in row.items() if name[0] != "_"})] * count
        return sorted(found)


def legacy_rows(history: History, table: str) -> list[str]:
    """What the legacy database holds: texts, as PostgreSQL prints them."""
    return sorted(_text(row) for row in history.rows.get(table, []))


def _text(row: Mapping[str, Any]) -> str:
    shown = {name: str(value).rstrip(" ") for name, value in row.items() if value is not None}
    if "modal_usaha" in shown:
        shown["modal_usaha"] = str(float(shown["modal_usaha"]))
    for name in TEMPORAL & shown.keys():
        shown[name] = shown[name].rstrip("Z").replace("T", " ")
    return repr(sorted(shown.items()))


def _rows(connection: Connection, sql: str) -> list[Mapping[str, Any]]:
    return [dict(row) for row in connection.exec_driver_sql(sql).mappings()]
