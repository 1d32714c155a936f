"""Batches do not end between a delete and the re-insert of the same natural key: writes are counted on the twin."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.adapters.memory.fail_points import SilentFailPoints
from streams.changes.chunk import Chunk
from streams.changes.envelope import Decoder
from streams.services import tails
from streams.services.replicate import Applied, Place, Replicate
from tests.unit.language_world import ACCESS, PROJECT, TABLES, A, LanguageWorld

CHILD = {
    **ACCESS,
    "sources": {"akun": {"table": "akun", "key": [{"rule": "DAFTAR_NIB", "from": "daftar"}, "surel"]}},
    "claims": [],
    "columns": {
        **ACCESS["columns"],
        "surel": [{"rule": "COPY", "from": "akun._deleted_at"}, {"rule": "TXT", "from": "akun.surel"}],
    },
}
PARENT = {
    **PROJECT,
    "columns": {"nib": [{"rule": "COPY", "from": "proyek._deleted_at"}, {"rule": "NIB13", "from": "proyek.nib"}]},
}


class Driver:
    """Feeds chunks as the worker does: what is held comes back before what follows it."""

    def __init__(self, world: LanguageWorld) -> None:
        self._world = world
        decoder = Decoder("oss", "public", TABLES, 1)
        self._service = Replicate(world.target, world.plan, decoder, TABLES, SilentFailPoints())
        self._held: dict[Place, Chunk] = {}
        self._read: dict[Place, int] = {}
        self.written = self.transient = 0

    def feed(self, sizes: Sequence[int] = (), *, rest: bool = True) -> None:
        """Commit, then feed what is new in pieces of these sizes (the last one for all that follow, 0: one piece)."""
        self._world.history.commits()
        for chunk in self._world.history.chunks():
            place = (chunk.topic, chunk.partition)
            records = chunk.since(self._read.get(place, 0)).records
            self._service.positions({place: 0})
            left = list(sizes)
            while records:
                size = (left.pop(0) if len(left) > 1 else left[0] if left else 0) or len(records)
                self.apply(Chunk(chunk.topic, chunk.partition, records[0].offset, records[:size]))
                records = records[size:]
            self._read[place] = chunk.end
        if rest:
            self.flush()

    def apply(self, chunk: Chunk, *, may_hold: bool = True) -> Applied:
        """One piece, behind what was held."""
        place = (chunk.topic, chunk.partition)
        held = self._held.pop(place, None)
        applied = self._service.apply([c for c in (held, chunk) if c is not None], {place} if may_hold else ())
        self._held.update({(c.topic, c.partition): c for c in applied.held})
        self.written += applied.settled.written + applied.settled.deleted
        self.transient += applied.transient
        return applied

    def flush(self) -> None:
        """The deadline passes."""
        for held in list(self._held.values()):
            self._held.clear()
            self.apply(held, may_hold=False)


def replaced(world: LanguageWorld, table: str, number: int, **values: object) -> None:
    """The row of that number is deleted and inserted again under another."""
    row = next(r for r in world.history.rows[table] if r["id"] == number)
    world.history.delete(table, row)
    world.history.insert(table, **{**row, "id": number + 100, **values})


@pytest.fixture
def world() -> LanguageWorld:
    """Projects told by a plain column, access rights by a derived key; a deletion shows in their rows."""
    return LanguageWorld(PARENT, CHILD)


@pytest.fixture
def driver(world: LanguageWorld) -> Driver:
    """Three projects of one code's partition and three access rights, applied."""
    world.history.partitions = 1
    for number in (1, 2, 3):
        world.history.insert("proyek", id=number, kode=f"K{number}", nib=A)
        world.history.insert("akun", id=number, daftar=A, surel=f"s{number}", utama="F")
    driver = Driver(world)
    driver.feed()
    assert driver.written == 6
    driver.written = 0
    return driver


@given(st.lists(st.integers(1, 4), max_size=8))
def test_children_inserted_again_cause_no_write_wherever_a_fetch_ends(sizes: list[int]) -> None:
    world = LanguageWorld(PARENT, CHILD)
    world.history.partitions = 1
    for number in (1, 2, 3):
        world.history.insert("proyek", id=number, kode=f"K{number}", nib=A)
        world.history.insert("akun", id=number, daftar=A, surel=f"s{number}", utama="F")
    driver = Driver(world)
    driver.feed()
    driver.written = 0
    for number in (1, 2, 3):
        world.history.delete("akun", next(r for r in world.history.rows["akun"] if r["id"] == number))
        replaced(world, "proyek", number)
    for number in (3, 1, 2):
        world.history.insert("akun", id=number + 50, daftar=A, surel=f"s{number}", utama="F")
    driver.feed(sizes)
    assert (driver.written, driver.transient) == (0, 0)
    assert {row["surel"] for row in world.rows("t_akses").values()} == {"s1", "s2", "s3"}


def test_without_holding_the_row_goes_and_comes_and_that_is_counted(world: LanguageWorld, driver: Driver) -> None:
    replaced(world, "akun", 1)
    world.history.commits()
    (chunk,) = (c for c in world.history.chunks() if c.topic.endswith("akun"))
    first, second = chunk.since(3).until(1), chunk.since(4)
    driver.apply(first, may_hold=False)
    driver.apply(second, may_hold=False)
    assert (driver.written, driver.transient) == (2, 1)


def test_what_is_whole_does_not_wait(world: LanguageWorld, driver: Driver) -> None:
    """Inserts, updates, and a delete whose key is back; the transaction before the last is applied at once."""
    row = world.history.insert("akun", id=9, daftar=A, surel="s9", utama="F")
    world.history.update("akun", row, utama="T")
    replaced(world, "akun", 2)
    driver.feed(rest=False)
    assert not driver._held
    world.history.update("akun", row, utama="F")
    world.history.commits()
    world.history.delete("akun", row)
    driver.feed(rest=False)
    assert [len(chunk.records) for chunk in driver._held.values()] == [1]
    assert world.rows("t_akses")[f"{A}|s9"]["utama"] is False
    driver.flush()
    assert str(world.rows("t_akses")[f"{A}|s9"]["surel"]).startswith("20")


def test_a_following_transaction_ends_the_waiting(world: LanguageWorld, driver: Driver) -> None:
    gone = next(r for r in world.history.rows["akun"] if r["id"] == 1)
    world.history.delete("akun", gone)
    driver.feed(rest=False)
    assert driver._held
    world.history.insert("akun", id=8, daftar=A, surel="s8", utama="F")
    driver.feed(rest=False)
    assert not driver._held
    shown = {key: row["surel"] for key, row in world.rows("t_akses").items()}
    assert (shown[f"{A}|s8"], str(shown[f"{A}|s1"])[:2]) == ("s8", "20")


def test_a_long_transaction_does_not_wait(
    world: LanguageWorld, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past the most rows held it is applied in parts, and what that costs is counted."""
    monkeypatch.setattr("streams.services.tails.MOST_HELD", 2)
    rows = [dict(row) for row in world.history.rows["akun"]]
    for row in list(world.history.rows["akun"]):
        world.history.delete("akun", row)
    for row in rows:
        world.history.insert("akun", **{**row, "id": int(str(row["id"])) + 10})
    driver.feed([1])
    assert (driver.written, driver.transient) == (6, 3)
    assert len(world.rows("t_akses")) == 3


def test_what_a_long_transaction_leaves_open_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tails, "MOST_HELD", 5)

    def tail(*keys: str) -> tails.Tail:
        return tails.Tail(0, 7, frozenset(("t_proyek.proyek", key) for key in keys), may_wait=False)

    kept: tails.Tail | None = None
    for number in range(60):
        kept = tail(f"K{number}", f"L{number}").joined(kept)
        assert tail(f"K{number}", f"L{number}").keys <= kept.keys
        assert len(kept.keys) <= 5
    assert tail("K", "L").joined(tail("M")).keys == tail("K", "L", "M").keys


def test_a_long_transaction_that_deletes_is_applied_as_it_comes(
    world: LanguageWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was not remembered is not counted when it comes back; the rows are right all the same."""
    monkeypatch.setattr(tails, "MOST_HELD", 5)
    world.history.partitions = 1
    rows = [world.history.insert("proyek", id=n, kode=f"K{n}", nib=A) for n in range(30)]
    driver = Driver(world)
    driver.feed()
    for row in rows:
        world.history.delete("proyek", row)
    for n in range(30):
        world.history.insert("proyek", id=100 + n, kode=f"K{n}", nib=A)
    driver.feed([3])
    assert 0 < driver.transient < 30
    assert {row["nib"] for row in world.rows("t_proyek").values()} == {A}
    assert len(world.rows("t_proyek")) == 30
