"""Snapshot, then each kind of transaction that the legacy application commits, seen in the target."""

from collections import Counter

import pytest

from streams.adapters.demo.tables import TABLES
from streams.adapters.processes.worker_child import WorkerChild
from tests.e2e.companies import Companies
from tests.e2e.parallel_run import ParallelRun

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("worker")]

NIB = "select dihapus_pada is null from rba.nib where nib = %s"
NAME = "select p.nama from rba.nib n join rba.pelaku_usaha p on p.id = n.pelaku_usaha_id where n.nib = %s"
PROJECT = "select nib from rba.proyek where id_proyek = %s and dihapus_pada is null"
HISTORY = "select count(*) > 0 from mirror.tr_oss_status_izin where id_izin = %s and kd_status = %s"


def test_the_snapshot_is_in_the_target(run: ParallelRun, worker: WorkerChild) -> None:
    proof = run.prove()
    assert worker.pid
    assert all(table.legacy_rows for table in proof.tables)
    assert {table.table for table in proof.tables} == set(TABLES)
    assert proof.rows is not None
    assert len(proof.rows) == 12
    assert min(proof.rows.values()) > 30


def test_a_new_business_number_comes_with_its_children(run: ParallelRun, companies: Companies) -> None:
    made = companies.make()
    run.shows([(True,)], NIB, made.nib)
    for project in made.projects:
        run.shows([(made.nib,)], PROJECT, project)
    for table, count in Counter(table for table, row in made.rows if "nib" in row and table != "oss_iumk").items():
        run.shows([(count,)], f"select count(*) from mirror.{table} where nib = %s and not _deleted", made.nib)


def test_a_document_sent_again_replaces_the_older_one(run: ParallelRun, companies: Companies) -> None:
    made = companies.make()
    document = next(row for table, row in made.rows if table == "tr_oss_header")
    run.shows([("PT Uji " + str(int(made.nib[4:])),)], NAME, made.nib)
    children = [(table, row) for table, row in made.rows if table == "tr_oss_penanggung_jwb"]
    live = "select count(*) from mirror.tr_oss_penanggung_jwb where nib = %s and not _deleted"
    run.shows([(len(children),)], live, made.nib)
    old = run.find("select idpj from mirror.tr_oss_penanggung_jwb where nib = %s", made.nib)
    with run.legacy() as session, session.transaction():
        session.execute("update tr_oss_header set sts_aktif = '0' where nib = %s", [made.nib])
        session.execute("delete from tr_oss_penanggung_jwb where nib = %s", [made.nib])
    newer = {**document, "nama_perseroan": "PT Baru", "tgl_perubahan_nib": "2021-05-06", "tipe_dokumen": "5"}
    companies.commit([("tr_oss_header", newer), *children])
    run.shows([("PT Baru",)], NAME, made.nib)
    run.shows([(2,)], "select count(*) from mirror.tr_oss_header where nib = %s and not _deleted", made.nib)
    run.shows([(len(old),)], live, made.nib)
    run.shows([(0,)], live + " and idpj = any(%s)", made.nib, [key for (key,) in old])


def test_a_project_is_added(run: ParallelRun, companies: Companies) -> None:
    made = companies.make()
    rows = companies.project(made.nib)
    companies.commit(rows)
    (project,) = [str(row["id_proyek"]) for table, row in rows if table == "tr_oss_proyek"]
    run.shows([(made.nib,)], PROJECT, project)


def test_a_licence_moves_through_its_statuses(run: ParallelRun, companies: Companies) -> None:
    made = companies.make()
    licence = next(row for table, row in made.rows if table == "tr_oss_checklist")["id_izin"]
    for status in ("10", "40", "50"):
        run.commit(
            f"update tr_oss_checklist set status_checklist = '{status}' where id_izin = '{licence}'",
            f"insert into tr_oss_status_izin (nib, id_izin, kd_status) values ('{made.nib}', '{licence}', '{status}')",
        )
        run.shows([(status,)], "select status_checklist from mirror.tr_oss_checklist where id_izin = %s", licence)
        run.shows([(True,)], HISTORY, licence, status)


def test_a_soft_delete_leaves_a_tombstone_and_a_revival_takes_it_away(run: ParallelRun, companies: Companies) -> None:
    made = companies.make()
    for active, expected in (("0", False), ("1", True)):
        tables = ("tr_oss_header", "tr_oss_proyek")
        run.commit(*(f"update {table} set sts_aktif = '{active}' where nib = '{made.nib}'" for table in tables))
        run.shows([(expected,)], NIB, made.nib)
        live = "select bool_and(dihapus_pada is null) from rba.proyek where nib = %s"
        run.shows([(expected,)], live, made.nib)


def test_a_correction_arrives_where_it_belongs(run: ParallelRun, companies: Companies) -> None:
    made, other = companies.make(), companies.make()
    before = run.find(NAME, other.nib)
    run.commit(f"update tr_oss_header set nama_perseroan = 'PT Diperbaiki' where nib = '{made.nib}'")
    run.shows([("PT Diperbaiki",)], NAME, made.nib)
    run.settle()
    assert run.find(NAME, other.nib)
    assert before in ([], run.find(NAME, other.nib))


def test_a_hard_delete_leaves_a_tombstone_and_children_stay(run: ParallelRun, companies: Companies) -> None:
    made = companies.make()
    run.shows([(True,)], NIB, made.nib)
    run.commit(f"delete from tr_oss_header where nib = '{made.nib}'")
    run.shows([(False,)], NIB, made.nib)
    run.shows([(made.nib,)], PROJECT, made.projects[0])
    run.commit(f"delete from tr_oss_proyek where nib = '{made.nib}'")
    run.shows([], PROJECT, made.projects[0])
    run.shows([(0,)], "select count(*) from mirror.tr_oss_proyek where nib = %s and not _deleted", made.nib)


def test_a_business_number_is_put_right_and_rows_move_to_other_partitions(
    run: ParallelRun, companies: Companies
) -> None:
    made, number = companies.make(), companies.draw().nib
    run.shows([(True,)], NIB, made.nib)
    tables = sorted({table for table, row in made.rows if "nib" in row})
    run.commit(*(f"update {table} set nib = '{number}' where nib = '{made.nib}'" for table in tables))
    run.shows([(True,)], NIB, number)
    run.shows([(number,)], PROJECT, made.projects[0])
    run.settle()
    assert run.find(NIB, made.nib) in ([], [(False,)])
    for table in tables:
        left = "sum(_count)" if table == "oss_iumk" else "count(*) filter (where not _deleted)"
        assert run.find(f"select coalesce({left}, 0) from mirror.{table} where nib = %s", made.nib) == [(0,)]


def test_a_primary_key_changes(run: ParallelRun, companies: Companies) -> None:
    made = companies.make()
    run.shows([(True,)], NIB, made.nib)
    for table, key in (("tr_oss_header", "idoss"), ("tr_oss_proyek", "idpryk")):
        run.commit(f"update {table} set {key} = {key} + 1000000 where nib = '{made.nib}'")
        run.settle()
        live = f"select {key} from mirror.{table} where nib = %s and not _deleted order by 1"
        assert run.find(live, made.nib) == run.read(f"select {key} from {table} where nib = %s order by 1", made.nib)
    ids = "select p.legacy_idoss from rba.nib n join rba.pelaku_usaha p on p.id = n.pelaku_usaha_id where n.nib = %s"
    assert run.find(ids, made.nib) == run.read("select idoss from tr_oss_header where nib = %s", made.nib)


def test_a_child_that_comes_before_its_parent_waits_for_it(run: ParallelRun, companies: Companies) -> None:
    made = companies.draw()
    companies.commit([pair for pair in made.rows if pair[0] == "tr_oss_proyek"])
    state = "select outcome from selaras.key_state where projection = 'proyek' and key = %s"
    run.shows([("waiting",)], state, made.projects[0])
    told = run.selaras("quarantine", "list", "--table", "proyek", "--outcome", "waiting", "--limit", "1000", "--json")
    assert {"key": made.projects[0], "waits_for": made.nib}.items() <= _entry(told.document, made.projects[0]).items()
    companies.commit([pair for pair in made.rows if pair[0] not in ("tr_oss_proyek", "oss_iumk")])
    run.shows([(made.nib,)], PROJECT, made.projects[0])
    run.shows([], state + " and outcome <> 'row'", made.projects[0])


def test_all_of_it_is_equal_on_both_sides(run: ParallelRun) -> None:
    run.prove()


def _entry(entries: list[dict[str, object]], key: str) -> dict[str, object]:
    return next(entry for entry in entries if entry["key"] == key)
