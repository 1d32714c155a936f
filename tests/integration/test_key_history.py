"""Of every key that has a history, its last entry is its state: after random histories, on a real PostgreSQL."""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.services.recompute import Recompute
from streams.settings import Settings
from tests.conftest import fresh_worlds
from tests.engine import EngineWorld
from tests.histories import batches, deeds, live_through

pytestmark = pytest.mark.postgres

LAST = """
select distinct on (projection, key) projection, key, outcome, faults, findings, wait_projection, wait_key, is_gone
from selaras.outcome_history order by projection, key, id desc
"""
STATES = "select projection, key, outcome, faults, findings, wait_projection, wait_key from selaras.key_state"
MARKED = "select projection, key, count(*) as n from selaras.outcome_history where is_gone group by 1, 2"
COLUMNS = ("outcome", "faults", "findings", "wait_projection", "wait_key")


@pytest.fixture(scope="module")
def world(server: Settings) -> Iterator[EngineWorld]:
    """One engine for all examples; each empties it first."""
    with fresh_worlds(server) as fresh:
        made = EngineWorld(fresh)
        yield made
        made.close()


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(plan=deeds, present=st.integers(0, 12), seed=st.integers(0, 2**32), computes=st.booleans())
def test_the_last_entry_is_the_state(world, plan, present, seed, computes):
    history, random = world.history(), Random(seed)
    live_through(history, plan, present)
    world.empty()
    service = world.service()
    world.seed(history.chunks())
    for batch in batches(history.log, random, random.choice((1, 3, 20))):
        service.apply(batch)
        agrees(world)
    if computes:
        entries = len(world.rows("select 1 from selaras.outcome_history"))
        Recompute(world.ground.target, world.ground.plan).run(lambda *_: None)
        assert len(world.rows("select 1 from selaras.outcome_history")) == entries


def agrees(world: EngineWorld) -> None:
    """Each state ends a history; each history ends with a state, a plain row, or nothing at all."""
    last = {(row["projection"], row["key"]): row for row in world.rows(LAST)}
    states = {(row["projection"], row["key"]): row for row in world.rows(STATES)}
    assert {place: told(row) for place, row in last.items() if place in states} == {
        place: told(row) for place, row in states.items()
    }
    others = {place: row["outcome"] for place, row in last.items() if place not in states}
    assert set(others.values()) <= {"row", "absent"}
    assert others == {place: "row" if is_there(world, *place) else "absent" for place in others}
    assert {place for place, row in last.items() if row["is_gone"]} == {
        place for place, outcome in others.items() if outcome == "absent"
    }
    assert all(row["n"] == 1 for row in world.rows(MARKED))


def is_there(world: EngineWorld, projection: str, key: str) -> bool:
    """Whether the target has a row of the key."""
    with world.ground.target.transaction() as work:
        return key in work.target.read(projection, [key])


def told(row: Any) -> list[Any]:
    """What an entry and a state have in common."""
    return [row[name] for name in COLUMNS]
