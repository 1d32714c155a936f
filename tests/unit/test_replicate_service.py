"""What the service does around one transaction, on the twin of the target."""

from collections.abc import Iterator

import pytest

from streams.adapters.memory.fail_points import SilentFailPoints
from streams.adapters.memory.replication import MemoryTarget
from streams.changes.chunk import Chunk
from streams.changes.envelope import Decoder
from streams.changes.legacy_table import LegacyTable
from streams.errors import ErrorKind, SelarasError
from streams.projection.catalog import Catalog, ColumnType, Table
from streams.projection.converters import Reference
from streams.projection.parse import parse_projection
from streams.services.plan import make_plan, returning_columns
from streams.services.replicate import PositionMoved, Replicate
from tests.history import FakeRecord, History

TEXT = ColumnType("character varying", True, 20)
LEGACY = Catalog({"lama": Table("lama", {"id": ColumnType("integer", False), "nib": TEXT, "nama": TEXT}, ("id",))})
TARGET = Catalog({"baru": Table("baru", {"nib": TEXT, "nama": TEXT}, ("nib",))})
MAPPING = parse_projection(
    {
        "target": "baru",
        "key": {"column": "nib", "rule": "NIB13"},
        "sources": {"lama": {"table": "lama", "key": "nib"}},
        "columns": {"nama": {"rule": "TXT", "from": "lama.nama"}},
    },
    "",
)
PLAN = make_plan([MAPPING], TARGET, Reference(), ("m", "r"))
TABLES = (LegacyTable("lama", ("id", "nib", "nama"), ("id",), {"id": "integer"}),)
NIB = "9999000000017"


class FailsAt:
    """A fail point that raises."""

    def __init__(self, name: str) -> None:
        self._name = name

    def reach(self, name: str) -> None:
        """See the port."""
        if name == self._name:
            raise InterruptedError(name)


@pytest.fixture
def target() -> Iterator[MemoryTarget]:
    """A target with the mapping in force and the position of one partition."""
    made = MemoryTarget(PLAN.ordered, LEGACY, TARGET, returning_columns([MAPPING]))
    with made.transaction() as work:
        work.guard.enter(exclusive=True)
        work.guard.put_in_force("m", "r", PLAN.ranks)
    yield made


def service(target: MemoryTarget, fail: SilentFailPoints | FailsAt | None = None) -> Replicate:
    """The service on that target."""
    return Replicate(target, PLAN, Decoder("oss", "public", TABLES, 1), TABLES, fail or SilentFailPoints())


def chunk() -> Chunk:
    """One row, created and changed."""
    history = History({t.name: t for t in TABLES}, partitions=1, message_keys={"lama": "nib"})
    row = history.insert("lama", id=1, nib=NIB, nama="Satu")
    history.commits()
    history.update("lama", row, nama="Dua")
    history.commits()
    return history.chunks()[0]


def test_a_batch_is_applied_once(target: MemoryTarget) -> None:
    apply, batch = service(target), chunk()
    assert apply.positions({(batch.topic, 0): 0}) == {(batch.topic, 0): 0}
    applied = apply.apply([batch])
    assert (applied.events, applied.malformed, applied.duplicates) == (2, 0, 0)
    assert (applied.settled.written, applied.settled.deleted) == (1, 0)
    assert target.state.rows == {"baru": {NIB: {"nib": NIB, "nama": "Dua"}}}
    assert target.state.touched_rows == [("lama", ("1",))]
    with pytest.raises(PositionMoved):
        apply.apply([batch])
    assert apply.positions({(batch.topic, 0): 0}) == {(batch.topic, 0): 2}
    assert target.state.touched == [("baru", (NIB,))]


@pytest.mark.parametrize("point", ["after_positions", "after_mirror", "before_commit"])
def test_a_batch_that_dies_leaves_nothing(target: MemoryTarget, point: str) -> None:
    batch = chunk()
    service(target).positions({(batch.topic, 0): 0})
    before = target.state
    with pytest.raises(InterruptedError):
        service(target, FailsAt(point)).apply([batch])
    assert target.state is before
    assert service(target).apply([batch]).settled.written == 1


def test_a_batch_that_dies_after_its_commit_is_done(target: MemoryTarget) -> None:
    batch = chunk()
    service(target).positions({(batch.topic, 0): 0})
    with pytest.raises(InterruptedError):
        service(target, FailsAt("after_commit")).apply([batch])
    assert target.state.rows["baru"][NIB]["nama"] == "Dua"


def test_missing_records_are_a_gap(target: MemoryTarget) -> None:
    with pytest.raises(SelarasError) as gap:
        service(target).apply([Chunk("oss.public.lama", 0, 0, [FakeRecord(0, None, b""), FakeRecord(2, None, b"")])])
    assert gap.value.kind is ErrorKind.GAP


def test_another_mapping_in_force_stops_the_worker(target: MemoryTarget) -> None:
    batch = chunk()
    service(target).positions({(batch.topic, 0): 0})
    with target.transaction() as work:
        work.guard.put_in_force("other", "r", [])
    with pytest.raises(SelarasError) as stale:
        service(target).apply([batch])
    assert stale.value.kind is ErrorKind.STALE


def test_where_the_legacy_side_has_no_authority_the_worker_only_observes(target: MemoryTarget) -> None:
    batch = chunk()
    service(target).positions({(batch.topic, 0): 0})
    target.state.writable.clear()
    applied = service(target).apply([batch])
    assert applied.settled.outcomes["baru"][NIB].row == {"nib": NIB, "nama": "Dua"}
    assert target.state.rows.get("baru", {}) == {}
    assert target.state.mirror["lama"]
    assert target.state.touched == [("baru", (NIB,))]
