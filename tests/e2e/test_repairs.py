"""Differences on both sides of the mirror are repaired by the command while business goes on, and looked at again."""

from collections.abc import Collection

import pytest

from streams.adapters.processes.worker_child import WorkerChild
from streams.bootstrap.repair import repair_parts
from streams.drift.difference import Check
from tests.e2e.companies import Companies
from tests.e2e.parallel_run import ParallelRun
from tests.e2e.traffic import Traffic
from tests.waiting import wait_until

ROW = "select idoss from mirror.tr_oss_header where nib = %s"
pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("worker")]


def look(run: ParallelRun, check: Check, table: str, keys: Collection[str]) -> set[str]:
    """Judge these keys as the monitor would, and keep what was found: the keys that differ or have no verdict."""
    parts = repair_parts(run.settings)
    verdicts = parts.judges[check](table, keys)
    parts.book.record([verdicts])
    return {one.key for one in verdicts.different} | verdicts.unknown.keys()


def test_damage_to_mirror_and_target_is_repaired_under_traffic(
    run: ParallelRun, companies: Companies, worker: WorkerChild
) -> None:
    altered, lost, wrong = (companies.make().nib for _ in range(3))
    run.settle()
    rows = [str(run.find(ROW, nib)[0][0]) for nib in (altered, lost)]
    with run.target() as target:
        target.execute("update mirror.tr_oss_header set nama_perseroan = 'PT Palsu' where nib = %s", [altered])
        target.execute("delete from mirror.tr_oss_header where nib = %s", [lost])
        target.execute("update rba.nib set tgl_terbit = '1999-12-31' where nib = %s", [wrong])
    assert look(run, Check.PROJECTION, "nib", [wrong]) == {wrong}

    def found() -> bool:
        look(run, Check.CAPTURE, "tr_oss_header", rows)
        return len(open_entries(run)) == 3

    wait_until(found, "a barrier was passed, so that both rows of the mirror are known to differ")
    entries = open_entries(run)
    seen = run.selaras("drift", "repair", *entries, "--dry-run", "--json").document
    assert (len(seen["steps"]), seen["refused"]) == (3, {})
    with Traffic(run.settings) as traffic:
        told = run.selaras("drift", "repair", *entries, "--why", "written by hand", "--json")
        assert told.code == 0, told.out + told.err
        assert sorted([*told.document["verified"], *told.document["waiting"]]) == sorted(map(int, entries))
        traffic.go_on(20)
    run.prove()
    assert look(run, Check.CAPTURE, "tr_oss_header", rows) == set()
    assert open_entries(run, "repaired") == []
    worker.require_alive()


def open_entries(run: ParallelRun, state: str = "open") -> list[str]:
    """Their numbers."""
    return [str(entry["id"]) for entry in run.selaras("drift", "list", "--state", state, "--json").document]
