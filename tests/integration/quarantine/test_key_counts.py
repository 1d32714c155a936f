"""How many keys are in which state, on a real PostgreSQL: by the hour for the trend, and now for the caps."""

import pytest

from streams.adapters.databases.key_counts import PostgresKeyCounts
from streams.bootstrap.databases import target_engine
from streams.bootstrap.quarantine import cap_watch, quarantine_service
from streams.bootstrap.status import target_status
from streams.ports.quarantine import Waiver
from tests.engine import EngineWorld
from tests.integration.quarantine.documents import TODAY, A, do, filled

pytestmark = pytest.mark.postgres


def test_counts_are_kept_by_the_hour_and_give_the_trend(world: EngineWorld) -> None:
    filled(world)
    counts = PostgresKeyCounts(target_engine(world.settings))
    fresh = target_status(world.settings).read().keys["proyek"]["waiting"]
    assert (fresh.open, fresh.hour_ago, fresh.day_ago) == (1, None, None)
    counts.record()
    counts.record()
    (row,) = world.rows("select hour, counts from selaras.key_count")
    assert row["counts"]["proyek"] == {"waiting": {"open": 1, "accepted": 0}}
    age(world, "90 minutes")
    then = target_status(world.settings).read().keys
    assert (then["proyek"]["waiting"].hour_ago, then["proyek"]["waiting"].day_ago) == (1, None)
    counts.record()
    age(world, "24 hours 30 minutes")
    do(world, "delete from selaras.key_state where projection = 'proyek'")
    healed = target_status(world.settings).read().keys["proyek"]["waiting"]
    assert (healed.open, healed.hour_ago, healed.day_ago) == (0, None, 1)
    age(world, "40 days")
    counts.record()
    assert len(world.rows("select 1 from selaras.key_count")) == 1


def age(world: EngineWorld, by: str) -> None:
    """Counts so much older, and no younger ones."""
    then = f"now() - interval '{by}'"
    do(
        world,
        "delete from selaras.key_count where at <> (select min(at) from selaras.key_count)",
        f"update selaras.key_count set at = {then}, hour = date_trunc('hour', {then})",
    )


def test_shares_are_those_of_the_tables(world: EngineWorld) -> None:
    filled(world)
    counts = PostgresKeyCounts(target_engine(world.settings))
    (share,) = counts.shares()
    assert (share.table, share.waiting, share.quarantined, share.accepted) == ("nib", 0, 1, 0)
    assert counts.rows("nib") == 2
    quarantine_service(world.settings).accept("nib", A, Waiver(TODAY, "known", "x"))
    (share,) = counts.shares()
    assert (share.quarantined, share.accepted) == (0, 1)
    assert cap_watch(world.settings).look() == []


def test_groups_without_a_table_are_counted_in_the_tables_that_need_them(world: EngineWorld) -> None:
    do(
        world,
        "insert into selaras.group_row (projection, key, content) values ('kelompok', 'a', '{}')",
        "insert into selaras.key_state (projection, key, outcome) values ('kelompok', 'b', 'quarantined')",
        "insert into selaras.authority (projection) values ('kelompok')",
    )
    counts = PostgresKeyCounts(target_engine(world.settings))
    assert "kelompok" not in [share.table for share in counts.shares()]
    reading = target_status(world.settings).read()
    assert "kelompok" not in reading.rows
    assert "kelompok" not in reading.keys
