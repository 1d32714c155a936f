"""Whatever the engine applies, in whatever portions: nothing differs at any moment."""

import os
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.drift.verdict import Reason
from tests.histories import batches, crashed, deeds, live_through
from tests.integration.projection_check.conftest import Checked

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
