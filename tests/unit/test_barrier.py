"""The barrier: what it proves, and what it says when it hangs."""

from dataclasses import replace

import pytest

from streams.adapters.memory.capture import ManualClock, MemoryApplied, MemoryConnector, MemoryLegacy, MemoryTopics
from streams.errors import ErrorKind, SelarasError
from streams.ports.capture import CommittedOffset
from streams.services.barrier import Barrier, BarrierParts, Behind, behind, beyond, captured

CONFIG = {"slot.name": "s"}


class World:
    """One topic with two partitions, a connector that has come to LSN 5000, and a target that applied nothing."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.legacy = MemoryLegacy()
        self.topics = MemoryTopics()
        self.topics.create({"t": 2})
        self.connector = MemoryConnector(self.legacy)
        self.connector.configure(CONFIG)
        self.connector.committed = CommittedOffset(commit=5000, snapshot=False, reread=False)
        self.applied = MemoryApplied()

    def barrier(self, topics: tuple[str, ...] = ("t",)) -> Barrier:
        return Barrier(topics, BarrierParts(self.legacy, self.connector, self.topics, self.applied, self.clock))


def test_a_partition_is_behind_unless_its_position_reaches_the_end() -> None:
    ends = {("t", 0): 3, ("t", 1): 0, ("t", 2): 5, ("t", 3): 7}
    assert behind(ends, {("t", 0): 3, ("t", 2): 4}) == [Behind("t", 2, 5, 4), Behind("t", 3, 7, None)]


def test_a_position_beyond_the_end_is_named() -> None:
    assert beyond({("t", 0): 3, ("t", 1): 3}, {("t", 0): 4, ("t", 1): 3}) == [("t", 0)]


@pytest.mark.parametrize(
    ("offset", "proven"),
    [
        (None, False),
        (CommittedOffset(None, snapshot=False, reread=False), False),
        (CommittedOffset(99, snapshot=False, reread=False), False),
        (CommittedOffset(100, snapshot=True, reread=False), False),
        (CommittedOffset(100, snapshot=False, reread=True), False),
        (CommittedOffset(100, snapshot=False, reread=False), True),
    ],
)
def test_only_a_committed_streaming_offset_at_the_token_proves_capture(
    offset: CommittedOffset | None, proven: bool
) -> None:
    assert (captured(offset, 100) == "") is proven


def test_it_passes_when_every_partition_is_applied() -> None:
    world = World()
    world.topics.append("t", 1)
    world.applied.stored[("t", 1)] = 1
    result = world.barrier().pass_(1.0)
    assert result.passed
    assert result.position == 1000
    assert result.ends == {("t", 0): 0, ("t", 1): 1}
    assert set(result.seconds) == {"token", "captured", "ends", "applied"}


def test_records_that_arrive_later_do_not_move_the_goal() -> None:
    world = World()
    world.topics.append("t")

    def more_traffic() -> None:
        world.topics.append("t")
        world.applied.stored[("t", 0)] = 1

    world.clock.on_pause = more_traffic
    assert world.barrier().pass_(1.0).passed


def test_a_target_that_runs_past_the_goal_is_no_gap() -> None:
    world = World()
    world.topics.append("t")
    read_before = world.topics.end_offsets(["t"])
    answers = iter([read_before])
    live = world.topics.end_offsets
    world.topics.end_offsets = lambda topics: next(answers, None) or live(topics)  # type: ignore[method-assign]
    world.topics.append("t")
    world.applied.stored[("t", 0)] = 2
    assert world.barrier().pass_(1.0).passed


def test_it_says_that_capture_hangs() -> None:
    world = World()
    world.connector.committed = CommittedOffset(commit=10, snapshot=False, reread=False)
    result = world.barrier().pass_(1.0)
    assert (result.passed, result.hung) == (False, "captured")
    assert "has not reached the token" in result.reason
    assert world.clock.time >= 1.0


def test_an_open_snapshot_is_waited_for() -> None:
    world = World()
    done = world.connector.committed
    assert done is not None
    world.connector.committed = replace(done, snapshot=True)

    def finish() -> None:
        world.connector.committed = done

    world.clock.on_pause = finish
    assert world.barrier().pass_(1.0).passed


def test_it_says_which_partition_hangs() -> None:
    world = World()
    for _ in range(3):
        world.topics.append("t", 1)
    world.topics.append("t", 0)
    world.applied.stored[("t", 0)] = 0
    result = world.barrier().pass_(0.5)
    assert result.hung == "applied"
    assert "t/1 (no position of 3)" in result.reason
    assert result.behind == (Behind("t", 0, 1, 0), Behind("t", 1, 3, None))


def test_a_topic_that_is_not_there_hangs_the_step_that_needs_it() -> None:
    result = World().barrier(("t", "gone")).pass_(0.5)
    assert result.hung == "ends"
    assert "gone" in result.reason


def test_a_position_beyond_the_end_is_a_gap() -> None:
    world = World()
    world.applied.stored[("t", 0)] = 9
    with pytest.raises(SelarasError) as caught:
        world.barrier().pass_(0.5)
    assert caught.value.kind is ErrorKind.GAP


def test_a_part_that_is_away_is_asked_again() -> None:
    world = World()
    calls = 0
    live = world.applied.positions

    def away_at_first() -> dict[tuple[str, int], int]:
        nonlocal calls
        calls += 1
        if calls < 3:
            raise SelarasError(ErrorKind.UNAVAILABLE, "The target does not answer.")
        return dict(live())

    world.applied.positions = away_at_first  # type: ignore[method-assign]
    assert world.barrier().pass_(1.0).passed
    calls = -1000
    result = world.barrier().pass_(0.1)
    assert (result.hung, result.reason) == ("applied", "The target does not answer.")
