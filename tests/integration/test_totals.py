"""Control totals on a population with every defect: all explained, and each tampering seen by the total it concerns."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, text

from benchmarks.events import EventLog
from streams.adapters.databases.followed import followed_catalog
from streams.adapters.databases.totals import PostgresTotals
from streams.adapters.demo.defects.register import DEFECTS
from streams.bootstrap.capture import capture_plan
from streams.bootstrap.databases import applier_engine, legacy_reader_engine, target_engine
from streams.bootstrap.demo import seed_service
from streams.bootstrap.drift import drift_book, drift_progress
from streams.bootstrap.replicate import ground, replicate_service
from streams.bootstrap.totals import totals_service
from streams.drift.difference import Check
from streams.drift.entry import EntryState
from streams.drift.total import Explained, Total
from streams.errors import ErrorKind, SelarasError
from streams.ports.drift_ledger import Wanted
from streams.services.demo import SeedPlan
from streams.services.monitor_duties import TotalsDuty
from streams.services.recompute import Recompute
from streams.services.totals import Totals
from streams.settings import Settings
from tests.conftest import fresh_worlds

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def populated(server: Settings) -> Iterator[tuple[Settings, Engine, Engine]]:
    """Two hundred companies with defects, mirrored and computed; engines of the target and of the legacy."""
    with fresh_worlds(server) as settings:
        applier, legacy, target = applier_engine(settings), legacy_reader_engine(settings), target_engine(settings)
        try:
            seed = seed_service(settings)
            seed.run(SeedPlan(200, seed=1, rates={defect.name: defect.often for defect in DEFECTS}))
            base = ground(settings, legacy, applier)
            Recompute(base.target, base.plan).adopt()
            log = EventLog(legacy, base.legacy, capture_plan(settings), settings.kafka.partitions)
            service = replicate_service(settings, base, generation=1)
            service.positions(dict.fromkeys(log.every_place, 0))
            for batch in log.batches(2000):
                service.apply(batch)
            yield settings, target, legacy
        finally:
            for engine in (applier, legacy, target):
                engine.dispose()


@pytest.fixture
def totals(populated: tuple[Settings, Engine, Engine]) -> Totals:
    settings, target, legacy = populated
    return totals_service(settings, (target, legacy))


def test_every_group_of_every_total_agrees_and_reasons_are_named(totals: Totals) -> None:
    results = totals.take()
    assert len(results) == len(totals.names) >= 12
    for result in results:
        assert [(line.group, line.rest, line.keys) for line in result.lines if not line.agrees] == [], result.total.name
    named = {reason for result in results for line in result.lines for reason in line.explained}
    expected = {Explained.MERGED, Explained.QUARANTINED, Explained.WAITING, Explained.MOVED, Explained.REFUSED}
    assert named >= expected
    assert Explained.REST not in named


def test_the_legacy_s_own_tables_say_the_same_while_nobody_writes(totals: Totals) -> None:
    of_mirror, of_legacy = totals.take(), totals.take(on_legacy=True)
    assert [one.lines for one in of_mirror] == [one.lines for one in of_legacy]


ROW = "where {key} = (select min({key}::text)::{kind} from rba.{table} {where})"
LICENCE = "where jenis_izin_oss <> 'NIB'"
LIVE = "where dihapus_pada is null"
ONLY_PART = (
    "where orang_id in (select orang_id from rba.hak_akses) and "
    "(select count(*) from rba.peran_orang as p where p.orang_id = peran_orang.orang_id) = 1"
)
TAMPERINGS: Mapping[str, tuple[str, str, str]] = {
    "nib_wilayah_status": ("nib", "set status_nib = '05'", "where status_nib = '01'"),
    "nib_terbit_bulan": ("nib", "set tgl_terbit = '1999-01-01'", LIVE),
    "proyek_investasi_kategori": ("proyek", "set jumlah_investasi = jumlah_investasi + 1", LIVE),
    "tenaga_kerja": ("proyek", "set tki_l = tki_l + 1", LIVE),
    "lokasi_wilayah": ("proyek_lokasi", "", ""),
    "produk_satuan": ("produk", "", ""),
    "izin_status_instansi": ("perizinan", "set status_kelompok = 'DICABUT'", LICENCE),
    "izin_terbit_bulan": ("perizinan", "set tgl_terbit = '1999-01-01'", LICENCE),
    "izin_sektor_kewenangan": ("perizinan", "set kd_izin = '999'", LICENCE),
    "pelaku_modal": ("pelaku_usaha", "set modal_dasar = modal_dasar + 1", "where modal_dasar > 0"),
    "riwayat_bulan_status": ("perizinan_riwayat", "", "where status_kode <> '00'"),
    "persyaratan_jenis": ("persyaratan", "", ""),
    "hak_akses_nib": ("hak_akses", "", ""),
    "orang_tanpa_usaha": ("peran_orang", "set orang_id = null, badan_nama = 'PT'", ONLY_PART),
    "saham_asing": ("peran_orang", "set nilai_saham = nilai_saham + 1", "where peran = 'PEMEGANG_SAHAM'"),
    "rekonsiliasi_nib": ("nib", "set tgl_terbit = '1999-01-01'", "where nib in (select nib from rba.perizinan)"),
}
"""By total: table, what is set in one of its rows (nothing: the row is deleted), and in which rows."""


def test_every_total_has_a_tampering(totals: Totals) -> None:
    assert set(TAMPERINGS) == set(totals.names)


@pytest.mark.parametrize("name", TAMPERINGS)
def test_a_tampering_is_seen_and_gone_when_it_is_undone(
    name: str, populated: tuple[Settings, Engine, Engine], totals: Totals
) -> None:
    """Through the monitor's duty into the ledger: opened with the keys, verified when the sums agree again."""
    settings, target, legacy = populated
    book, (_, _, ledger) = drift_book(settings, ground(settings, legacy, target).plan, target), drift_progress(target)
    duty = TotalsDuty(_Single(totals, name), ledger, book, every_s=1.0)
    with _tampered(target, *TAMPERINGS[name]):
        duty.bite()
        opened = ledger.entries(Wanted(checks=(Check.TOTALS,), tables=(name,), states=(EntryState.OPEN,)))
        assert opened
        assert all(entry.difference.columns["keys"][1] for entry in opened)
    duty.bite()
    assert not ledger.entries(Wanted(checks=(Check.TOTALS,), tables=(name,), states=(EntryState.OPEN,)))
    assert ledger.entries(Wanted(checks=(Check.TOTALS,), tables=(name,), states=(EntryState.VERIFIED,)))


@contextmanager
def _tampered(target: Engine, table: str, change: str, where: str) -> Iterator[None]:
    """One row is another or gone, until the block ends."""
    with target.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        columns = connection.execute(
            text(
                "select attname from pg_attribute where attrelid = cast(:t as regclass) and attnum > 0 order by attnum"
            ),
            {"t": f"rba.{table}"},
        ).scalars()
        key, *others = columns
        kind = "uuid" if key == "id" else "text"
        row = ROW.format(key=key, kind=kind, table=table, where=where)
        connection.execute(text(f"create temp table before as select * from rba.{table} {row}"))
        deed = f"update rba.{table} {change} {row}" if change else f"delete from rba.{table} {row}"
        assert connection.execute(text(deed)).rowcount == 1
        yield
        back = ", ".join(f"{column} = excluded.{column}" for column in others)
        connection.execute(
            text(f"insert into rba.{table} select * from before on conflict ({key}) do update set {back}")
        )
        connection.execute(text("drop table before"))


class _Single:
    """One total of many."""

    def __init__(self, totals: Totals, name: str) -> None:
        self.names = (name,)
        self.take = totals.take


def test_rows_of_a_group_are_listed_as_the_office_does(totals: Totals) -> None:
    (result,) = totals.take(["rekonsiliasi_nib"])
    line = max(result.lines, key=lambda one: one.target[0])
    total, rows = totals.listed("rekonsiliasi_nib", line.group)
    assert total.listed == ("oss_id", "kd_izin")
    assert (len(rows["legacy"]), len(rows["target"])) == (line.legacy[0], line.target[0])
    nib, oss_id, licence = rows["target"][0]
    assert len(nib) == 13
    assert oss_id.startswith("P-")
    assert licence.isdigit()
    with pytest.raises(SelarasError, match="1 column"):
        totals.listed("rekonsiliasi_nib", ("2019-01", "x"))


@pytest.mark.parametrize(
    "statement",
    [
        "select nonsense from {oss_iumk}",
        "insert into rba.nib default values returning nib as key",
        "select 1 from {nib}",
    ],
)
def test_a_statement_that_can_not_be_is_named_and_writes_nothing(
    statement: str, populated: tuple[Settings, Engine, Engine]
) -> None:
    settings, target, legacy = populated
    total = Total("rusak", "Rusak", "Broken", ("nib",), ("a",), (), "select 1 as key, 2 as a", statement)
    with target.connect() as connection:
        source = PostgresTotals(target, legacy, followed_catalog(connection), settings.legacy.schema, 1000)
    with pytest.raises(SelarasError, match="control total rusak") as raised, source.now() as moment:
        moment.sums(total, "target")
    assert raised.value.kind is ErrorKind.CONFIGURATION
