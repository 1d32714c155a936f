"""Between the fetching and the applying: whatever has been fetched becomes one batch, with no timer.

While one batch is being written, the next chunks arrive; load makes batches grow by itself, and an idle stream applies
each chunk at once. One thing alone is waited for: the rest of a transaction that has deleted a row whose natural key
may come back in it (``docs/decisions/0011-transactions-are-not-cut.md``).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import structlog

from streams.changes.chunk import Chunk, merged
from streams.errors import OutOfLocks, Reaction, SelarasError
from streams.services.replicate import Applied, PositionMoved, Replicate

log = structlog.get_logger()
QUEUED_CHUNKS = 64
FIRST_DELAY_S = 0.1
HOLD_S = 0.2  # for so long the rest of a transaction is waited for, since the newest record of it

Place = tuple[str, int]

T = TypeVar("T")
Reseek = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Totals:
    """What this process has applied since it started."""

    batches: int = 0
    events: int = 0
    written: int = 0
    malformed: int = 0
    held: int = 0  # ends of chunks that waited for the rest of their transaction
    transient: int = 0  # keys written as deleted that the same transaction then brought back: its rest came too late


@dataclass(frozen=True, slots=True)
class _Held:
    chunk: Chunk
    until: float  # the loop's time


class ApplyLoop:
    """Applies queued chunks, one transaction after the other, in a thread of its own."""

    def __init__(self, service: Replicate, max_rows: int, retry_delay_max_s: float) -> None:
        self._service = service
        self._max_rows = max_rows
        self._delay_max_s = retry_delay_max_s
        self._queue: asyncio.Queue[Chunk] = asyncio.Queue(QUEUED_CHUNKS)
        self._held: Chunk | None = None
        self._tails: dict[Place, _Held] = {}
        self._overdue: set[Place] = set()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="apply")
        self.totals = Totals()

    async def put(self, chunk: Chunk) -> None:
        """Queue a chunk; waits while the queue is full, which is what holds the fetching back."""
        await self._queue.put(chunk)

    async def load_positions(self, earliest: Mapping[tuple[str, int], int]) -> Mapping[tuple[str, int], int]:
        """The stored positions, waiting for the database; what was queued before is read again from there."""
        self._held = None
        self._tails.clear()
        while not self._queue.empty():
            self._queue.get_nowait()
        return await self._patiently(lambda: self._service.positions(earliest))

    async def run(self, stopping: asyncio.Event, reseek: Reseek) -> None:
        """Apply until ``stopping``; the batch under way is finished first."""
        while not stopping.is_set():
            batch = self._with_tails(await self._next_batch(stopping))
            if batch:
                await self._apply(batch, reseek)

    def close(self) -> None:
        """Wait for the thread."""
        self._thread.shutdown()

    async def _next_batch(self, stopping: asyncio.Event) -> list[Chunk]:
        if self._held is not None:
            held, self._held = self._held, None
            return self._joined([held])
        waiting = {asyncio.ensure_future(self._queue.get()), asyncio.ensure_future(stopping.wait())}
        patience = max(0.0, min(tail.until for tail in self._tails.values()) - _now()) if self._tails else None
        done, pending = await asyncio.wait(waiting, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        batch = [result for task in done if isinstance(result := task.result(), Chunk)]
        return self._joined(batch) if batch else []

    def _joined(self, batch: list[Chunk]) -> list[Chunk]:
        """The chunk with what is queued behind it, as far as each partition goes on where it was."""
        rows = len(batch[0].records)
        ends = {(batch[0].topic, batch[0].partition): batch[0].end}
        while rows < self._max_rows and not self._queue.empty():
            chunk = self._queue.get_nowait()
            place = (chunk.topic, chunk.partition)
            if ends.get(place, chunk.start) != chunk.start:
                # A seek lies between the two: the older one was on its way while the queue was emptied.
                self._held = chunk
                break
            ends[place] = chunk.end
            batch.append(chunk)
            rows += len(chunk.records)
        return batch

    def _with_tails(self, batch: list[Chunk]) -> list[Chunk]:
        """The batch behind what was held of its partitions, and with what has been held for long enough.

        A tail that the batch does not go on from was read before a seek: the same records come again.
        """
        starts: dict[Place, int] = {}
        for chunk in batch:
            starts.setdefault((chunk.topic, chunk.partition), chunk.start)
        now = _now()
        self._overdue = {place for place, tail in self._tails.items() if tail.until <= now and place not in starts}
        tails = [self._tails.pop(place).chunk for place in self._tails.keys() & (starts.keys() | self._overdue)]
        return [*(t for t in tails if starts.get((t.topic, t.partition), t.end) == t.end), *batch]

    async def _apply(self, batch: Sequence[Chunk], reseek: Reseek, *, is_half: bool = False) -> None:
        # What a half holds back would not lie before the other half of its partition.
        may_hold = set() if is_half else {(chunk.topic, chunk.partition) for chunk in batch} - self._overdue
        halves = _halves(batch)
        try:
            applied = await self._patiently(lambda: self._service.apply(batch, may_hold), halves=bool(halves))
        except OutOfLocks as error:
            log.warning("batch_halved", what=error.sentence, rows=sum(len(chunk.records) for chunk in batch))
            for half in halves:
                await self._apply(half, reseek, is_half=True)
            return
        except PositionMoved:
            await self._apply_rest(batch, reseek)
            return
        self._count(applied)

    async def _apply_rest(self, batch: Sequence[Chunk], reseek: Reseek) -> None:
        """Some of it is applied already, by an earlier try or another worker; the rest still counts."""
        starts = {(c.topic, c.partition): 0 for c in batch}
        stored = await self._patiently(lambda: self._service.positions(starts))
        whole = merged(batch)
        log.info("positions_moved", partitions=len(whole))
        if any(stored[(c.topic, c.partition)] < c.start for c in whole):
            await reseek()  # something before it was dropped: read again from the stored position
            return
        rest = [c.since(stored[(c.topic, c.partition)]) for c in whole]
        rest = [chunk for chunk in rest if chunk.records]
        if rest:
            await self._apply(rest, reseek)

    def _count(self, applied: Applied) -> None:
        until = _now() + HOLD_S
        self._tails.update({(chunk.topic, chunk.partition): _Held(chunk, until) for chunk in applied.held})
        self.totals.held += len(applied.held)
        self.totals.transient += applied.transient
        if applied.transient:
            log.warning("transaction_cut", keys=applied.transient, see="docs/decisions/0011")
        self.totals.batches += applied.events > 0
        self.totals.events += applied.events
        self.totals.written += applied.settled.written
        self.totals.malformed += applied.malformed
        if applied.malformed:
            log.warning("undecodable_events", events=applied.malformed, see="selaras quarantine events")

    async def _patiently(self, work: Callable[[], T], *, halves: bool = False) -> T:
        """Run in the thread; wait, with a line each time, while a part is away. ``halves``: OutOfLocks is raised."""
        delay = FIRST_DELAY_S
        while True:
            try:
                return await asyncio.get_running_loop().run_in_executor(self._thread, work)
            except PositionMoved:
                raise
            except SelarasError as error:
                if halves and isinstance(error, OutOfLocks):
                    raise
                if error.policy.reaction not in (Reaction.RETRY, Reaction.RESEEK):
                    raise
                log.warning("waiting", kind=error.kind.value, what=error.sentence, again_in_s=delay)
                await asyncio.sleep(delay)
                delay = min(2 * delay, self._delay_max_s)


def _halves(batch: Sequence[Chunk]) -> list[list[Chunk]]:
    """The batch as two, in order; none where it is one record."""
    whole = merged(batch)
    if len(whole) > 1:
        return [whole[: len(whole) // 2], whole[len(whole) // 2 :]]
    middle = len(whole[0].records) // 2 if whole else 0
    return [[whole[0].until(middle)], [whole[0].since(whole[0].start + middle)]] if middle else []


def _now() -> float:
    return asyncio.get_running_loop().time()
