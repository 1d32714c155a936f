"""What the contract of the replication ports runs on: two projections, and both implementations of the target."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from sqlalchemy import Engine

from streams.adapters.databases.mirror import MirrorStatements
from streams.adapters.databases.own_schema import upgrade_own_schema
from streams.adapters.databases.row_keys import RowKeyStatements
from streams.adapters.databases.sources import SourceStatements
from streams.adapters.databases.sweep import SweepStatements
from streams.adapters.databases.target import PostgresTarget, Statements
from streams.adapters.databases.target_rows import TargetStatements
from streams.adapters.memory.replication import MemoryTarget
from streams.bootstrap.databases import applier_engine
from streams.ports.key_states import AsOf
from streams.ports.replication import Target
from streams.ports.row_keys import Rewritten
from streams.projection.catalog import Catalog, ColumnType, Table
from streams.projection.compute import CompiledProjection
from streams.projection.converters import Reference
from streams.projection.parse import parse_projection
from streams.projection.virtual import table_of
from streams.settings import Settings

TEXT = ColumnType("character varying", True, 255)
LEGACY = Catalog(
    {
        "tr_oss_header": Table(
            "tr_oss_header",
            {
                "idoss": ColumnType("integer", False),
                "nib": TEXT,
                "oss_id": TEXT,
                "nama_perseroan": TEXT,
                "tgl_terbit_nib": TEXT,
                "total_modal_dasar": ColumnType("character", True, 15),
                "tgl_insert": ColumnType("timestamp without time zone"),
            },
            ("idoss",),
        ),
        "oss_iumk": Table(
            "oss_iumk", {"nib": TEXT, "nama_usaha": TEXT, "modal_usaha": ColumnType("double precision")}, ()
        ),
    }
)
TARGET = Catalog(
    {
        "pelaku_usaha": Table(
            "pelaku_usaha",
            {
                "id": ColumnType("uuid", False),
                "jenis_pelaku_usaha": ColumnType("character", False, 2),
                "nama": ColumnType("character varying", False, 255),
                "modal_dasar": ColumnType("numeric", True, None, 20, 2),
            },
            ("id",),
        ),
        "nib": Table(
            "nib",
            {
                "nib": ColumnType("character", False, 13),
                "pelaku_usaha_id": ColumnType("uuid", False),
                "oss_id": ColumnType("character varying", False, 25),
                "status_nib": ColumnType("character", False, 2),
                "tgl_terbit": ColumnType("date", False),
                "asal": ColumnType("character varying", False, 12),
            },
            ("nib",),
        ),
    }
)
SOURCES = {
    "header": {"table": "tr_oss_header", "key": "nib", "newest": ["tgl_insert", "idoss"]},
    "iumk": {"table": "oss_iumk", "key": "nib", "newest": ["modal_usaha"]},
}
PROJECTIONS = (
    parse_projection(
        {
            "target": "pelaku_usaha",
            "key": {"column": "id", "rule": "UUID5", "with": {"namespace": "pelaku_usaha"}},
            "sources": SOURCES,
            "columns": {
                "jenis_pelaku_usaha": {"value": "01"},
                "nama": [{"rule": "TXT", "from": "header.nama_perseroan"}, {"rule": "TXT", "from": "iumk.nama_usaha"}],
                "modal_dasar": {"rule": "UANG", "from": "header.total_modal_dasar"},
            },
        },
        "",
    ),
    parse_projection(
        {
            "target": "nib",
            "key": {"column": "nib", "rule": "NIB13"},
            "sources": SOURCES,
            "lookups": {"pelaku": {"projection": "pelaku_usaha", "key": "key"}},
            "claims": [{"column": "oss_id", "prefer": ["tgl_terbit", "nib"]}],
            "columns": {
                "pelaku_usaha_id": {"lookup": "pelaku.id"},
                "oss_id": {"rule": "TXT", "from": "header.oss_id"},
                "status_nib": {"value": "01"},
                "tgl_terbit": {"rule": "TGL", "from": "header.tgl_terbit_nib"},
                "asal": {"value": "OSS_1_1"},
            },
        },
        "",
    ),
    parse_projection(
        {
            "target": "kelompok",
            "virtual": True,
            "key": {"column": "kunci", "rule": "COPY"},
            "sources": {"header": {"table": "tr_oss_header", "key": ["nib", {"value": "X"}]}},
            "columns": {"nama": {"rule": "TXT", "from": "header.nama_perseroan"}},
        },
        "",
    ),
)
TABLES = {p.target: table for p in PROJECTIONS if (table := table_of(p, TARGET)) is not None}
COMPILED = [CompiledProjection(p, TABLES[p.target], Reference()) for p in PROJECTIONS]
RETURNING = {"tr_oss_header": ("nib",), "oss_iumk": ("nib",)}
FILLED = ("rba.nib", "rba.pelaku_usaha", "mirror.tr_oss_header", "mirror.oss_iumk", "selaras.position")
FILLED_TOO = (
    *("truncation", "key_state", "claim", "touched", "touched_row", "undecodable", "heartbeat", "version", "authority"),
    *("row_key", "reference", "group_row", "lacking_column", "outcome_history"),
)

HISTORY = """
select was, outcome, faults, columns, record from selaras.outcome_history where projection = %s and key = %s order by id
"""
Entry = tuple[str | None, str, list[str], list[str], int | None]
"""Outcome before, outcome, rules of the faults, columns that changed, log record."""


class World(Protocol):
    """A target, and what its ports write but never read."""

    target: Target

    def unknown(self) -> list[str]:
        """Tables that must be read again."""

    def undecodable(self) -> list[tuple[str, int, int, bytes | None]]:
        """Topic, partition, offset and value of stored events."""

    def touched(self) -> list[tuple[str, tuple[str, ...]]]:
        """Projection and keys of each list."""

    def touched_rows(self) -> list[tuple[str, tuple[str, ...]]]:
        """Table and names of rows of each list."""

    def beat_ms(self) -> int | None:
        """The newest heartbeat."""

    def states(self) -> dict[tuple[str, str], str]:
        """The outcome of each key that has a state."""

    def history(self, projection: str, key: str) -> list[Entry]:
        """The key's entries, the oldest first."""


class MemoryWorld:
    """The twin."""

    def __init__(self) -> None:
        self.target = MemoryTarget(COMPILED, LEGACY, TARGET, RETURNING)

    def unknown(self) -> list[str]:
        """See World."""
        return sorted(self.target.state.unknown)

    def undecodable(self) -> list[tuple[str, int, int, bytes | None]]:
        """See World."""
        return sorted((*place, event.value) for place, event in self.target.state.undecodable.items())

    def touched(self) -> list[tuple[str, tuple[str, ...]]]:
        """See World."""
        return list(self.target.state.touched)

    def touched_rows(self) -> list[tuple[str, tuple[str, ...]]]:
        """See World."""
        return list(self.target.state.touched_rows)

    def beat_ms(self) -> int | None:
        """See World."""
        return self.target.state.beat_ms

    def states(self) -> dict[tuple[str, str], str]:
        """See World."""
        return {place: outcome.kind.value for place, outcome in self.target.state.states.items()}

    def history(self, projection: str, key: str) -> list[Entry]:
        """See World."""
        return [
            (e.was, e.outcome.kind.value, [f.rule for f in e.outcome.faults], list(e.columns), _record(e.as_of))
            for e in self.target.state.history.get((projection, key), ())
        ]


class PostgresWorld:
    """The real one; emptied before each test."""

    def __init__(self, settings: Settings) -> None:
        self.engine: Engine = applier_engine(settings)
        upgrade_own_schema(self.engine)
        mirror = MirrorStatements(LEGACY, RETURNING)
        statements = Statements(
            mirror,
            SweepStatements(LEGACY, mirror),
            SourceStatements(PROJECTIONS, LEGACY),
            RowKeyStatements(PROJECTIONS, LEGACY),
            TargetStatements(COMPILED, TARGET),
        )
        self.target: Target = PostgresTarget(self.engine, statements)

    def empty(self) -> None:
        """As it was made."""
        with self.engine.begin() as connection:
            for table in (*FILLED, *(f"selaras.{name}" for name in FILLED_TOO)):
                connection.exec_driver_sql(f"delete from {table}")
            connection.exec_driver_sql(
                "update selaras.mirror_table set unknown_since = null, unknown_reason = null, counted_in = null"
            )

    def unknown(self) -> list[str]:
        """See World."""
        return [
            row[0] for row in self._rows("select table_name from selaras.mirror_table where unknown_since is not null")
        ]

    def undecodable(self) -> list[tuple[str, int, int, bytes | None]]:
        """See World."""
        rows = self._rows('select topic, partition, "offset", value from selaras.undecodable order by 1, 2, 3')
        return [(topic, partition, offset, value) for topic, partition, offset, value in rows]

    def touched(self) -> list[tuple[str, tuple[str, ...]]]:
        """See World."""
        return [
            (row[0], tuple(row[1])) for row in self._rows("select projection, keys from selaras.touched order by id")
        ]

    def touched_rows(self) -> list[tuple[str, tuple[str, ...]]]:
        """See World."""
        lists = self._rows("select table_name, keys from selaras.touched_row order by id")
        return [(row[0], tuple(row[1])) for row in lists]

    def beat_ms(self) -> int | None:
        """See World."""
        rows = self._rows("select beat_ms from selaras.heartbeat")
        return rows[0][0] if rows else None

    def states(self) -> dict[tuple[str, str], str]:
        """See World."""
        return {
            (row[0], row[1]): row[2] for row in self._rows("select projection, key, outcome from selaras.key_state")
        }

    def history(self, projection: str, key: str) -> list[Entry]:
        """See World."""
        with self.engine.connect() as connection:
            rows = connection.exec_driver_sql(HISTORY, (projection, key)).all()
        return [(was, now, [f["rule"] for f in faults], columns, record) for was, now, faults, columns, record in rows]

    def _rows(self, sql: str) -> Sequence[Sequence[object]]:
        with self.engine.connect() as connection:
            return connection.exec_driver_sql(sql).all()


def _record(as_of: AsOf | None) -> int | None:
    return as_of.position.record if as_of else None


def filled(changed: Rewritten) -> dict[str, set[str]]:
    """By column, what the rows changed held before and after; without the columns that held nothing."""
    return {name: found for name, found in changed.by_column().items() if found}


def postgres_world(settings: Settings) -> Iterator[PostgresWorld]:
    """The real target, given back afterwards."""
    made = PostgresWorld(settings)
    yield made
    made.engine.dispose()
