"""A keyless table that is counted anew while its events are still on their way."""

import json
from collections.abc import Iterator

import pytest

from streams.changes.chunk import Chunk
from streams.settings import Settings
from tests.engine import EngineWorld, legacy_rows
from tests.history import History, Row

pytestmark = pytest.mark.postgres

MICRO = "oss_iumk"
NIB = "9999000000017"


@pytest.fixture
def world(worlds: Settings) -> Iterator[EngineWorld]:
    """A fresh engine."""
    made = EngineWorld(worlds)
    yield made
    made.close()


def recount(world: EngineWorld, rows: list[Row], snapshot: str) -> None:
    """Count the table anew from rows that this snapshot of the legacy database shows."""
    documents = [json.dumps(row).encode() for row in rows]
    with world.ground.target.transaction() as work:
        work.guard.enter(exclusive=True)
        work.sweep.recount(MICRO, documents, 1, snapshot)


@pytest.mark.parametrize("applied", range(5))
def test_events_that_the_count_holds_already_change_nothing(world: EngineWorld, applied: int) -> None:
    history = world.history()
    history.insert(MICRO, nib=NIB, nama_usaha="Lama")
    history.commits()
    history.truncate(MICRO, 0)
    history.insert(MICRO, nib=NIB, nama_usaha="Baru")
    history.insert(MICRO, nib=NIB, nama_usaha="Baru")
    history.commits()
    shown, running = [dict(row) for row in history.rows[MICRO]], history.transaction
    history.delete(MICRO, history.rows[MICRO][0])
    history.commits()

    chunks = in_order_of_the_log(history)
    world.seed(history.chunks())
    for chunk in chunks[:applied]:
        world.service().apply([chunk])
    recount(world, shown, f"{running}:{running}:")
    for chunk in chunks[applied:]:
        world.service().apply([chunk])
    assert world.mirrored(MICRO) == legacy_rows(history, MICRO)
    assert world.unknown_tables() == []


def in_order_of_the_log(history: History) -> list[Chunk]:
    """One chunk a record, as they were sent."""
    records = {(c.topic, c.partition): iter(c.records) for c in history.chunks()}
    sent = [(topic, partition, next(records[(topic, partition)])) for topic, partition, _, _ in history.log]
    return [Chunk(topic, partition, record.offset, [record]) for topic, partition, record in sent]
