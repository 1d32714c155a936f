"""What status reads of the target on a real PostgreSQL: progress of recomputes, transactions that were cut."""

from collections.abc import Iterator

import pytest

from streams.bootstrap.status import target_status
from streams.bootstrap.sync import worker_registry
from streams.ports.recomputing import ALONE, WHOLE, Step, Versions
from streams.ports.registry import WorkerFacts
from streams.settings import Settings
from tests.engine import EngineWorld

pytestmark = pytest.mark.postgres


@pytest.fixture
def world(worlds: Settings, closing: None) -> Iterator[EngineWorld]:
    made = EngineWorld(worlds)
    yield made
    made.close()


def put(world: EngineWorld, versions: Versions, *steps: Step) -> None:
    """Remember each step in a transaction of its own, as a run does."""
    for step in steps:
        with world.ground.target.transaction() as work:
            work.recomputing.put(versions, step)


def recomputes(world: EngineWorld) -> list[tuple[str | None, int, str | None, int]]:
    """What is told, but for the times."""
    found = target_status(world.settings).read().recomputes
    assert all(one.begun_s >= one.moved_s >= 0 for one in found)
    return [(one.table, one.finished, one.step, one.keys) for one in found]


def test_only_what_is_unfinished_under_the_versions_in_force_is_told(world: EngineWorld) -> None:
    versions = world.ground.plan.mapping, world.ground.plan.reference
    assert recomputes(world) == []
    with world.ground.target.transaction() as work:
        work.guard.enter(exclusive=True)
        work.recomputing.begin(versions)
    assert recomputes(world) == [(None, 0, None, 0)]
    derived, nib = Step("proyek_awalan.proyek", "9", 9), Step("nib", "9", 5)
    put(world, versions, derived.ended(), nib, Step(f"proyek {ALONE}", "9", 3))
    assert recomputes(world) == [(None, 1, "nib", 14), ("proyek", 0, "proyek", 3)]
    put(world, versions, nib.ended(), Step(WHOLE).ended())
    assert recomputes(world) == [("proyek", 0, "proyek", 3)]
    put(world, ("other", "other"), Step(f"proyek {ALONE}", "9", 3))
    assert recomputes(world) == []


def test_cut_transactions_are_told_by_worker(world: EngineWorld) -> None:
    registry = worker_registry(world.settings)
    registry.report(WorkerFacts("w1", "host", 1, "running", events=5, written=4, transient=3))
    (worker,) = target_status(world.settings).read().workers
    assert (worker.name, worker.events, worker.written, worker.transient) == ("w1", 5, 4, 3)
