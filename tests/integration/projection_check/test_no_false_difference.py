"""Whatever the engine applies, in whatever portions: nothing differs at any moment."""

import os
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.drift.verdict import Reason
from tests.histories import batches, crashed, deeds, live_through
from tests.integration.projection_check.conftest import Checked
from tests.integration.test_workers import Worker

pytestmark = pytest.mark.postgres

FULL = os.environ.get("SELARAS_TEST_FULL") == "1"


@settings(
    deadline=None,
    derandomize=not FULL,
    max_examples=400 if FULL else 15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(plan=deeds, present=st.integers(0, 8), seed=st.integers(0, 2**32))
def test_random_histories_give_no_difference(checked: Checked, plan, present: int, seed: int) -> None:
    """After every batch, also of a connector that sent twice."""
    world, random = checked.world, Random(seed)
    history = world.history()
    live_through(history, plan, present)
    world.empty()
    world.seed(history.chunks())
    service = world.service()
    for batch in batches(crashed(history.log, random, 1), random, 12):
        service.apply(batch)
        different, unknown, _ = checked.all(random.choice((3, 50)))
        assert different == []
        if not world.unknown_tables():
            assert unknown == {}
        assert set(unknown.values()) <= {Reason.UNDECODABLE}


@settings(
    deadline=None,
    derandomize=not FULL,
    max_examples=200 if FULL else 10,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(plan=deeds, present=st.integers(0, 8), seed=st.integers(0, 2**32))
def test_nothing_differs_while_two_workers_are_at_work(checked: Checked, plan, present: int, seed: int) -> None:
    """Their batches cross; every snapshot between them is looked at."""
    world, random = checked.world, Random(seed)
    history = world.history()
    live_through(history, plan, present)
    world.empty()
    world.seed(history.chunks())
    places = sorted({(topic, partition) for topic, partition, _, _ in history.log})
    mine = set(random.sample(places, len(places) // 2))
    workers = [
        Worker(world, batches([e for e in history.log if ((e[0], e[1]) in mine) is owned], random, 3))
        for owned in (True, False)
    ]
    for worker in workers:
        worker.start()
    looks = 0
    while looks == 0 or any(worker.is_alive() for worker in workers):
        assert checked.all(50)[0] == []
        looks += 1
    for worker in workers:
        worker.join(60)
    assert [worker.error for worker in workers] == [None, None]
    assert checked.all(50)[0] == []
