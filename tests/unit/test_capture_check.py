"""The capture check on twins: which verdict each state of the two sides gives, and what a barrier is asked for."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from streams.adapters.memory.capture_check import MemoryLegacySide, MemoryMirrorSide
from streams.adapters.memory.replication import MemoryTarget
from streams.changes.change import Change, Malformed, Operation
from streams.changes.chunk import Chunk
from streams.changes.position import Position
from streams.drift.difference import Kind
from streams.drift.verdict import Reason
from streams.errors import SelarasError
from streams.ports.replication import Advance
from streams.projection.catalog import Catalog, ColumnType, Table
from streams.services.barrier import BarrierResult
from streams.services.capture_check import Budget, CaptureCheck
from streams.services.captured import LegacyCurtain
from tests.history import FakeRecord

TEXT = ColumnType("text")
ROWS, COUNTS = "lama", "usaha"
CATALOG = Catalog(
    {
        ROWS: Table(ROWS, {"id": ColumnType("integer"), "nama": TEXT, "modal": ColumnType("numeric")}, ("id",)),
        COUNTS: Table(COUNTS, {"nib": TEXT, "nama": TEXT}, ()),
    }
)
NIB = "9999000000017"


@dataclass
class Clock:
    """Time that passes a little at every look at it."""

    at: float = 0.0
    tick: float = 0.01

    def now(self) -> float:
        """See the port."""
        self.at += self.tick
        return self.at

    def pause(self, seconds: float) -> None:
        """See the port."""
        raise AssertionError(f"nobody may wait {seconds} s")


@dataclass
class Proof:
    """A barrier that is passed, or hangs; ``meanwhile`` happens before it ends."""

    is_passed: bool = True
    position: int = 10**9
    asked: int = 0
    meanwhile: list[Callable[[], object]] = field(default_factory=list)

    def pass_(self, timeout: float) -> BarrierResult:
        """See the service."""
        assert timeout > 0
        self.asked += 1
        for deed in self.meanwhile:
            deed()
        return BarrierResult(self.is_passed, self.position, {}, (), "" if self.is_passed else "captured", "")


class World:
    """Both sides, and the check on them."""

    def __init__(self) -> None:
        self.target = MemoryTarget([], CATALOG, Catalog({}), {})
        self.legacy = MemoryLegacySide(CATALOG)
        self.proof, self.clock = Proof(), Clock()
        curtain = LegacyCurtain(frozenset({(ROWS, "modal")}))
        mirror = MemoryMirrorSide(self.target, CATALOG)
        self.check = CaptureCheck(self.legacy, mirror, self.proof, self.clock, CATALOG.tables, curtain, Budget(0.1))

    def legacy_row(self, number: int, name: str = "PT Satu", capital: str = "5") -> int:
        """A row that a transaction writes; the transaction."""
        return self.legacy.insert(ROWS, {"id": number, "nama": name, "modal": capital})

    def mirror_row(self, number: int, name: str = "PT Satu", capital: str = "5", tx: int = 1, commit: int = 10) -> None:
        """The change that brought it."""
        image = json.dumps({"id": number, "nama": name, "modal": capital}).encode()
        change = Change(ROWS, Operation.CREATE, (number,), Position(1, commit, commit + 1, 1), None, image, tx, 1)
        with self.target.transaction() as work:
            work.mirror.write(ROWS, [change])

    def seen(self, commit: int) -> None:
        """The only partition brought a transaction that followed this commit."""
        with self.target.transaction() as work:
            work.positions.load({(f"oss.public.{ROWS}", 0): 0})
            chunk = Chunk(f"oss.public.{ROWS}", 0, 0, [FakeRecord(0, None, b"")])
            work.positions.take([Advance(chunk, commit, commit, 1, 0, 1)])


@pytest.fixture
def world() -> World:
    """Empty sides."""
    return World()


def test_equal_rows_and_keys_that_nobody_has_are_the_same_at_once(world: World) -> None:
    world.legacy_row(1)
    world.mirror_row(1)
    verdicts = world.check.rows(ROWS, ["1", "2"])
    assert (verdicts.same, verdicts.different, dict(verdicts.unknown)) == (("1", "2"), (), {})
    assert world.proof.asked == 0


def test_differences_are_told_behind_a_barrier_and_behind_a_mask(world: World) -> None:
    world.legacy_row(1, "PT Satu", "5.5")
    world.mirror_row(1, "PT Dua", "5.4")
    world.legacy_row(2)
    world.mirror_row(3)
    verdicts = world.check.rows(ROWS, ["1", "2", "3"])
    assert {one.key: one.kind for one in verdicts.different} == {
        "1": Kind.DIFFERENT,
        "2": Kind.MISSING,
        "3": Kind.EXTRA,
    }
    assert dict(verdicts.different[0].columns) == {"nama": ("xx x{4}", "xx xxx"), "modal": ("5.5", "5.4")}
    assert world.proof.asked == 1


def test_one_column_that_lost_its_cents_is_called_rounded(world: World) -> None:
    world.legacy_row(1, capital="5.50")
    world.mirror_row(1, capital="5")
    assert [one.likeness for one in world.check.rows(ROWS, ["1"]).different] == ["rounding"]


def test_what_the_barrier_brings_is_no_difference(world: World) -> None:
    writer = world.legacy_row(1, "PT Baru")
    world.mirror_row(1, "PT Lama")
    world.proof.meanwhile.append(lambda: world.mirror_row(1, "PT Baru", tx=writer, commit=20))
    assert world.check.rows(ROWS, ["1"]).same == ("1",)


@pytest.mark.parametrize("proof", [Proof(is_passed=False), Proof(position=1)])
def test_without_a_barrier_behind_the_snapshot_nothing_is_said(world: World, proof: Proof) -> None:
    world.check.proof = proof
    world.legacy_row(1)
    assert dict(world.check.rows(ROWS, ["1"]).unknown) == {"1": Reason.NO_BARRIER}


def test_a_change_that_the_snapshot_does_not_show_yet_is_no_difference(world: World) -> None:
    world.legacy_row(1, "PT Lama")
    world.legacy.running = frozenset({world.legacy.transaction})
    world.legacy.transaction += 1
    world.mirror_row(1, "PT Baru", tx=min(world.legacy.running))
    assert dict(world.check.rows(ROWS, ["1"]).unknown) == {"1": Reason.CHANGING}
    assert world.proof.asked == 0


def test_a_row_that_goes_while_it_is_judged_is_no_difference(world: World) -> None:
    world.legacy_row(1)
    world.proof.meanwhile.append(lambda: world.legacy.delete(ROWS, "1"))
    assert world.check.rows(ROWS, ["1"]).same == ("1",)


def test_the_rows_own_writer_convicts_it_without_a_barrier(world: World) -> None:
    writer = world.legacy_row(1, "PT Satu")
    world.mirror_row(1, "PT Dua", tx=writer, commit=10)
    world.seen(commit=11)
    assert [one.key for one in world.check.rows(ROWS, ["1"]).different] == ["1"]
    assert world.proof.asked == 0


def test_while_more_of_the_writer_may_come_the_barrier_decides(world: World) -> None:
    writer = world.legacy_row(1, "PT Satu")
    world.mirror_row(1, "PT Dua", tx=writer, commit=10)
    world.seen(commit=10)
    assert [one.key for one in world.check.rows(ROWS, ["1"]).different] == ["1"]
    assert world.proof.asked == 1


def test_tables_share_one_barrier(world: World) -> None:
    world.legacy_row(1)
    world.legacy.insert(COUNTS, {"nib": NIB, "nama": "A"})
    verdicts = world.check.of_tables({ROWS: ["1"], COUNTS: [NIB, ""]})
    assert [[one.key for one in each.different] for each in verdicts] == [["1"], [NIB]]
    assert world.proof.asked == 1


def test_rows_without_a_key_are_counted(world: World) -> None:
    for _ in range(3):
        world.legacy.insert(COUNTS, {"nib": None, "nama": "A"})
    image = json.dumps({"nib": None, "nama": "A"}).encode()
    change = Change(COUNTS, Operation.CREATE, (), Position(1, 10, 11, 1), None, image, 1, 1)
    with world.target.transaction() as work:
        work.mirror.count(COUNTS, 0, [change, change])
    (found,) = world.check.rows(COUNTS, [""]).different
    assert (found.kind, dict(found.columns)) == (Kind.DIFFERENT, {"rows": ("3", "2")})


def test_an_event_that_nobody_understood_leaves_differing_keys_unknown(world: World) -> None:
    world.legacy_row(1)
    world.legacy_row(2)
    world.mirror_row(1)
    with world.target.transaction() as work:
        work.evidence.undecodable(Chunk("t", 0, 0, []), [Malformed(ROWS, 0, "why", None, None)])
    verdicts = world.check.rows(ROWS, ["1", "2"])
    assert (verdicts.same, dict(verdicts.unknown)) == (("1",), {"2": Reason.UNDECODABLE})


def test_a_column_that_the_mirror_lacks_is_not_compared(world: World) -> None:
    world.legacy_row(1, "PT Satu")
    world.mirror_row(1, "")
    with world.target.transaction() as work:
        work.lacking.tell({(ROWS, "nama")})
    assert world.check.rows(ROWS, ["1"]).same == ("1",)


def test_a_side_that_is_away_leaves_keys_unknown_and_scans_where_they_are(world: World) -> None:
    world.legacy.is_away = True
    assert dict(world.check.rows(ROWS, ["1"]).unknown) == {"1": Reason.SIDE_DOWN}
    with pytest.raises(SelarasError):
        world.check.part(ROWS, "")


def test_a_scan_goes_over_every_key_once_and_finds_what_differs(world: World) -> None:
    for number in range(-5, 1200):
        if number != 7:
            world.mirror_row(number)
        world.legacy_row(number, "PT Dua" if number == 900 else "PT Satu")
    after, same, parts, different = "", list[str](), 0, set[str]()
    while True:
        verdicts, part = world.check.part(ROWS, after)
        same += verdicts.same
        different |= {one.key for one in verdicts.different}
        parts += 1
        assert part.keys == verdicts.keys
        if part.last is None:
            break
        assert part.last > after
        after = part.last
    assert different == {"7", "900"}
    assert sorted(int(key) for key in same) == [n for n in range(-5, 1200) if n not in (7, 900)]
    assert parts > 1


def test_chunks_fit_the_time_that_they_may_take(world: World) -> None:
    for number in range(300):
        world.legacy_row(number)
        world.mirror_row(number)
    world.clock.tick = 1.0
    sizes, after = [], ""
    for _ in range(3):
        _, part = world.check.part(ROWS, after)
        sizes.append(part.keys)
        after = part.last or ""
    assert sizes[1] < sizes[0]
