"""Two workers at once: what one transaction can't see of the other must not be lost between them."""

import os
import threading
from collections.abc import Iterator, Sequence
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.changes.chunk import Chunk
from streams.errors import ErrorKind, SelarasError
from streams.settings import Settings
from tests.conftest import fresh_worlds
from tests.crossings import CASES, Case
from tests.engine import EngineWorld, legacy_rows
from tests.histories import batches, crashed, deeds, live_through
from tests.waiting import wait_until

pytestmark = pytest.mark.postgres

FULL = os.environ.get("SELARAS_TEST_FULL") == "1"
POINTS = ("after_positions", "after_mirror", "before_commit")
BLOCKED = """
select 1 from pg_locks l join pg_stat_activity a using (pid)
where not l.granted and starts_with(a.application_name, 'selaras applier ') and a.datname = current_database()
"""


class Gate:
    """A fail point that holds its worker until it is opened."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.reached = threading.Event()
        self.open = threading.Event()

    def reach(self, name: str) -> None:
        """See the port."""
        if name == self._name:
            self.reached.set()
            assert self.open.wait(20)


class Worker(threading.Thread):
    """Applies batches in order, again while another is in the way."""

    def __init__(self, world: EngineWorld, work: Sequence[Sequence[Chunk]], gate: Gate | None = None) -> None:
        super().__init__()
        self._service = world.service(gate)
        self._work = work
        self.error: BaseException | None = None

    def run(self) -> None:
        """The thread's work; what it raises is kept."""
        try:
            for batch in self._work:
                self._apply(batch)
        except BaseException as error:
            self.error = error

    def _apply(self, batch: Sequence[Chunk]) -> None:
        for _ in range(50):
            try:
                self._service.apply(batch)
                return
            except SelarasError as error:
                if error.kind is not ErrorKind.CONFLICT:
                    raise
        raise AssertionError("a batch was in the way of another fifty times")


@pytest.fixture(scope="module")
def world(server: Settings) -> Iterator[EngineWorld]:
    """One engine for all tests; each empties it first."""
    with fresh_worlds(server) as fresh:
        made = EngineWorld(fresh)
        yield made
        made.close()


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("reverse", [False, True], ids=["in order", "reversed"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_an_open_transaction_hides_nothing_from_the_other_worker(
    world: EngineWorld, case: Case, reverse: bool, point: str
) -> None:
    history = world.history()
    done = case(history)
    history.commits()
    world.empty()
    world.apply(history.chunks())
    expected = world.state()

    world.empty()
    world.seed(history.chunks())
    chunks = history.chunks()
    before = [Chunk(c.topic, c.partition, 0, c.records[: done.get((c.topic, c.partition), 0)]) for c in chunks]
    world.service().apply([chunk for chunk in before if chunk.records])
    after = [chunk.since(done.get((chunk.topic, chunk.partition), 0)) for chunk in chunks]
    first, second = sorted((c for c in after if c.records), key=lambda c: (c.topic, c.partition), reverse=reverse)
    interleaved(world, [first], [second], point)
    assert world.state() == expected
    for table in world.read:
        assert world.mirrored(table) == legacy_rows(history, table)


def interleaved(world: EngineWorld, first: Sequence[Chunk], second: Sequence[Chunk], point: str) -> None:
    """The second batch begins while the first transaction is held at ``point``, and goes as far as it can."""
    gate = Gate(point)
    holding, other = Worker(world, [first], gate), Worker(world, [second])
    holding.start()
    try:
        wait_until(gate.reached.is_set, "the first worker is at its point", 10)
        other.start()
        wait_until(lambda: not other.is_alive() or world.rows(BLOCKED), "the second worker waits or is done", 10)
    finally:
        gate.open.set()
        holding.join(20)
        other.join(20)
    assert (holding.error, other.error) == (None, None)
    assert not holding.is_alive() and not other.is_alive()


@settings(
    deadline=None,
    derandomize=not FULL,
    max_examples=400 if FULL else 15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(plan=deeds, present=st.integers(0, 8), seed=st.integers(0, 2**32))
def test_two_workers_end_where_one_ends(world: EngineWorld, plan, present: int, seed: int) -> None:
    history, random = world.history(), Random(seed)
    live_through(history, plan, present)
    world.empty()
    world.apply(history.chunks())
    expected = world.state()

    world.empty()
    world.seed(history.chunks())
    log = crashed(history.log, random, 1)
    places = sorted({(topic, partition) for topic, partition, _, _ in log})
    mine = set(random.sample(places, len(places) // 2))
    workers = [
        Worker(world, batches([e for e in log if ((e[0], e[1]) in mine) is owned], random, 3))
        for owned in (True, False)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.error for worker in workers] == [None, None]
    if world.unknown_tables():
        assert world.unknown_tables() == ["oss_iumk"]
        return
    assert world.state() == expected
