"""What both implementations of both sides of the capture check promise, on the twins in memory and on PostgreSQL."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Protocol

import psycopg
import pytest

from streams.adapters.databases.capture_check_legacy import PostgresLegacySide
from streams.adapters.databases.capture_check_mirror import PostgresMirrorSide
from streams.adapters.memory.capture_check import MemoryLegacySide, MemoryMirrorSide
from streams.adapters.memory.replication import MemoryTarget
from streams.bootstrap.capture_check import gentle_reader_engine
from streams.bootstrap.databases import legacy_server
from streams.changes.change import Change, Operation
from streams.changes.position import Position
from streams.drift.canonical import canonical
from streams.ports.capture_check import Compared, Keys, LegacySide, MirrorSide, Run
from streams.ports.replication import Target
from streams.projection.catalog import Catalog, ColumnType, Table
from streams.settings import Settings
from tests.conftest import fresh_worlds
from tests.engine import EngineWorld

DEEDS, MICRO = "tr_oss_legalitas", "oss_iumk"
TEXT = ColumnType("character varying", True, 255)
CATALOG = Catalog(
    {
        DEEDS: Table(DEEDS, {"idlegal": ColumnType("integer"), "nib": TEXT, "no_legal": TEXT}, ("idlegal",)),
        MICRO: Table(MICRO, {"nib": TEXT, "nama_usaha": TEXT}, ()),
    }
)
COLUMNS = {
    table.name: [
        Compared(c, kind.sql, "bigint" if kind.sql == "integer" else "text") for c, kind in table.columns.items()
    ]
    for table in CATALOG.tables.values()
}
NIBS = ("9999000000017", "9999000000025")
Row = dict[str, object]


class World(Protocol):
    """Both sides, and ways to fill them."""

    legacy: LegacySide
    mirror: MirrorSide
    target: Target

    def insert(self, table: str, row: Row) -> None:
        """Into the legacy table."""

    def forget(self, table: str, key: str) -> None:
        """Delete the key's rows from it."""


class Twins:
    """In memory."""

    def __init__(self) -> None:
        self.memory = MemoryTarget([], CATALOG, Catalog({}), {})
        self.target: Target = self.memory
        self.legacy: LegacySide = MemoryLegacySide(CATALOG)
        self.mirror: MirrorSide = MemoryMirrorSide(self.memory, CATALOG)

    def insert(self, table: str, row: Row) -> None:
        """See World."""
        assert isinstance(self.legacy, MemoryLegacySide)
        self.legacy.insert(table, row)

    def forget(self, table: str, key: str) -> None:
        """See World."""
        assert isinstance(self.legacy, MemoryLegacySide)
        self.legacy.delete(table, key)


class Databases:
    """On PostgreSQL."""

    def __init__(self, settings: Settings) -> None:
        self.engine = EngineWorld(settings)
        self.reader = gentle_reader_engine(settings)
        self.owner = psycopg.connect(legacy_server(settings, "oss_owner").conninfo(), autocommit=True)
        self.target: Target = self.engine.ground.target
        self.legacy: LegacySide = PostgresLegacySide(self.reader, "public", CATALOG)
        self.mirror: MirrorSide = PostgresMirrorSide(self.engine.applier, CATALOG)

    def empty(self) -> None:
        """As it was made."""
        self.owner.execute(f"truncate {DEEDS}, {MICRO}")  # type: ignore[arg-type]
        self.engine.empty()

    def close(self) -> None:
        """Give the connections back."""
        self.owner.close()
        self.reader.dispose()
        self.engine.close()

    def insert(self, table: str, row: Row) -> None:
        """See World."""
        marks = ", ".join(["%s"] * len(row))
        statement = f"insert into {table} ({', '.join(row)}) values ({marks})"
        self.owner.execute(statement, list(row.values()))  # type: ignore[arg-type]

    def forget(self, table: str, key: str) -> None:
        """See World."""
        column = "idlegal::text" if table == DEEDS else "coalesce(nib, '')"
        self.owner.execute(f"delete from {table} where {column} = %s", [key])  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    """One pair for this file."""
    server: Settings = request.getfixturevalue("server")
    with fresh_worlds(server) as settings:
        made = Databases(settings)
        yield made
        made.close()


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.postgres)])
def sides(request: pytest.FixtureRequest) -> World:
    """Empty sides."""
    if request.param == "memory":
        return Twins()
    made: Databases = request.getfixturevalue("databases")
    made.empty()
    return made


def deed(number: int, text: str = "a", nib: str = NIBS[0]) -> Row:
    """A row of the table with a key."""
    return {"idlegal": number, "nib": nib, "no_legal": text}


def mirrored(sides: World, *rows: Row, operation: str = "c", commit: int = 10) -> None:
    """Bring rows of the table with a key to the mirror."""
    changes = [_change(DEEDS, row, operation, commit) for row in rows]
    with sides.target.transaction() as work:
        work.mirror.write(DEEDS, changes)


def counted(sides: World, *rows: Row) -> None:
    """Bring rows of the table without one."""
    with sides.target.transaction() as work:
        work.mirror.count(MICRO, 0, [_change(MICRO, row, "c", 10) for row in rows])


def _change(table: str, row: Row, operation: str, commit: int) -> Change:
    columns = {"idlegal": 0, "nib": "", "no_legal": "", "jenis_legal": "", "tgl_legal": ""} if table == DEEDS else {}
    image = json.dumps({**columns, **row}).encode()
    before, after = (image, None) if operation == "d" else (None, image)
    identity = (row["idlegal"],) if table == DEEDS else ()
    return Change(table, Operation(operation), identity, Position(1, commit, commit + 1, 1), before, after, 7, 1)


def md5(text: str | None) -> str | None:
    """The digest of a canonical text."""
    return None if text is None else hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def test_the_digest_is_that_of_the_canonical_text_on_both_sides(sides: World) -> None:
    texts = {1: "", 2: "a ", 3: "é\"'\\", 4: "a\x1fb", 5: "\x1e", 6: "PT Satu\n"}
    for number, text in texts.items():
        sides.insert(DEEDS, deed(number, text))
        mirrored(sides, deed(number, text))
    expected = {str(n): md5(canonical([str(n), NIBS[0], text])) for n, text in texts.items()}
    for side in (sides.legacy, sides.mirror):
        assert side.digests(DEEDS, COLUMNS[DEEDS], Keys([*expected, "99"])) == expected
    assert [key for key, digest in expected.items() if digest is None] == ["4", "5"]


def test_a_sum_is_equal_where_all_digests_are(sides: World) -> None:
    for number in (2, 9, 10, 11):
        sides.insert(DEEDS, deed(number))
        mirrored(sides, deed(number))
    for run, keys in (
        (Run(None, None), {"2", "9", "10", "11"}),
        (Run("2", "10"), {"9", "10"}),
        (Run("11", None), set()),
    ):
        legacy, mirror = (side.total(DEEDS, COLUMNS[DEEDS], run) for side in (sides.legacy, sides.mirror))
        assert (legacy.count, legacy.digest) == (mirror.count, mirror.digest)
        assert (set(mirror.keys), mirror.count, legacy.keys) == (keys, len(keys), ())
        assert set(sides.legacy.digests(DEEDS, COLUMNS[DEEDS], run)) == keys
    mirrored(sides, deed(10, "b"), commit=20)
    run = Run("2", "10")
    assert (
        sides.legacy.total(DEEDS, COLUMNS[DEEDS], run).digest != sides.mirror.total(DEEDS, COLUMNS[DEEDS], run).digest
    )


def test_bounds_follow_the_order_of_numbers_and_count_deleted_mirror_rows(sides: World) -> None:
    for number in (2, 9, 10, 11):
        sides.insert(DEEDS, deed(number))
        mirrored(sides, deed(number))
    mirrored(sides, deed(9), operation="d", commit=20)
    for side in (sides.legacy, sides.mirror):
        assert [side.bound(DEEDS, after, 1) for after in (None, "9", "10", "11")] == ["9", "11", None, None]


def test_legacy_rows_come_with_their_writer_and_a_snapshot_that_shows_it(sides: World) -> None:
    sides.insert(DEEDS, deed(1))
    read = sides.legacy.rows(DEEDS, COLUMNS[DEEDS], ["1", "2"])
    assert set(read.rows) == {"1"}
    row = read.rows["1"]
    assert (dict(row.contents), read.snapshot.shows(row.writer)) == ({("1", NIBS[0], "a"): 1}, True)
    assert read.columns["idlegal"] == "integer"
    sides.forget(DEEDS, "1")
    sides.insert(DEEDS, deed(1))
    again = sides.legacy.rows(DEEDS, COLUMNS[DEEDS], ["1"])
    assert again.rows["1"].version != row.version
    assert not read.snapshot.shows(again.rows["1"].writer)
    assert again.position > read.position


def test_a_mirror_row_that_counts_as_deleted_has_no_contents(sides: World) -> None:
    mirrored(sides, deed(1))
    live = sides.mirror.rows(DEEDS, COLUMNS[DEEDS], ["1", "2"]).rows
    assert {key: dict(row.contents) for key, row in live.items()} == {"1": {("1", NIBS[0], "a"): 1}}
    mirrored(sides, deed(1), operation="d", commit=20)
    gone = sides.mirror.rows(DEEDS, COLUMNS[DEEDS], ["1"]).rows["1"]
    assert (dict(gone.contents), gone.position.commit, gone.transactions) == ({}, 20, frozenset({7}))
    assert gone.version != live["1"].version
    assert sides.mirror.digests(DEEDS, COLUMNS[DEEDS], Keys(["1"])) == {}


def test_rows_without_a_key_are_counted_by_their_business_number(sides: World) -> None:
    rows: list[Row] = [{"nib": nib, "nama_usaha": name} for nib, name in zip((*NIBS, None), "ABC", strict=True)]
    rows.append(rows[0])
    for row in rows:
        sides.insert(MICRO, row)
    counted(sides, *rows)
    keys = [*NIBS, "", "9999000000033"]
    contents: Mapping[str, object] = {NIBS[0]: {(NIBS[0], "A"): 2}, NIBS[1]: {(NIBS[1], "B"): 1}, "": {(None, "C"): 1}}
    legacy = sides.legacy.rows(MICRO, COLUMNS[MICRO], keys).rows
    mirror = sides.mirror.rows(MICRO, COLUMNS[MICRO], keys).rows
    assert {key: row.contents for key, row in legacy.items()} == contents
    assert {key: row.contents for key, row in mirror.items()} == contents
    assert sides.legacy.digests(MICRO, COLUMNS[MICRO], Keys(keys)) == sides.mirror.digests(
        MICRO, COLUMNS[MICRO], Keys(keys)
    )
    for run in (Run(None, NIBS[0]), Run("", None), Run(NIBS[0], None)):
        one, other = (side.total(MICRO, COLUMNS[MICRO], run) for side in (sides.legacy, sides.mirror))
        assert (one.count, one.digest) == (other.count, other.digest)
    assert set(sides.mirror.total(MICRO, COLUMNS[MICRO], Run(None, NIBS[0])).keys) == {"", NIBS[0]}
