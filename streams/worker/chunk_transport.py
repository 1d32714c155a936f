"""Faust's consumer, made to hand over whole fetched chunks: one Faust event a partition and fetch.

Stock Faust builds one event a record, four asyncio tasks each. Here an event's value is a ``Chunk``. Positions live in
the target database, so that topics are declared with ``acks=False`` and Faust's own bookkeeping of offsets is idle.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import faust
from faust.transport.drivers import aiokafka
from faust.types import TP, ConsumerMessage

from streams.changes.chunk import Chunk
from streams.errors import ErrorKind, SelarasError

FETCH_TIMEOUT_S = 0.25  # bounds how long a seek after a rebalance waits for a fetch under way
# One fetch a broker is in flight: a partition that is drained late waits for the long poll of its idle neighbours.
FETCH_MAX_WAIT_MS = 200
BACKPRESSURE_POLL_S = 0.005  # stock Faust sleeps a whole second here

Place = tuple[str, int]
LoadPositions = Callable[[Mapping[Place, int]], Mapping[Place, int]]


class ChunkThread(aiokafka.AIOKafkaConsumerThread):  # type: ignore[misc]
    """The thread that runs aiokafka's consumer."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_MAX_WAIT_MS  # Faust hard-codes 1500
        return consumer


class ChunkConsumer(aiokafka.Consumer):  # type: ignore[misc]
    """A consumer whose messages carry chunks and whose positions come from the target."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._next: dict[TP, int] = {}
        self._seeks = 0
        # A fetch that spans a seek would move aiokafka past records that are then dropped as stale: they would be
        # lost without a trace. So the two never overlap.
        self._reading = asyncio.Lock()

    def _new_consumer_thread(self) -> ChunkThread:
        return ChunkThread(self, loop=self.loop, beacon=self.beacon)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, ConsumerMessage]]:  # noqa: ARG002
        """One message a partition and fetch."""
        if not self.flow_active:
            await self.wait(self.can_resume_flow)
        active = self._get_active_partitions()
        if not active:
            await self.sleep(BACKPRESSURE_POLL_S)
            return
        generation = self.app.consumer_generation_id
        async with self._reading:
            seeks = self._seeks
            fetched = await self._getmany(active, FETCH_TIMEOUT_S)
        for partition, records in fetched.items():
            if not self.flow_active or (self.app.consumer_generation_id, self._seeks) != (generation, seeks):
                return  # a rebalance, or a position that moved: perform_seek() reads the rest again
            tp = TP(*partition)
            chunk = Chunk(tp.topic, tp.partition, self._next[tp], records)
            if not chunk.is_whole:
                raise SelarasError(
                    ErrorKind.GAP,
                    f"Topic {tp.topic}, partition {tp.partition}: {chunk.start} was to be read next, but the broker "
                    f"handed over {records[0].offset} to {records[-1].offset}.",
                    "compare retention with how long the worker was away, then load the table again",
                )
            self._next[tp] = chunk.end
            yield tp, _message(tp, chunk, generation)

    async def perform_seek(self) -> None:
        """Called by Faust after each rebalance, before the flow resumes; and by us when a position has moved."""
        # Faust gives up without a word, and never resumes, if this outlasts broker_request_timeout.
        async with asyncio.timeout(0.8 * self.app.conf.broker_request_timeout), self._reading:
            self._seeks += 1
            assigned = self.assignment()
            if not assigned:
                return
            earliest = await self.earliest_offsets(*assigned)
            places = {(tp.topic, tp.partition): offset for tp, offset in earliest.items()}
            positions = await self.transport.load_positions(places)
            self._next = {TP(topic, partition): offset for (topic, partition), offset in positions.items()}
            await self.seek_wait(self._next)
            self.transport.sought()


def _message(tp: TP, chunk: Chunk, generation: int) -> ConsumerMessage:
    last: Any = chunk.records[-1]
    return ConsumerMessage(
        topic=tp.topic,
        partition=tp.partition,
        offset=last.offset,
        timestamp=last.timestamp / 1000,
        timestamp_type=last.timestamp_type,
        headers=None,
        key=None,
        value=chunk,
        checksum=None,
        tp=tp,
        generation_id=generation,
    )


class ChunkTransport(aiokafka.Transport):  # type: ignore[misc]
    """Wires the consumer above into an app."""

    Consumer = ChunkConsumer
    load_positions: Any
    sought: Callable[[], None]


def use_chunks(app: faust.App, load_positions: Any, sought: Callable[[], None]) -> None:
    """Make ``app`` consume chunks.

    ``load_positions``: coroutine function, earliest offsets -> offsets to read from. ``sought``: told after each seek.
    """
    transport = ChunkTransport(app.conf.broker_consumer, app)
    transport.load_positions = load_positions
    transport.sought = sought
    app.transport = transport
