"""Two workers at once: what one transaction can't see of the other must not be lost between them."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.changes.chunk import Chunk
from streams.errors import ErrorKind, SelarasError
from streams.settings import Settings
from tests.conftest import fresh_worlds
from tests.engine import READ, EngineWorld, legacy_rows
from tests.histories import FIXED, batches, crashed, deeds, live_through
from tests.history import History, Row
from tests.waiting import wait_until

pytestmark = pytest.mark.postgres

FULL = os.environ.get("SELARAS_TEST_FULL") == "1"
A, B, C = "9999000000017", "9999000000025", "9999000000033"  # in three partitions
POINTS = ("after_positions", "after_mirror", "before_commit")
BLOCKED = """
select 1 from pg_locks l join pg_stat_activity a using (pid)
where not l.granted and a.application_name = 'selaras applier' and a.datname = current_database()
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


def header(history: History, number: int, nib: str, **values: object) -> Row:
    """A sound NIB document."""
    sound: Row = {
        "idoss": number,
        "nib": nib,
        "oss_id": f"P-{number}",
        "nama_perseroan": "PT Contoh",
        "tgl_terbit_nib": "04/03/2019",
        "status_nib": "01",
        "total_modal_dasar": "0",
        "sts_aktif": "1",
        "tgl_insert": "2019-03-04T10:11:12Z",
    }
    return history.insert("tr_oss_header", **{**FIXED["tr_oss_header"], **sound, **values})


def project(history: History, number: int, nib: str, name: str = "R-1", **values: object) -> Row:
    """A sound project."""
    sound: Row = {"idpryk": number, "nib": nib, "id_proyek": name, "kbli": "55194", "uraian_usaha": "Vila"}
    sound |= {"luas_tanah": "1", "sts_aktif": "1", "tgl_insert": "2019-03-04T10:11:12Z"}
    return history.insert("tr_oss_proyek", **{**FIXED["tr_oss_proyek"], **sound, **values})


def settle(history: History) -> dict[tuple[str, int], int]:
    """End the transaction; how far each partition reaches."""
    history.commits()
    return {(chunk.topic, chunk.partition): chunk.end for chunk in history.chunks()}


def child_and_parent(history: History) -> dict[tuple[str, int], int]:
    """A project and its NIB, in one transaction."""
    project(history, 1, A)
    header(history, 1, A)
    return {}


def child_and_leaving_parent(history: History) -> dict[tuple[str, int], int]:
    """A project arrives while its NIB is taken away by a correction."""
    row = header(history, 1, A, oss_id="")
    row = history.update("tr_oss_header", row, oss_id="P-1")
    done = settle(history)
    project(history, 1, A)
    history.update("tr_oss_header", row, oss_id="")
    return done


def row_that_moves(history: History) -> dict[tuple[str, int], int]:
    """A NIB is corrected: the row leaves one partition and enters another."""
    row = header(history, 1, A)
    done = settle(history)
    history.update("tr_oss_header", row, nib=B)
    return done


def row_that_moves_and_changes_its_key(history: History) -> dict[tuple[str, int], int]:
    """The same, and the primary key changes with it."""
    row = header(history, 1, A)
    done = settle(history)
    history.update("tr_oss_header", row, nib=B, idoss=2)
    return done


def old_snapshot_row(history: History) -> dict[tuple[str, int], int]:
    """The initial snapshot read a row that an open transaction, logged before, then moved."""
    row = header(history, 1, A)
    history.log.clear()
    history.snapshot("tr_oss_header", 500)
    history.lsn -= 15
    history.update("tr_oss_header", row, nib=B, nama_perseroan="PT Baru")
    return {}


def reread_row(history: History) -> dict[tuple[str, int], int]:
    """A row is read again; a transaction that was open meanwhile, with records before the reading, moves it."""
    row = header(history, 1, A)
    done = settle(history)
    history.reread("tr_oss_header", [row])
    history.lsn -= 15
    history.update("tr_oss_header", row, nib=B)
    return done


def value_that_two_want(history: History) -> dict[tuple[str, int], int]:
    """Two NIBs with one oss_id; the second was issued first."""
    header(history, 1, A, oss_id="P-9", tgl_terbit_nib="04/03/2019")
    header(history, 2, B, oss_id="P-9", tgl_terbit_nib="04/03/2018")
    return {}


def value_that_changes_hands(history: History) -> dict[tuple[str, int], int]:
    """The holder gives its oss_id up, another takes it, in one transaction."""
    first = header(history, 1, A, oss_id="P-9")
    second = header(history, 2, B, oss_id="P-8")
    done = settle(history)
    history.update("tr_oss_header", first, oss_id="P-8")
    history.update("tr_oss_header", second, oss_id="P-9")
    return done


def document_sent_again(history: History) -> dict[tuple[str, int], int]:
    """One project in two rows, of two NIBs."""
    header(history, 1, A)
    header(history, 2, B)
    done = settle(history)
    project(history, 1, A)
    project(history, 2, B, tgl_insert="2020-03-04T10:11:12Z")
    return done


def truncated_row(history: History) -> dict[tuple[str, int], int]:
    """A table is emptied; the event travels in another partition than the row."""
    header(history, 1, A)
    history.truncate("tr_oss_header", _partition(history, B))
    return {}


def micro_and_header(history: History) -> dict[tuple[str, int], int]:
    """Both sources of one NIB."""
    header(history, 1, A, nama_perseroan="")
    history.insert("oss_iumk", nib=A, nama_usaha="Warung", status_nib="Aktif", day_of_tanggal_terbit="2019-03-04Z")
    return {}


CASES = (
    child_and_parent,
    child_and_leaving_parent,
    row_that_moves,
    row_that_moves_and_changes_its_key,
    old_snapshot_row,
    reread_row,
    value_that_two_want,
    value_that_changes_hands,
    document_sent_again,
    truncated_row,
    micro_and_header,
)


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("reverse", [False, True], ids=["in order", "reversed"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_an_open_transaction_hides_nothing_from_the_other_worker(
    world: EngineWorld, case: Callable[[History], dict[tuple[str, int], int]], reverse: bool, point: str
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
    for table in READ:
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


def _partition(history: History, nib: str) -> int:
    before = len(history.log)
    row = header(history, 99, nib)
    partition = history.log[before][1]
    del history.log[before:]
    history.rows["tr_oss_header"].remove(row)
    return partition
