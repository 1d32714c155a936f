"""The legacy tables change while capture, worker and business go on: told, survived, and made up for.

On a pair of databases of their own: a column that is dropped and made anew loses its values, in the legacy too.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import pytest

from streams.adapters.demo.tables import TABLES
from streams.adapters.processes.worker_child import WorkerChild
from streams.bootstrap.demo import seed_service
from streams.bootstrap.load import load_service
from streams.bootstrap.schema_watch import extend_mirror
from streams.bootstrap.status import status_service
from streams.bootstrap.sync import registration
from streams.projection.schema_change import ChangeKind, SchemaChange
from streams.services.demo import SeedPlan
from streams.services.load import LoadRequest
from streams.services.status import StatusService, advice
from tests.e2e.beside import worlds_beside
from tests.e2e.companies import Companies, Made
from tests.e2e.parallel_run import DEADLINE_S, ParallelRun
from tests.e2e.traffic import Traffic
from tests.waiting import wait_until

pytestmark = pytest.mark.stack

COMPANIES, SEED, RATE = 40, 11, 15
EVERY_S = "0.3"
PROJECT = "select nib from rba.proyek where id_proyek = %s and dihapus_pada is null"
SITES = "select count(*) > 0 from rba.proyek_lokasi where id_proyek = %s and dihapus_pada is null"
CONTENT = "select nib, coalesce(uraian_usaha, '') from rba.proyek where id_proyek = %s and dihapus_pada is null"
ROWS = "select to_jsonb(p)::text from rba.proyek p where id_proyek = any(%s) order by 1"
NIB = "select dihapus_pada is null from rba.nib where nib = %s"
NAME = "select p.nama from rba.nib n join rba.pelaku_usaha p on p.id = n.pelaku_usaha_id where n.nib = %s"
STATE = "select outcome, faults->0->>'rule', wait_key from selaras.key_state where projection = 'proyek' and key = %s"
PAUSED = "select count(*) from selaras.key_state where wait_projection = ''"


@dataclass(frozen=True)
class Watched:
    """A parallel run whose worker looks at the legacy catalogue all the time."""

    run: ParallelRun
    worker: WorkerChild
    companies: Companies
    status: StatusService

    def alter(self, statement: str) -> None:
        """DDL by the owner of the legacy tables."""
        self.run.commit(statement, role="oss_owner")

    def logged(self, kind: ChangeKind, name: str) -> int:
        """How often the worker told of such a change of a table or column."""
        lines = self.worker.log.read_text(encoding="utf-8").splitlines()
        return sum("legacy_schema_changed" in line and kind.value in line and name in line for line in lines)

    def told(self, kind: ChangeKind, table: str, column: str = "") -> SchemaChange:
        """The one change that there is: the worker has logged it once, and status tells it."""
        name = column or table
        wait_until(lambda: self.logged(kind, name), f"the worker tells {kind.value} {name}")
        status = self.status.read()
        (change,) = status.schema or ()
        assert (change.kind, change.table, change.column) == (kind, table, column)
        assert len([line for line in advice(status) if change.sentence in line]) == change.needed
        assert self.logged(kind, name) == 1
        return change

    def read_again(self, table: str) -> None:
        """As ``selaras load reread`` does."""
        load = load_service(self.run.settings).reread(LoadRequest(table), DEADLINE_S, lambda _: None)
        assert load.state == "done"

    def all_is_well(self) -> None:
        """Nothing is left of a change, and both sides are equal; nobody may write any more."""
        self.run.shows([(0,)], PAUSED)
        self.run.prove()
        self.worker.require_alive()
        status = self.status.read()
        assert status.schema == []
        assert status.target is not None
        assert (status.target.undecodable, status.target.unknown_tables) == (0, {})
        assert self.run.find("select count(*) from selaras.lacking_column") == [(0,)]


@pytest.fixture(scope="module")
def watched(run: ParallelRun) -> Iterator[Watched]:
    """Seeded, captured, applied by a worker that is not started again."""
    with worlds_beside(run, "schema") as other:
        seed_service(other.settings).run(SeedPlan(COMPANIES, SEED))
        registration(other.settings).apply(DEADLINE_S)
        worker = other.worker("watching", SELARAS_WORKER_SCHEMA_EVERY_S=EVERY_S)
        worker.start()
        try:
            other.settle()
            yield Watched(other, worker, Companies(other), status_service(other.settings))
        finally:
            worker.stop()


def test_an_added_column_is_mirrored_when_somebody_asks_for_it(watched: Watched) -> None:
    """Rows that were there have its default, of which no event tells."""
    run, table = watched.run, "tr_oss_lokasi"
    values = f"select idlok, catatan from {{}}.{table} {{}} order by 1"
    with Traffic(run.settings, RATE) as traffic:
        watched.alter(f"alter table {table} add column catatan varchar(40) not null default 'lama'")
        made = watched.companies.make()
        run.commit(f"update {table} set catatan = 'dulu' where id_proyek = '{made.projects[0]}'")
        traffic.go_on(10)
        run.shows([(True,)], SITES, made.projects[0])
        change = watched.told(ChangeKind.ADDED, table, "catatan")
        assert change.next_step == "selaras capture extend"
        document = run.selaras("status", "--json").document
        assert [(c["kind"], c["sentence"]) for c in document["legacy_schema"]] == [(change.kind.value, change.sentence)]
        assert run.find(PAUSED) == [(0,)]

        extended = run.selaras("capture", "extend", "--json").document
        assert extended["extension"]["add"] == [[table, "catatan", "character varying(40)"]]
        assert extended["read_again"] == [table]
        late = watched.companies.make()
        run.commit(f"update {table} set catatan = 'baru' where id_proyek = '{late.projects[0]}'")
        run.shows([("baru",)], f"select catatan from mirror.{table} where id_proyek = %s", late.projects[0])
        assert watched.told(ChangeKind.UNREAD, table, "catatan").next_step == f"selaras load reread {table}"
        reread = run.selaras("load", "reread", table, "--json")
        assert reread.code == 0, reread.err
        traffic.go_on(10)
    run.settle()
    mirrored = run.find(values.format("mirror", "where not _deleted"))
    assert {"lama", "dulu", "baru"} <= {value for _, value in mirrored}
    assert mirrored == run.read(values.format("public", ""))
    watched.all_is_well()


def test_a_column_that_nobody_reads_is_dropped_and_added_again(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, table, column = watched.run, "tr_oss_produk", "pi_nomor"
    run.commit(f"update {table} set {column} = 'PI-' || idprod where idprod % 2 = 0")
    _leave_out(monkeypatch, table, column)
    with Traffic(run.settings, RATE) as traffic:
        watched.alter(f"alter table {table} drop column {column}")
        run.commit(f"update {table} set merk_dagang = 'Merek Baru' where idprod % 2 = 0")
        traffic.go_on(10)
        change = watched.told(ChangeKind.DROPPED, table, column)
        assert (change.needed, change.projections) == (False, ())
        run.settle()
        held = f"select count(*) > 0, bool_and(merk_dagang = 'Merek Baru') from mirror.{table}"
        assert run.find(f"{held} where {column} like 'PI-%' and not _deleted") == [(True, True)]
        assert run.find(PAUSED) == [(0,)]

        watched.alter(f"alter table {table} add column {column} varchar(20) not null default ''")
        traffic.go_on(10)
        watched.told(ChangeKind.UNREAD, table, column)
        assert run.find(PAUSED) == [(0,)]
        watched.read_again(table)
    watched.all_is_well()


def test_keys_wait_while_a_column_that_they_are_computed_of_has_another_name(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A project that changes meanwhile, one that goes, one whose NIB is put right (the old one can't go before the
    project does), and one that comes. Whatever reads no project goes on.
    """
    run, table, column, other = watched.run, "tr_oss_proyek", "uraian_usaha", "uraian_kegiatan"
    _leave_out(monkeypatch, table, column)
    with Traffic(run.settings, RATE) as traffic:
        changed, gone, wrong = (_arrived(watched) for _ in range(3))
        projects = [made.projects[0] for made in (changed, gone, wrong)]
        before = run.find(ROWS, projects)
        watched.alter(f"alter table {table} rename column {column} to {other}")
        run.commit(f"update {table} set {other} = 'Toko roti', luas_tanah = '77' where id_proyek = '{projects[0]}'")
        run.commit(f"delete from {table} where id_proyek = '{projects[1]}'")
        number = _put_right(watched, wrong)
        late = watched.companies.make()
        run.commit(f"update tr_oss_header set nama_perseroan = 'PT Sementara' where nib = '{changed.nib}'")
        traffic.go_on(20)
        for project in (*projects, late.projects[0]):
            run.shows([("waiting", "SCHEMA", f"{table}.{column}")], STATE, project)
        run.shows([("PT Sementara",)], NAME, changed.nib)
        for nib in (number, late.nib):
            run.shows([(True,)], NIB, nib)
        change = watched.told(ChangeKind.RENAMED, table, column)
        assert other in change.sentence
        assert change.projections == ("proyek",)
        assert change.sentence in " ".join(run.selaras("status").out.split())

        watched.alter(f"alter table {table} rename column {other} to {column}")
        traffic.go_on(10)
        watched.told(ChangeKind.UNREAD, table, column)
        assert run.find(ROWS, [*projects, late.projects[0]]) == before
        watched.read_again(table)
        run.shows([(0,)], PAUSED)
        expected = ((changed.nib, "Toko roti"), None, (number, ""), (late.nib, ""))
        _is_made_up_for(run, zip([*projects, late.projects[0]], expected, strict=True))
        run.shows([], NIB, wrong.nib)
    watched.all_is_well()


def test_a_new_table_and_a_wider_type_are_told_and_no_more(watched: Watched) -> None:
    run, table, column = watched.run, "tr_oss_legalitas", "alamat_notaris"
    long = "Jalan Panjang " * 40
    with Traffic(run.settings, RATE) as traffic:
        watched.alter("create table tabel_baru as select 1 as nomor")
        change = watched.told(ChangeKind.NEW_TABLE, "tabel_baru")
        assert (change.needed, change.projections) == (False, ())
        made = _arrived(watched)
        watched.alter("drop table tabel_baru")

        watched.alter(f"alter table {table} alter column {column} type text")
        ids = run.read(f"insert into {table} (nib, {column}) values (%s, %s) returning idlegal", made.nib, long)
        run.shows([(long,)], f"select {column} from mirror.{table} where idlegal = %s", *ids[0])
        traffic.go_on(10)
        change = watched.told(ChangeKind.RETYPED, table, column)
        assert "is text now" in change.sentence
        assert run.find(PAUSED) == [(0,)]
        extend = extend_mirror(run.settings)
        assert extend.plan().retype == ((table, column, "text"),)
        extend.run(extend.plan())
    watched.all_is_well()


def _leave_out(monkeypatch: pytest.MonkeyPatch, table: str, column: str) -> None:
    """The legacy application's next release: it knows the column no more, and is in use before that goes."""
    known = TABLES[table]
    rest = tuple(name for name in known.columns if name != column)
    monkeypatch.setitem(TABLES, table, replace(known, columns=rest))


def _arrived(watched: Watched) -> Made:
    """One more company, as far as the target."""
    made = watched.companies.make()
    watched.run.shows([(made.nib,)], PROJECT, made.projects[0])
    return made


def _put_right(watched: Watched, made: Made) -> str:
    """The company's NIB was typed wrong: its rows move to another, which is returned."""
    number = watched.companies.draw().nib
    tables = sorted({table for table, row in made.rows if "nib" in row})
    watched.run.commit(*(f"update {table} set nib = '{number}' where nib = '{made.nib}'" for table in tables))
    return number


def _is_made_up_for(run: ParallelRun, expected: Iterable[tuple[str, tuple[str, str] | None]]) -> None:
    """By project: its NIB and what it does, None for a project that is gone."""
    for project, content in expected:
        run.shows([] if content is None else [content], CONTENT, project)
        if content is not None:
            run.shows([(True,)], SITES, project)
