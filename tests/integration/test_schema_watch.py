"""The legacy tables change while the run goes on: on real databases, through the engine."""

import json
from collections.abc import Collection, Iterator

import pytest

from streams.adapters.databases.registries import PostgresLoadRegistry
from streams.ports.registry import Load
from streams.projection.schema_change import ChangeKind, SchemaChange
from streams.settings import Settings
from tests.histories_tables import PROJECT
from tests.history import Row
from tests.integration.test_sweep import company
from tests.live_world import LiveWorld

pytestmark = pytest.mark.postgres

HEADER, PROJECTS, MICRO = "tr_oss_header", "tr_oss_proyek", "oss_iumk"
A, B, C = "9999000000017", "9999000000025", "9999000000033"
PAUSED = "select projection, key from selaras.key_state where wait_projection = '' order by 1, 2"


@pytest.fixture
def live(worlds: Settings) -> Iterator[LiveWorld]:
    """A world of its own, with one company."""
    made = LiveWorld(worlds)
    company(made.history, 1, nib=A, oss_id="P-1")
    made.apply()
    assert made.watch.look().appeared == []
    yield made
    made.close()


def first(live: LiveWorld, table: str = HEADER) -> Row:
    """The company's document."""
    return live.history.rows[table][0]


def kinds(changes: Collection[SchemaChange]) -> list[tuple[ChangeKind, str]]:
    """What happened to which column."""
    return [(change.kind, change.column) for change in changes]


def test_an_added_column_is_told_and_kept_once_the_mirror_is_extended(live: LiveWorld) -> None:
    live.legacy(f"alter table public.{HEADER} add column kolom_baru varchar(9)")
    live.reshape(HEADER, add={"kolom_baru": "lama"})
    company(live.history, 2, nib=B, oss_id="P-2", nama_perseroan="PT Dua", kolom_baru="x")
    live.history.update(HEADER, first(live), nama_perseroan="PT Baru")
    assert live.apply() == 0
    assert live.names() == ["PT Baru", "PT Dua"]
    assert live.engine.rows("select 1 from selaras.lacking_column") == []
    looked = live.watch.look()
    assert kinds(looked.appeared) == [(ChangeKind.ADDED, "kolom_baru")]
    assert live.watch.look().appeared == []
    live.starts()

    extend = live.extend
    assert extend.plan().add == ((HEADER, "kolom_baru", "character varying(9)"),)
    extend.run(extend.plan())
    assert not extend.plan()
    live.history.update(HEADER, first(live), kolom_baru="isi")
    assert live.apply() == 0
    values = live.engine.rows(f"select idoss, kolom_baru from mirror.{HEADER} order by 1")
    assert [row["kolom_baru"] for row in values] == ["isi", None]
    (change,) = live.changes()
    assert (change.kind, change.next_step) == (ChangeKind.UNREAD, f"selaras load reread {HEADER}")
    live.starts()

    live.read_again(HEADER)
    values = live.engine.rows(f"select idoss, kolom_baru from mirror.{HEADER} order by 1")
    assert [row["kolom_baru"] for row in values] == ["isi", "x"]
    assert live.changes() == []
    assert kinds(live.watch.look().over) == [(ChangeKind.ADDED, "kolom_baru")]
    assert live.engine.rows("select 1 from selaras.lacking_column") == []


def test_keys_of_a_projection_wait_while_a_column_that_it_reads_is_gone(live: LiveWorld) -> None:
    """Rows stay as they are, and other projections go on."""
    live.legacy(f"alter table public.{HEADER} rename column nama_perseroan to nama_lain")
    live.reshape(HEADER, drop=["nama_perseroan"], add={"nama_lain": "PT Satu"})
    company(live.history, 2, nib=B, oss_id="P-2", nama_lain="PT Dua")
    live.history.update(HEADER, first(live), oss_id="P-7", alamat_perseroan="Jalan Baru")
    assert live.apply() == 0
    assert live.names() == ["PT Satu"]
    assert live.engine.rows("select oss_id from rba.nib") == [{"oss_id": "P-7"}]
    paused = [(row["projection"], row["key"]) for row in live.engine.rows(PAUSED)]
    assert {("pelaku_usaha", A), ("pelaku_usaha", B)} <= set(paused)
    assert "nib" not in {name for name, _ in paused}
    (fault,) = live.engine.rows(
        f"select outcome, faults from selaras.key_state where projection = 'pelaku_usaha' and key = '{A}'"
    )
    assert (fault["outcome"], fault["faults"][0]["rule"]) == ("waiting", "SCHEMA")
    assert "nama_perseroan" in fault["faults"][0]["reason"]
    mirrored = live.engine.rows(f"select nama_perseroan, alamat_perseroan from mirror.{HEADER} order by idoss")
    assert [row["nama_perseroan"] for row in mirrored] == ["PT Satu", None]
    assert mirrored[0]["alamat_perseroan"] == "Jalan Baru"

    (change,) = live.watch.look().appeared
    assert (change.kind, change.column, change.needed) == (ChangeKind.RENAMED, "nama_perseroan", True)
    assert "pelaku_usaha" in change.projections
    assert f"{HEADER}.nama_lain" in change.sentence
    live.starts()


def test_a_column_that_is_back_and_read_again_makes_up_for_all(live: LiveWorld) -> None:
    """A company of before, deleted meanwhile; one that came meanwhile; one that comes before the table is read."""
    live.legacy(f"alter table public.{HEADER} rename column nama_perseroan to nama_lain")
    live.reshape(HEADER, drop=["nama_perseroan"], add={"nama_lain": "PT Satu"})
    company(live.history, 2, nib=B, oss_id="P-2", nama_lain="PT Dua")
    live.history.delete(HEADER, first(live))
    assert live.apply() == 0
    live.watch.look()
    assert live.names() == ["PT Satu"]

    live.legacy(f"alter table public.{HEADER} rename column nama_lain to nama_perseroan")
    live.reshape(HEADER, drop=["nama_lain"], add={"nama_perseroan": "PT Dua"})
    company(live.history, 3, nib=C, oss_id="P-3", nama_perseroan="PT Tiga")
    assert live.apply() == 0
    looked = live.watch.look()
    assert (kinds(looked.appeared), looked.freed) == ([(ChangeKind.UNREAD, "nama_perseroan")], 0)
    assert live.names() == ["PT Satu"]
    live.read_again(HEADER)
    assert live.watch.look().freed >= 3
    assert live.names() == ["PT Dua", "PT Satu", "PT Tiga"]
    assert live.engine.rows("select nama from rba.pelaku_usaha where dihapus_pada is not null") == [{"nama": "PT Satu"}]
    assert live.engine.rows(PAUSED) == []
    assert live.changes() == []


def test_the_catalogue_alone_pauses_too(live: LiveWorld) -> None:
    """Before any event shows it; a column that is dropped and made anew must be read again."""
    live.legacy(f"alter table public.{HEADER} drop column nama_perseroan")
    assert kinds(live.watch.look().appeared) == [(ChangeKind.DROPPED, "nama_perseroan")]
    live.history.update(HEADER, first(live), nama_perseroan="PT Terlambat")
    assert live.apply() == 0
    assert live.names() == ["PT Satu"]
    live.legacy(f"alter table public.{HEADER} add column nama_perseroan varchar(255)")
    assert kinds(live.watch.look().appeared) == [(ChangeKind.UNREAD, "nama_perseroan")]
    live.read_again(HEADER)
    live.watch.look()
    assert live.names() == ["PT Terlambat"]


def test_a_dropped_column_that_nobody_reads_stops_nothing(live: LiveWorld) -> None:
    column = live.unread_columns(HEADER)[0]
    before = live.engine.rows(f"select {column} as held from mirror.{HEADER}")
    live.legacy(f"alter table public.{HEADER} drop column {column}")
    live.reshape(HEADER, drop=[column])
    live.history.update(HEADER, first(live), nama_perseroan="PT Baru")
    company(live.history, 2, nib=B, oss_id="P-2", nama_perseroan="PT Dua")
    assert live.apply() == 0
    assert live.names() == ["PT Baru", "PT Dua"]
    assert live.engine.rows(PAUSED) == []
    assert live.engine.rows(f"select {column} as held from mirror.{HEADER} where idoss = 1") == before
    (change,) = live.watch.look().appeared
    assert (change.kind, change.column, change.needed) == (ChangeKind.DROPPED, column, False)
    live.starts()
    extend = live.extend
    extend.run(extend.plan())
    assert live.changes() == []
    live.history.update(HEADER, first(live), nama_perseroan="PT Lagi")
    assert live.apply() == 0
    assert live.names() == ["PT Dua", "PT Lagi"]


def test_a_retyped_column_is_told_and_its_values_arrive_as_text(live: LiveWorld) -> None:
    column = live.unread_columns(HEADER)[0]
    live.legacy(
        f"alter table public.{HEADER} alter column {column} drop default, alter column {column} type integer using 7"
    )
    live.history.update(HEADER, first(live), **{column: 7})
    assert live.apply() == 0
    assert live.engine.rows(f"select {column} as held from mirror.{HEADER}") == [{"held": "7"}]
    (change,) = live.watch.look().appeared
    assert (change.kind, change.column) == (ChangeKind.RETYPED, column)
    live.starts()
    extend = live.extend
    extend.run(extend.plan())
    assert live.changes() == []


def test_a_new_table_is_told_and_breaks_nothing(live: LiveWorld) -> None:
    live.legacy("create table public.tabel_baru (id bigint primary key)")
    (change,) = live.watch.look().appeared
    assert (change.kind, change.table, change.needed) == (ChangeKind.NEW_TABLE, "tabel_baru", False)
    live.starts()
    assert not live.extend.plan()
    live.history.update(HEADER, first(live), nama_perseroan="PT Baru")
    assert live.apply() == 0
    assert live.names() == ["PT Baru"]


def test_a_keyless_table_is_counted_anew_before_anybody_reads_it(live: LiveWorld) -> None:
    """Its rows are told apart by their whole content: without a column the old ones are found no more."""
    row = live.history.insert(MICRO, nib=B, nama_usaha="Toko", sektor="G")
    live.apply()
    assert live.names() == ["PT Satu", "Toko"]
    live.legacy(f"alter table public.{MICRO} drop column sektor")
    live.reshape(MICRO, drop=["sektor"])
    live.history.update(MICRO, row, nama_usaha="Toko Baru")
    assert live.apply() == 0
    assert live.names() == ["PT Satu", "Toko"]
    live.watch.look()
    documents = [json.dumps(row).encode()]
    loads = PostgresLoadRegistry(live.engine.applier)
    loads.begin(Load("count", MICRO, "", 0, "open", None))
    with live.engine.ground.target.transaction() as work:
        work.guard.enter(exclusive=True)
        work.sweep.recount(MICRO, documents, 1, "800:800:")
    loads.finish("count", 0)
    live.watch.look()
    assert live.names() == ["PT Satu", "Toko Baru"]
    extend = live.extend
    extend.run(extend.plan())
    assert live.changes() == []


def test_a_row_that_a_paused_projections_rows_refer_to_goes_when_they_let_go(live: LiveWorld) -> None:
    """A NIB is put right while projects pause: theirs name the old one, which the new database can't drop till then."""
    given = {"kbli": "55194", "uraian_usaha": "Vila", "sts_aktif": "1", "tgl_insert": "2019-03-04T10:11:12Z"}
    project = live.history.insert(PROJECTS, idpryk=1, nib=A, id_proyek="R-1", **{**PROJECT, **given})
    live.apply()
    assert live.engine.rows("select nib from rba.proyek") == [{"nib": A}]
    live.legacy(f"alter table public.{PROJECTS} rename column nama_kegiatan to nama_lain")
    live.reshape(PROJECTS, drop=["nama_kegiatan"], add={"nama_lain": ""})
    live.watch.look()
    live.history.update(HEADER, first(live), nib=B)
    live.history.update(PROJECTS, project, nib=B)
    assert live.apply() == 0
    assert live.watch.look().freed == 0
    assert live.engine.rows("select nib from rba.proyek") == [{"nib": A}]
    assert [row["nib"] for row in live.engine.rows("select nib from rba.nib order by 1")] == [A, B]
    assert ("nib", A) in {(row["projection"], row["key"]) for row in live.engine.rows(PAUSED)}

    live.legacy(f"alter table public.{PROJECTS} rename column nama_lain to nama_kegiatan")
    live.reshape(PROJECTS, drop=["nama_lain"], add={"nama_kegiatan": ""})
    live.watch.look()
    live.read_again(PROJECTS)
    live.watch.look()
    assert live.engine.rows("select nib from rba.proyek") == [{"nib": B}]
    assert live.engine.rows("select nib from rba.nib") == [{"nib": B}]
    assert len(live.names()) == 1
    assert live.engine.rows(PAUSED) == []
