"""A pair of databases whose legacy tables change while a worker goes on."""

from collections.abc import Collection, Mapping
from dataclasses import replace

import psycopg

from streams.adapters.databases.registries import PostgresLoadRegistry
from streams.adapters.databases.schema_watch import PostgresFollowedSchema, PostgresLegacyColumns
from streams.bootstrap.databases import legacy_reader_engine, legacy_server
from streams.ports.registry import Load
from streams.projection.schema_change import SchemaChange, readers
from streams.services.recompute import Recompute
from streams.services.schema_watch import ExtendMirror, SchemaReading, SchemaWatch
from streams.settings import Settings
from tests.engine import EngineWorld
from tests.history import History

NAMES = "select nama from rba.pelaku_usaha order by nama"


class LiveWorld:
    """Both databases, a history whose tables follow the legacy ones, and one worker that is never started again."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.engine = EngineWorld(settings)
        self.history: History = self.engine.history()
        self.worker = self.engine.service()
        self.projections = [p.declaration for p in self.engine.ground.plan.ordered]
        self._legacy = legacy_reader_engine(settings)
        sides = PostgresLegacyColumns(self._legacy, "public"), PostgresFollowedSchema(self.engine.applier)
        recompute = Recompute(self.engine.ground.target, self.engine.ground.plan)
        self.watch = SchemaWatch(*sides, self.projections, recompute.keys)
        self.extend = ExtendMirror(*sides, self.projections)
        self._reading = SchemaReading(*sides, self.projections)
        self._done: dict[tuple[str, int], int] = {}

    def close(self) -> None:
        """Give the connections back."""
        self._legacy.dispose()
        self.engine.close()

    def legacy(self, statement: str) -> None:
        """DDL on the legacy database."""
        with psycopg.connect(legacy_server(self.settings, "oss_owner").conninfo()) as owner:
            owner.execute(statement)

    def reshape(self, table: str, drop: Collection[str] = (), add: Mapping[str, object] | None = None) -> None:
        """Events of the table have these columns no more, and those others, with the values that rows have in them."""
        added = add or {}
        known = self.history.tables[table]
        columns = [c for c in known.columns if c not in drop] + list(added)
        tables = {**self.history.tables, table: replace(known, columns=tuple(columns))}
        self.history.tables = tables
        for row in self.history.rows.get(table, []):
            for column in drop:
                del row[column]
            row.update(added)

    def apply(self) -> int:
        """Apply what the history has logged since; how many events could not be decoded."""
        self.history.commits()
        chunks = self.history.chunks()
        self.engine.seed([c for c in chunks if (c.topic, c.partition) not in self._done])
        rest = [c.since(self._done.get((c.topic, c.partition), 0)) for c in chunks]
        self._done = {(c.topic, c.partition): c.end for c in chunks}
        return self.worker.apply([chunk for chunk in rest if chunk.records]).malformed

    def read_again(self, table: str) -> None:
        """A load of the whole table, as ``selaras load reread`` makes it."""
        loads = PostgresLoadRegistry(self.engine.applier)
        loads.begin(Load(f"load of {table}", table, "", 0, "open", None))
        self.history.reread(table, self.history.rows[table])
        self.apply()
        loads.finish(f"load of {table}", 0)

    def changes(self) -> list[SchemaChange]:
        """What status tells."""
        return list(self._reading.changes())

    def unread_columns(self, table: str) -> list[str]:
        """Columns that no projection reads."""
        return [c for c in self.history.tables[table].columns if not readers(self.projections, table, c)]

    def names(self) -> list[str]:
        """The companies of the target."""
        return [row["nama"] for row in self.engine.rows(NAMES)]

    def starts(self) -> None:
        """Another worker starts."""
        EngineWorld(self.settings).close()
