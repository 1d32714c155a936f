"""Law 1: any interleaving, duplication or replay of a history's events ends in the same target."""

import os
from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.services.replicate import PositionMoved
from streams.settings import Settings
from tests.conftest import fresh_worlds
from tests.engine import EngineWorld
from tests.histories import batches, crashed, deeds, live_through
from tests.history import History

pytestmark = pytest.mark.postgres

FULL = os.environ.get("SELARAS_TEST_FULL") == "1"
TEMPORAL = ("tgl_insert", "tgl_update", "day_of_tanggal_terbit")
thorough = settings(
    deadline=None,
    derandomize=not FULL,
    max_examples=2000 if FULL else 60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def world(server: Settings) -> Iterator[EngineWorld]:
    """One engine for all examples; each empties it first."""
    with fresh_worlds(server) as fresh:
        made = EngineWorld(fresh)
        yield made
        made.close()


def told_once(world: EngineWorld, history: History) -> dict[str, list[str]]:
    """The state after the history was delivered once, in order, in one batch."""
    world.empty()
    world.apply(history.chunks())
    assert world.unknown_tables() == []
    return world.state()


def legacy_rows(history: History, table: str) -> list[str]:
    """What the legacy database holds, as the mirror writes it."""
    found = []
    for row in history.rows.get(table, []):
        shown = {name: str(value) for name, value in row.items() if value is not None}
        if "modal_usaha" in shown:
            shown["modal_usaha"] = str(float(shown["modal_usaha"]))
        for name in TEMPORAL:
            if name in shown:
                shown[name] = shown[name].rstrip("Z").replace("T", " ")
        found.append(repr(sorted((name, value.rstrip(" ")) for name, value in shown.items())))
    return sorted(found)


def mirrored_rows(world: EngineWorld, table: str) -> list[str]:
    """The rows that the mirror takes for live ones, in the same form."""
    found = []
    for row in world.rows(f"select * from mirror.{table}"):
        count = row["_count"] if table == "oss_iumk" else int(not row["_deleted"])
        shown = {name: str(value) for name, value in row.items() if value is not None and name[0] != "_"}
        found += [repr(sorted((name, value.rstrip(" ")) for name, value in shown.items()))] * count
    return sorted(found)


@thorough
@given(plan=deeds, present=st.integers(0, 12), seed=st.integers(0, 2**32), crashes=st.integers(0, 3))
def test_any_delivery_ends_where_a_single_one_ends(world, plan, present, seed, crashes):
    history, random = world.history(), Random(seed)
    live_through(history, plan, present)
    expected = told_once(world, history)
    for table in ("tr_oss_header", "tr_oss_proyek", "oss_iumk"):
        assert mirrored_rows(world, table) == legacy_rows(history, table)

    world.empty()
    log = crashed(history.log, random, crashes)
    service = world.service()
    world.seed(history.chunks())
    for batch in batches(log, random, random.choice((1, 3, 20))):
        service.apply(batch)
        if random.random() < 0.2:
            with pytest.raises(PositionMoved):
                service.apply(batch)
    compare(world, expected)


def compare(world: EngineWorld, expected: dict[str, list[str]]) -> None:
    """Equal, or the table whose counts a late TRUNCATE has spoilt is said to be unknown."""
    found = world.state()
    if world.unknown_tables():
        assert world.unknown_tables() == ["oss_iumk"]
        kept = ("mirror.tr_oss_header", "mirror.tr_oss_proyek")
        found, expected = {n: found[n] for n in kept}, {n: expected[n] for n in kept}
    assert found == expected
