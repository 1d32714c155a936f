"""Between fetching and applying: batches without timers, patience, and chunks that were applied before."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from streams.changes.chunk import Chunk, merged
from streams.errors import ErrorKind, OutOfLocks, SelarasError
from streams.services.replicate import Applied, PositionMoved
from streams.services.settle import Settled
from streams.worker.apply_loop import ApplyLoop
from tests.history import FakeRecord
from tests.waiting import wait_until

Place = tuple[str, int]


def chunk(start: int, end: int, partition: int = 0) -> Chunk:
    """Records from ``start`` up to ``end``."""
    return Chunk("t", partition, start, [FakeRecord(offset, None, b"{}") for offset in range(start, end)])


@dataclass
class FakeService:
    """Applies by compare-and-swap on one number a partition; raises what it is told first."""

    stored: dict[Place, int] = field(default_factory=dict)
    failures: list[Exception] = field(default_factory=list)
    batches: list[list[tuple[int, int]]] = field(default_factory=list)
    holds: int = 0
    room: int = 100  # rows that find locks in one transaction

    def positions(self, earliest: Mapping[Place, int]) -> Mapping[Place, int]:
        """The stored ones."""
        return {place: self.stored.get(place, 0) for place in earliest}

    def apply(self, chunks: Sequence[Chunk], may_hold: Collection[Place] = ()) -> Applied:
        """All or nothing; what is to be held at the first try is held whole."""
        if self.failures:
            raise self.failures.pop(0)
        if sum(len(one.records) for one in chunks) > self.room:
            raise OutOfLocks("target")
        held = [one for one in merged(chunks) if (one.topic, one.partition) in may_hold and self.holds > 0]
        if held:
            self.holds -= 1
            return Applied(held=held)
        for one in chunks:
            if self.stored.get((one.topic, one.partition), 0) != one.start:
                raise PositionMoved
            self.stored[(one.topic, one.partition)] = one.end
        self.batches.append([(one.start, one.end) for one in chunks])
        return Applied(sum(len(one.records) for one in chunks), settled=Settled(written=1))


def run(service: FakeService, deed: Callable[[ApplyLoop], None], until: Callable[[], bool]) -> tuple[ApplyLoop, int]:
    """Queue by ``deed``, run the loop until ``until``; the loop and how often it asked to seek again."""
    reseeks = 0

    async def reseek() -> None:
        nonlocal reseeks
        reseeks += 1

    async def main() -> ApplyLoop:
        loop = ApplyLoop(service, max_rows=10, retry_delay_max_s=0.01)  # type: ignore[arg-type]
        deed(loop)
        stopping = asyncio.Event()
        running = asyncio.create_task(loop.run(stopping, reseek))
        await asyncio.to_thread(wait_until, lambda: until() or running.done(), "the loop did its work")
        stopping.set()
        await running
        loop.close()
        return loop

    return asyncio.run(main()), reseeks


def test_what_waits_becomes_one_batch_up_to_the_limit() -> None:
    """Three chunks of four rows and a limit of ten: three in the first batch, for the third is begun below it."""
    service = FakeService()

    def deed(loop: ApplyLoop) -> None:
        for number in range(4):
            loop._queue.put_nowait(chunk(4 * number, 4 * number + 4))

    loop, _ = run(service, deed, lambda: service.stored.get(("t", 0)) == 16)
    assert [len(batch) for batch in service.batches] == [3, 1]
    assert (loop.totals.events, loop.totals.batches, loop.totals.written) == (16, 2, 2)


def test_a_part_that_is_away_is_waited_for() -> None:
    """Retried until it is back; nothing is lost or doubled."""
    away = [SelarasError(ErrorKind.UNAVAILABLE, "away"), SelarasError(ErrorKind.CONFLICT, "deadlock")]
    service = FakeService(failures=[*away])
    run(service, lambda loop: loop._queue.put_nowait(chunk(0, 3)), lambda: bool(service.batches))
    assert service.batches == [[(0, 3)]]


def test_a_batch_too_great_for_the_server_s_locks_is_halved() -> None:
    """By partitions first, then within one; all of it is applied, once and in order."""
    service = FakeService(room=2, holds=1)

    def deed(loop: ApplyLoop) -> None:
        for one in (chunk(0, 5), chunk(0, 2, partition=1)):
            loop._queue.put_nowait(one)

    _, reseeks = run(service, deed, lambda: service.stored == {("t", 0): 5, ("t", 1): 2})
    assert (service.batches, reseeks) == ([[(0, 2)], [(2, 3)], [(3, 5)], [(0, 2)]], 0)


def test_one_record_that_finds_no_locks_waits_for_others_to_end() -> None:
    service = FakeService(failures=[OutOfLocks("target"), OutOfLocks("target")])
    run(service, lambda loop: loop._queue.put_nowait(chunk(0, 1)), lambda: bool(service.batches))
    assert service.batches == [[(0, 1)]]


def test_what_another_worker_applied_is_left_out() -> None:
    """The rest of the chunk still counts."""
    service = FakeService(stored={("t", 0): 2})
    _, reseeks = run(service, lambda loop: loop._queue.put_nowait(chunk(0, 5)), lambda: bool(service.batches))
    assert (service.batches, reseeks) == ([[(2, 5)]], 0)


def test_a_hole_before_a_chunk_leads_to_a_new_seek() -> None:
    """Something before it was dropped: it is read again from the stored position, never skipped."""
    service = FakeService(stored={("t", 0): 1})
    asked: list[int] = []
    original = service.positions

    def positions(earliest: Mapping[Place, int]) -> Mapping[Place, int]:
        asked.append(1)
        return original(earliest)

    service.positions = positions  # type: ignore[method-assign]
    _, reseeks = run(service, lambda loop: loop._queue.put_nowait(chunk(3, 5)), lambda: bool(asked))
    assert (service.batches, reseeks) == ([], 1)
    assert service.stored == {("t", 0): 1}


@pytest.mark.parametrize("kind", [ErrorKind.GAP, ErrorKind.STALE, ErrorKind.UNKNOWN, ErrorKind.CONFIGURATION])
def test_everything_else_ends_the_loop(kind: ErrorKind) -> None:
    """Unknown means stop."""
    service = FakeService(failures=[SelarasError(kind, "no")])
    with pytest.raises(SelarasError, match="no"):
        run(service, lambda loop: loop._queue.put_nowait(chunk(0, 3)), lambda: False)


def test_a_seek_forgets_what_was_queued_before_it() -> None:
    """It is read again from the stored positions."""
    service = FakeService(stored={("t", 0): 7})

    async def main() -> Mapping[Place, int]:
        loop = ApplyLoop(service, max_rows=10, retry_delay_max_s=0.01)  # type: ignore[arg-type]
        await loop.put(chunk(0, 3))
        positions = await loop.load_positions({("t", 0): 0})
        assert loop._queue.empty()
        loop.close()
        return positions

    assert asyncio.run(main()) == {("t", 0): 7}


def test_what_is_held_is_applied_with_what_follows_it() -> None:
    """The next chunk of the partition comes behind the tail; another partition's does not wait."""
    service = FakeService(holds=1)

    def deed(loop: ApplyLoop) -> None:
        loop._max_rows = 1
        for one in (chunk(0, 3), chunk(0, 2, partition=1), chunk(3, 5)):
            loop._queue.put_nowait(one)

    loop, reseeks = run(service, deed, lambda: service.stored.get(("t", 0)) == 5)
    assert (service.batches, reseeks) == ([[(0, 2)], [(0, 3), (3, 5)]], 0)
    assert (loop.totals.held, loop.totals.batches, loop.totals.events) == (1, 2, 7)


def test_what_is_held_is_applied_alone_when_nothing_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the deadline, and then it can't be held again."""
    monkeypatch.setattr("streams.worker.apply_loop.HOLD_S", 0.01)
    service = FakeService(holds=1)
    run(service, lambda loop: loop._queue.put_nowait(chunk(0, 3)), lambda: bool(service.batches))
    assert service.batches == [[(0, 3)]]


def test_what_is_held_is_forgotten_when_it_is_read_again() -> None:
    """After a seek, the chunk that comes starts where the tail did."""
    service = FakeService(holds=1)

    def deed(loop: ApplyLoop) -> None:
        loop._max_rows = 1
        for one in (chunk(0, 3), chunk(0, 4)):
            loop._queue.put_nowait(one)

    _, reseeks = run(service, deed, lambda: service.stored.get(("t", 0)) == 4)
    assert (service.batches, reseeks) == ([[(0, 4)]], 0)
