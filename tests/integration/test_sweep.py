"""What a load leaves to do in the mirror, and what tidying may take away: on a real PostgreSQL, through the engine."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from streams.changes.snapshot import Snapshot
from streams.ports.replication import Floor, OutrankedBy, UnitOfWork
from streams.ports.row_keys import Rewritten
from streams.services.settle import Again, Pass
from streams.services.touched import TouchedRows
from streams.settings import Settings
from tests.conftest import fresh_worlds
from tests.engine import EngineWorld
from tests.histories_tables import HEADER
from tests.history import History

pytestmark = pytest.mark.postgres
NIB = "9999000000017"


@pytest.fixture(scope="module")
def made(server: Settings) -> Iterator[EngineWorld]:
    """One pair of databases for this file."""
    with fresh_worlds(server) as settings:
        world = EngineWorld(settings)
        yield world
        world.close()


@pytest.fixture
def world(made: EngineWorld) -> EngineWorld:
    """The same, empty."""
    made.empty()
    return made


def company(history: History, number: int, **values: object) -> dict[str, object]:
    """A header row that every rule takes."""
    given = {"nib": NIB, "oss_id": f"P-{number}", "nama_perseroan": "PT Satu", "tgl_terbit_nib": "2019-03-04"}
    known = {"status_nib": "01", "sts_aktif": "1", "tgl_insert": "2019-03-04T10:11:12Z"}
    return history.insert("tr_oss_header", idoss=number, **{**HEADER, **given, **known, **values})


def settled(world: EngineWorld, deed: Callable[[UnitOfWork], tuple[int, Rewritten]], table: str) -> int:
    """Do it as a load does: under the exclusive lock, and settle what it touched."""
    with world.ground.target.transaction() as work:
        in_force = work.guard.enter(exclusive=True)
        count, touched = deed(work)
        noted = TouchedRows(world.ground.plan, work)
        noted.note(table, touched)
        Pass(world.ground.plan, work, in_force.writable, Again()).run(noted)
    return count


def rows(world: EngineWorld, sql: str) -> list[Mapping[str, Any]]:
    """A query on the target."""
    return world.rows(sql)


def test_a_load_marks_what_it_did_not_bring_and_nothing_that_came_later(world: EngineWorld) -> None:
    """Rows below the floor are gone, rows read again or changed since lie above it."""
    history = world.history()
    company(history, 1)
    company(history, 2, nib="9999000000025")
    history.commits()
    floor = history.lsn + 1
    history.commits()
    history.reread("tr_oss_header", history.rows["tr_oss_header"][:1])
    history.commits()
    company(history, 3, nib="9999000000033")
    world.apply(history.chunks())
    left = settled(world, lambda work: work.sweep.mark_left_over("tr_oss_header", "", Floor(1, floor)), "tr_oss_header")
    assert left == 1
    gone = rows(world, "select nib from rba.nib where dihapus_pada is not null")
    assert [row["nib"] for row in gone] == ["9999000000025"]
    assert len(rows(world, "select 1 from rba.nib where dihapus_pada is null")) == 2


def test_a_load_of_a_range_touches_the_range_alone(world: EngineWorld) -> None:
    """The condition may hold any SQL, per cent signs too."""
    history = world.history()
    company(history, 1)
    company(history, 2, nib="9999000000025")
    history.commits()
    world.apply(history.chunks())
    where = "nib like '%25'"
    deed = lambda work: work.sweep.mark_left_over("tr_oss_header", where, Floor(1, history.lsn + 1))  # noqa: E731
    assert settled(world, deed, "tr_oss_header") == 1
    assert [r["nib"] for r in rows(world, "select nib from mirror.tr_oss_header where _deleted")] == ["9999000000025"]


def test_a_new_generation_replaces_what_an_older_one_left(world: EngineWorld) -> None:
    """Keyed rows by their generation, counts of a keyless table by the first content that the new one brings."""
    history = world.history()
    company(history, 1)
    history.insert("oss_iumk", nib=NIB, nama_usaha="Toko")
    history.insert("oss_iumk", nib="9999000000025", nama_usaha="Warung")
    history.commits()
    world.apply(history.chunks())
    with world.applier.begin() as connection:
        connection.exec_driver_sql("delete from selaras.position")
    again = world.history()
    again.rows["oss_iumk"] = history.rows["oss_iumk"][:1]
    again.snapshot("oss_iumk", 900)
    world.apply(again.chunks(), generation=2)
    swept = settled(world, lambda work: work.sweep.mark_left_over("oss_iumk", "", Floor(2)), "oss_iumk")
    counts = {r["nib"]: r["_count"] for r in rows(world, "select nib, _count from mirror.oss_iumk")}
    assert (swept, counts) == (1, {NIB: 1, "9999000000025": 0})
    assert settled(world, lambda work: work.sweep.mark_left_over("tr_oss_header", "", Floor(2)), "tr_oss_header") == 1


def test_counting_anew_skips_what_its_snapshot_shows(world: EngineWorld) -> None:
    """Changes that the snapshot shows are not counted again when they arrive; later ones are."""
    history = world.history()
    shown = history.insert("oss_iumk", nib=NIB, nama_usaha="Toko")
    first = history.transaction
    history.commits()
    history.insert("oss_iumk", nib=NIB, nama_usaha="Toko")
    history.commits()
    snapshot = Snapshot(first + 1, first + 1, frozenset())
    text = f"{snapshot.xmin}:{snapshot.xmax}:"
    document = json.dumps(shown).encode()
    settled(world, lambda work: work.sweep.recount("oss_iumk", iter([document]), 1, text), "oss_iumk")
    world.apply(history.chunks())
    assert [row["_count"] for row in rows(world, "select _count from mirror.oss_iumk")] == [2]


def test_tombstones_leave_once_a_later_one_outranks_them(world: EngineWorld) -> None:
    """Behind the floor only, and never the last word on a key."""
    history = world.history()
    old = company(history, 1)
    history.commits()
    history.delete("tr_oss_header", old)
    old = company(history, 2)
    lonely = company(history, 3, nib="9999000000033")
    history.commits()
    history.delete("tr_oss_header", lonely)
    history.delete("tr_oss_header", old)
    company(history, 4)
    history.commits()
    world.apply(history.chunks())
    before = world.state()["rba.nib"]
    with world.ground.target.transaction() as work:
        work.guard.enter()
        assert work.tidying.drop_outranked("tr_oss_header", OutrankedBy(("nib",)), 0) == 0
        assert work.tidying.drop_outranked("tr_oss_header", OutrankedBy(("nib",)), history.lsn + 1) == 1
    assert sorted(r["idoss"] for r in rows(world, "select idoss from mirror.tr_oss_header")) == [2, 3, 4]
    assert world.state()["rba.nib"] == before


def test_whether_a_tombstone_was_tidied_away_never_shows(world: EngineWorld) -> None:
    """The row deleted last speaks for a key without live rows, even when an older one looks newer."""
    results = []
    for tidy in (True, False):
        world.empty()
        history = world.history()
        first = company(history, 3, nama_perseroan="PT Pertama")
        history.commits()
        history.delete("tr_oss_header", first)
        looks_newer = company(history, 1, tgl_perubahan_nib="2021-01-01", nama_perseroan="PT Lama")
        live = company(history, 2, tgl_perubahan_nib="2019-01-01", nama_perseroan="PT Baru")
        history.commits()
        history.delete("tr_oss_header", looks_newer)
        history.commits()
        world.apply(history.chunks())
        if tidy:
            with world.ground.target.transaction() as work:
                work.guard.enter()
                assert work.tidying.drop_outranked("tr_oss_header", OutrankedBy(("nib",)), history.lsn + 1) == 1
        seen = {(c.topic, c.partition): c.end for c in history.chunks()}
        history.update("tr_oss_header", live, nib="9999000000033")
        history.commits()
        world.seed(history.chunks())
        service = world.service()
        service.apply([c.since(seen.get((c.topic, c.partition), 0)) for c in history.chunks()])
        found = rows(world, "select * from rba.pelaku_usaha order by nama")
        results.append([(row["nama"], row["dihapus_pada"]) for row in found])
    assert results[0] == results[1]
    assert [name for name, _ in results[0]] == ["PT Baru", "PT Lama"]


def test_what_a_broken_snapshot_read_is_swept_when_it_began_again(world: EngineWorld) -> None:
    """A row that was deleted between the two reads is shown by neither the second nor the stream."""
    history = world.history()
    company(history, 1)
    company(history, 2, nib="9999000000025")
    history.insert("oss_iumk", nib="9999000000025", nama_usaha="Warung")
    history.log.clear()
    for table in ("tr_oss_header", "oss_iumk"):
        history.snapshot(table, 800)
    for table in ("tr_oss_header", "oss_iumk"):
        del history.rows[table][-1]
    history.snapshot("tr_oss_header", 801)
    history.commits()
    world.apply(history.chunks())
    floor = Floor(1, 0, 801)
    assert settled(world, lambda work: work.sweep.mark_left_over("tr_oss_header", "", floor), "tr_oss_header") == 1
    assert settled(world, lambda work: work.sweep.mark_left_over("oss_iumk", "", floor), "oss_iumk") == 1
    alive = rows(world, "select legacy_idoss from rba.pelaku_usaha where dihapus_pada is null")
    assert [row["legacy_idoss"] for row in alive] == [1]


def test_a_business_of_the_extract_alone_ends_with_its_row(world: EngineWorld) -> None:
    """No header speaks for it, so the extract's delete counts."""
    history = world.history()
    row = history.insert("oss_iumk", nib=NIB, nama_usaha="Toko", day_of_tanggal_terbit="2019-03-04Z")
    history.commits()
    history.delete("oss_iumk", row)
    history.commits()
    world.apply(history.chunks())
    assert [r["dihapus_pada"] is not None for r in rows(world, "select dihapus_pada from rba.pelaku_usaha")] == [True]
