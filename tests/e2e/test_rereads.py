"""Reading legacy rows again under live traffic, after the mirror was damaged behind everybody's back."""

import pytest

from streams.adapters.processes.worker_child import WorkerChild
from tests.e2e.companies import Companies
from tests.e2e.parallel_run import ParallelRun
from tests.e2e.traffic import Traffic

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("worker")]

GHOST = """
insert into mirror.tr_oss_proyek (idpryk, nib, id_proyek, kbli, sts_aktif, tgl_insert, _deleted, _generation, _commit,
  _record, _rank, _tx, _committed_ms)
values (%s, %s, %s, '47112', '1', '2019-01-01 00:00:00', false, 1, 0, 0, 1, 0, 0)
"""
DELETED = "select _deleted from mirror.tr_oss_proyek where id_proyek = %s"


def test_a_table_is_read_again_whole(run: ParallelRun, worker: WorkerChild) -> None:
    run.settle()
    with run.target() as target:
        target.execute("delete from mirror.tr_oss_proyek where idpryk % 7 = 3 and not _deleted")
        _ghost(run, 900_000_001, "9999000000001", "R-GHOST-1")
    with Traffic(run.settings) as traffic:
        told = run.selaras("load", "reread", "tr_oss_proyek", "--json")
        assert told.code == 0, told.err
        assert told.document["left_over"] >= 1
        traffic.go_on(20)
    assert run.find(DELETED, "R-GHOST-1") == [(True,)]
    run.prove()
    worker.require_alive()


def test_only_the_rows_of_a_condition_are_read_again(run: ParallelRun, companies: Companies) -> None:
    made = companies.make()
    run.settle()
    with run.target() as target:
        target.execute("delete from mirror.tr_oss_proyek where nib = %s", [made.nib])
    _ghost(run, 900_000_002, made.nib, "R-GHOST-2")
    _ghost(run, 900_000_003, "9999000000002", "R-GHOST-3")
    with Traffic(run.settings) as traffic:
        told = run.selaras("load", "reread", "tr_oss_proyek", "--where", f"nib = '{made.nib}'", "--json")
        assert told.code == 0, told.err
        assert told.document["left_over"] == 1
        traffic.go_on(10)
    assert run.find(DELETED, "R-GHOST-2") == [(True,)]
    assert run.find(DELETED, "R-GHOST-3") == [(False,)]
    assert run.selaras("load", "reread", "public.tr_oss_proyek", "--json").document["left_over"] == 1
    run.prove()


def test_the_keyless_table_is_counted_anew(run: ParallelRun) -> None:
    run.settle()
    with run.target() as target:
        target.execute("update mirror.oss_iumk set _count = _count + 1 where nib like '%%3'")
        target.execute("update mirror.oss_iumk set _count = 0 where nib like '%%4'")
    with Traffic(run.settings, rate=80) as traffic:
        for _ in range(2):
            told = run.selaras("load", "reread", "oss_iumk", "--json")
            assert told.code == 0, told.err
            traffic.go_on(20)
    run.prove()
    loads = run.selaras("load", "status", "--json").document
    assert [load["state"] for load in loads if load["table"] == "oss_iumk"][:2] == ["done", "done"]


def test_what_cannot_be_read_again_is_refused(run: ParallelRun) -> None:
    for table, where, words in (
        ("oss_iumk", "nib = '1'", "only whole"),
        ("tr_oss_nothing", "", "not captured"),
        ("tr_oss_proyek", "no_such_column = 1", "does not accept"),
        ("tr_oss_proyek", "true; drop table tr_oss_proyek", "does not accept"),
    ):
        told = run.selaras("load", "reread", table, *(("--where", where) if where else ()))
        assert told.code == 78, told.err
        assert words in told.err


def _ghost(run: ParallelRun, key: int, nib: str, project: str) -> None:
    """A live row in the mirror that the legacy table does not hold, as a missed delete leaves it."""
    with run.target() as target:
        target.execute(GHOST, [key, nib, project])
