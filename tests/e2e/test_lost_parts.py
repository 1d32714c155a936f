"""Parts of the stack killed while traffic runs: the worker waits, says so, and goes on by itself."""

from pathlib import Path

import pytest

from streams.adapters.processes.worker_child import WorkerChild
from tests.e2e.parallel_run import FULL, ParallelRun, Told
from tests.e2e.traffic import Traffic
from tests.waiting import wait_until

pytestmark = pytest.mark.stack

NEEDED = ("target", "kafka", "legacy") if FULL else ("target",)
PARTS = {"target": "target", "kafka": "broker", "legacy": "slot"}  # as 'selaras status' calls them
LARGE = 10_000
EXTRACTS = f"""
insert into oss_iumk (nib, nama_usaha, kbli)
select (6660000000000 + n % 2500)::text, 'Kios ' || n % 2500, 56102 from generate_series(1, {LARGE}) n
"""
TIMES = LARGE // 2500
ARRIVED = "select coalesce(sum(_count), 0)::int from mirror.oss_iumk where nama_usaha like 'Kios %' and nib like '666%'"
COUNTS = "select count(*), min(_count), max(_count) from mirror.oss_iumk where nama_usaha like 'Kios %'"


def test_everything_is_known_and_well(run: ParallelRun, worker: WorkerChild) -> None:
    run.settle()
    told = _healthy(run)
    assert told.document["workers_alive"] >= 1
    assert told.document["events_behind_total"] < 100
    assert told.document["target"]["heartbeat_age_s"] < 10
    assert worker.pid


def test_connect_dies_inside_a_large_transaction(run: ParallelRun, worker: WorkerChild) -> None:
    run.commit("delete from oss_iumk where nama_usaha like 'Kios %'")
    run.settle()
    with Traffic(run.settings) as traffic:
        run.commit(EXTRACTS)
        wait_until(lambda: run.find(ARRIVED)[0][0] > 0, "the first of its rows are applied")
        run.kill("connect")
        told = run.selaras("status", "--json")
        assert told.code == 1
        assert "connector" in told.document["unknown"]
        assert told.document["capture"]["connector"] is None
        assert told.document["target"]["rows"]["nib"] > 0
        run.mend()
        traffic.go_on(40)
    run.settle()
    assert run.find(COUNTS + " and nib like '666%'") == [(2500, TIMES, TIMES)]
    run.prove()
    worker.require_alive()


@pytest.mark.parametrize("member", NEEDED)
def test_a_part_dies_and_comes_back(run: ParallelRun, worker: WorkerChild, member: str) -> None:
    run.settle()
    before = _waits(worker.log)
    with Traffic(run.settings, patient=True) as traffic:
        traffic.go_on(20)
        run.kill(member)
        if member != "legacy":  # which the worker needs at its start alone
            wait_until(lambda: _waits(worker.log) >= before + 3, "the worker says several times that it waits")
        _is_said_to_be_unknown(run, member)
        run.mend()
        traffic.go_on(40)
    run.prove()
    worker.require_alive()
    _healthy(run)


def _is_said_to_be_unknown(run: ParallelRun, member: str) -> None:
    told = run.selaras("status", "--json")
    found = told.document
    assert told.code == 1
    assert found["unknown"][PARTS[member]]
    if member == "legacy":
        assert found["capture"]["slot"] is None
        return
    assert found["events_behind"] is None
    assert found["events_behind_total"] is None
    if member == "target":
        assert found["target"] is None
        assert found["workers_alive"] is None


def _healthy(run: ParallelRun) -> Told:
    """Wait for exit code 0."""
    told: list[Told] = []

    def healthy() -> bool:
        told[:] = [run.selaras("status", "--json")]
        return told[0].code == 0

    wait_until(healthy, "'selaras status' ends with 0")
    assert told[0].document["healthy"] is True
    assert told[0].document["unknown"] == {}
    return told[0]


def _waits(log: Path) -> int:
    return sum("waiting" in line for line in log.read_text().splitlines())
