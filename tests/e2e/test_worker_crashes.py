"""Workers that are killed at every named place, told to stop, or frozen: nothing is lost, nothing counts twice."""

import os
import signal
import time

import pytest

from streams.adapters.memory.fail_points import NAMES, RECOMPUTE
from streams.adapters.processes.worker_child import WorkerChild
from tests.e2e.parallel_run import FULL, ParallelRun
from tests.e2e.traffic import Traffic
from tests.waiting import wait_until

pytestmark = pytest.mark.stack

SAMPLE = ("after_mirror", "after_commit")
POINTS = [f"{name}:{1 if name == 'after_seek' else 6}" for name in (NAMES if FULL else SAMPLE) if name not in RECOMPUTE]
ENDINGS = ("killed", "frozen") if FULL else ("killed",)
MANY_ROWS = "update tr_oss_checklist set parameter_kewenangan = parameter_kewenangan || '.'"


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_at_a_fail_point_takes_up_where_it_stopped(run: ParallelRun, point: str) -> None:
    run.rest()
    doomed = run.worker("doomed", SELARAS_FAIL_AT=point)
    with Traffic(run.settings, rate=60) as traffic:
        doomed.start()
        assert doomed.wait(60) == -signal.SIGKILL
        run.commit(MANY_ROWS)
        run.steady()
        traffic.go_on(60)
    run.prove()


def test_a_fail_point_that_does_not_exist_is_refused(run: ParallelRun) -> None:
    told = run.selaras("sync", "run", environment={"SELARAS_FAIL_AT": "somewhere:1"})
    assert told.code == 78
    assert "somewhere" in told.err
    assert "after_mirror" in told.err


def test_a_worker_that_is_told_to_stop_ends_between_two_transactions(run: ParallelRun) -> None:
    run.rest()
    worker = run.worker("stopped")
    worker.start()
    with Traffic(run.settings, rate=60) as traffic:
        _is_at_work(run, "stopped")
        traffic.go_on(40)
        os.kill(worker.pid, signal.SIGTERM)
        told = time.monotonic()
        assert worker.wait(20) == 0
        assert time.monotonic() - told < 5
        traffic.go_on(20)
    assert "worker_stopped" in worker.log.read_text()
    assert run.find("select state from selaras.worker where name = 'stopped'") == [("stopped",)]
    run.steady()
    run.prove()


@pytest.mark.parametrize("ending", ENDINGS)
def test_two_workers_share_the_work_and_one_of_them_drops_out(run: ParallelRun, ending: str) -> None:
    run.rest()
    unlucky, lucky = run.worker("unlucky"), run.worker("lucky")
    try:
        unlucky.start()
        _is_at_work(run, "unlucky")
        lucky.start()
        with Traffic(run.settings, rate=60) as traffic:
            wait_until(lambda: _applied(run, "lucky") > 0 and _applied(run, "unlucky") > 0, "both workers apply", 90)
            if ending == "killed":
                unlucky.kill()
            else:
                os.kill(unlucky.pid, signal.SIGSTOP)
            traffic.go_on(60)
        run.settle()
        if ending == "frozen":
            _thaw(run, unlucky)
        run.prove()
    finally:
        for worker in (unlucky, lucky):
            if worker.pid:
                worker.kill()


def _thaw(run: ParallelRun, zombie: WorkerChild) -> None:
    """It wakes up with chunks of partitions that meanwhile belong to the other one, and must do no harm."""
    with Traffic(run.settings, rate=60) as traffic:
        os.kill(zombie.pid, signal.SIGCONT)
        traffic.go_on(120)


def _is_at_work(run: ParallelRun, name: str) -> None:
    alive = "select 1 from selaras.worker where name = %s and state = 'running' and seen_at > now() - interval '3 s'"
    wait_until(lambda: run.find(alive, name), f"worker {name} reports")
    with Traffic(run.settings):
        wait_until(lambda: _applied(run, name) > 0, f"worker {name} applies")


def _applied(run: ParallelRun, name: str) -> int:
    rows = run.find("select events from selaras.worker where name = %s and state = 'running'", name)
    return rows[0][0] if rows else 0
