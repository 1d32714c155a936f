"""Between the fetching and the applying: whatever has been fetched becomes one batch, with no timer.

While one batch is being written, the next chunks arrive; load makes batches grow by itself, and an idle stream applies
each chunk at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import structlog

from streams.changes.chunk import Chunk, merged
from streams.errors import Reaction, SelarasError
from streams.services.replicate import Applied, PositionMoved, Replicate

log = structlog.get_logger()
QUEUED_CHUNKS = 64
FIRST_DELAY_S = 0.1

T = TypeVar("T")
Reseek = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Totals:
    """What this process has applied since it started."""

    batches: int = 0
    events: int = 0
    written: int = 0
    malformed: int = 0


class ApplyLoop:
    """Applies queued chunks, one transaction after the other, in a thread of its own."""

    def __init__(self, service: Replicate, max_rows: int, retry_delay_max_s: float) -> None:
        self._service = service
        self._max_rows = max_rows
        self._delay_max_s = retry_delay_max_s
        self._queue: asyncio.Queue[Chunk] = asyncio.Queue(QUEUED_CHUNKS)
        self._held: Chunk | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="apply")
        self.totals = Totals()

    async def put(self, chunk: Chunk) -> None:
        """Queue a chunk; waits while the queue is full, which is what holds the fetching back."""
        await self._queue.put(chunk)

    async def load_positions(self, earliest: Mapping[tuple[str, int], int]) -> Mapping[tuple[str, int], int]:
        """The stored positions, waiting for the database; what was queued before is read again from there."""
        self._held = None
        while not self._queue.empty():
            self._queue.get_nowait()
        return await self._patiently(lambda: self._service.positions(earliest))

    async def run(self, stopping: asyncio.Event, reseek: Reseek) -> None:
        """Apply until ``stopping``; the batch under way is finished first."""
        while not stopping.is_set():
            batch = await self._next_batch(stopping)
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
        done, pending = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
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

    async def _apply(self, batch: Sequence[Chunk], reseek: Reseek) -> None:
        try:
            applied = await self._patiently(lambda: self._service.apply(batch))
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
        self.totals.batches += 1
        self.totals.events += applied.events
        self.totals.written += applied.settled.written
        self.totals.malformed += applied.malformed
        if applied.malformed:
            log.warning("undecodable_events", events=applied.malformed, see="selaras quarantine events")

    async def _patiently(self, work: Callable[[], T]) -> T:
        """Run in the thread; wait, with a line each time, while a part is away."""
        delay = FIRST_DELAY_S
        while True:
            try:
                return await asyncio.get_running_loop().run_in_executor(self._thread, work)
            except PositionMoved:
                raise
            except SelarasError as error:
                if error.policy.reaction not in (Reaction.RETRY, Reaction.RESEEK):
                    raise
                log.warning("waiting", kind=error.kind.value, what=error.sentence, again_in_s=delay)
                await asyncio.sleep(delay)
                delay = min(2 * delay, self._delay_max_s)
