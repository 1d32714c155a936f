"""Rows of rare shape, through the whole engine and its real mapping."""

from collections.abc import Iterator

import psycopg
import pytest

from streams.bootstrap.databases import target_server
from streams.services.recompute import Recompute
from streams.settings import Settings
from tests.conftest import fresh_worlds
from tests.engine import EngineWorld
from tests.history import History
from tests.integration.explain.company import AT, A, B, document, put

pytestmark = pytest.mark.postgres


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


def apply(world: EngineWorld, history: History) -> None:
    """Commit, then apply what was not applied yet."""
    history.commits()
    service, chunks = world.service(), history.chunks()
    stored = service.positions({(c.topic, c.partition): 0 for c in chunks})
    new = [c.since(stored[(c.topic, c.partition)]) for c in chunks if c.end > stored[(c.topic, c.partition)]]
    if new:
        service.apply(new)


def licence(history: History, number: int, name: str) -> None:
    """A licence of a project, with an event and a requirement."""
    put(history, "tr_oss_proyek", idpryk=number, nib=A, id_proyek="R-1", kbli="55194", uraian_usaha="Vila", **AT)
    known = {"jenis_izin": "02", "kd_izin": "040000000001", "kewenangan": "00", "nama_izin": "Izin Usaha"}
    known |= {"status_checklist": "50", "tgl_permohonan": "2019-03-04 10:11:12", "flag_checklist": "Y"}
    put(history, "tr_oss_checklist", idchecklist=number, nib=A, id_izin=name, id_proyek="R-1", **known, **AT)
    event = {"kd_status": "50", "tgl_status": "2020-05-06 07:08:09", "nominal": "0"}
    put(history, "tr_oss_status_izin", idstatus=number, id_izin=name, nib=A, **event)
    put(history, "tr_oss_persyaratan", idsyarat=number, id_izin=name, id_syarat="S|1", no_dokumen="7")


@pytest.mark.parametrize("name", ["I|1", "I\\1", "?1", "?checklist:x", "\\|?"])
def test_a_licence_is_found_by_its_own_text(world: EngineWorld, name: str) -> None:
    history = world.history()
    document(history, 1, A)
    licence(history, 1, name)
    apply(world, history)
    states = {row["projection"]: row["outcome"] for row in world.rows("select * from selaras.key_state")}
    if name.startswith("?checklist:"):
        assert states["perizinan"] == "quarantined"
        assert {row["key"] for row in world.rows("select * from selaras.key_state where projection = 'perizinan'")} == {
            "?checklist:1"
        }
        return
    assert not states
    for table in ("perizinan", "perizinan_riwayat", "persyaratan"):
        assert {row["id_izin"] for row in world.rows(f"select id_izin from rba.{table}")} == {name}
    assert world.rows("select id_syarat from rba.persyaratan") == [{"id_syarat": "S|1"}]


def test_a_row_that_a_foreign_row_keeps_is_found_by_nobody(world: EngineWorld) -> None:
    """Until its key has one again: then those that wait for it come back."""
    history = world.history()
    header = document(history, 1, A)
    licence(history, 1, "I-1")
    apply(world, history)
    with psycopg.connect(target_server(world.settings, "rba_owner").conninfo()) as owner:
        owner.execute("create table rba.asing (nib char(13) references rba.nib (nib))")
        owner.execute("insert into rba.asing values (%s)", (A,))
    try:
        history.update("tr_oss_header", header, nib=B)
        apply(world, history)
        history.update("tr_oss_proyek", history.rows["tr_oss_proyek"][0], luas_tanah="2")
        apply(world, history)
        assert {row["nib"] for row in world.rows("select nib from rba.nib")} == {A, B}
        assert world.rows("select 1 from rba.proyek union all select 1 from rba.perizinan") == []
        assert Recompute(world.ground.target, world.ground.plan).differences(lambda *_: None).changes == 0
        history.update("tr_oss_header", history.rows["tr_oss_header"][0], nib=A)
        apply(world, history)
        assert {row["id_izin"] for row in world.rows("select id_izin from rba.perizinan")} == {"I-1"}
        assert world.rows("select 1 from selaras.key_state") == []
    finally:
        with psycopg.connect(target_server(world.settings, "rba_owner").conninfo()) as owner:
            owner.execute("drop table rba.asing")


def test_a_row_without_key_is_seen_until_it_has_one(world: EngineWorld) -> None:
    """The extract's NIB may be NULL; such a row is known by a key of its own, and computed with all others."""
    states = "select projection, key, outcome, faults from selaras.key_state where outcome <> 'row' order by 1"
    history = world.history()
    document(history, 1, A)
    row = history.insert("oss_iumk", nib=None, nama_usaha="Toko Baik", status_nib="Aktif", modal_usaha=1000000.0)
    apply(world, history)
    found = world.rows(states)
    assert [(one["projection"], one["outcome"]) for one in found] == [
        (t, "quarantined") for t in ("nib", "pelaku_usaha")
    ]
    assert {str(one["key"])[:6] for one in found} == {"?iumk:"}
    assert found[0]["faults"][0]["reason"] == "the legacy column nib holds no value"
    recompute = Recompute(world.ground.target, world.ground.plan)
    computed = recompute.differences(lambda *_: None)
    assert (computed.changes, computed.keys["nib"]) == (0, {"row": 1, "quarantined": 1})
    with world.applier.begin() as connection:
        connection.exec_driver_sql("delete from selaras.key_state")
    recompute.run(lambda *_: None)
    assert [one["key"] for one in world.rows(states)] == [one["key"] for one in found]
    history.update("oss_iumk", row, nib=A)
    apply(world, history)
    assert world.rows(states) == []
