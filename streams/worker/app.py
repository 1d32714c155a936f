"""The Faust application: built by a function, no global, no discovery."""

import asyncio
import signal
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import faust
import mode
from mode.supervisors import CrashingSupervisor

from streams.errors import ErrorKind, SelarasError
from streams.ports.replication import FailPoints
from streams.settings import KafkaSettings, WorkerSettings
from streams.worker.apply_loop import ApplyLoop
from streams.worker.chunk_transport import ChunkConsumer, use_chunks


@dataclass(frozen=True, slots=True)
class AppPlan:
    """What the application needs to know."""

    bootstrap: str
    topics: Sequence[str]
    kafka: KafkaSettings
    worker: WorkerSettings


def build_app(plan: AppPlan, loop: ApplyLoop, fail: FailPoints, scratch: str) -> faust.App:
    """An application whose one agent hands fetched chunks to the loop."""
    app = faust.App(
        plan.worker.group,
        broker=f"kafka://{plan.bootstrap}",
        datadir=scratch,
        value_serializer="raw",
        key_serializer="raw",
        stream_buffer_maxsize=16,  # chunks, not records
        # Without acknowledgements there is nothing to wait for; with the default a rebalance can hang for ever.
        stream_wait_empty=False,
        # Never restart an agent in place: what it held would be lost. Crash, and resume from the target.
        agent_supervisor=CrashingSupervisor,
        consumer_max_fetch_size=plan.worker.fetch_bytes,
        consumer_auto_offset_reset="earliest",
        broker_session_timeout=plan.worker.session_timeout_s,
        broker_heartbeat_interval=min(1.0, plan.worker.session_timeout_s / 4),
        broker_rebalance_timeout=30.0,
        broker_request_timeout=30.0,
        topic_disable_leader=True,
        topic_allow_declare=False,
        web_enabled=False,
        worker_redirect_stdouts=False,
    )
    topic = app.topic(*plan.topics, acks=False)

    async def replicate(stream: Any) -> None:
        async for chunk in stream:
            fail.reach("after_fetch")
            await loop.put(chunk)

    app.agent(topic, name="streams.worker.replicate")(replicate)
    use_chunks(app, loop.load_positions, lambda: fail.reach("after_seek"))
    return app


class WorkerRun:
    """One life of a worker: from start to a signal or a failure."""

    def __init__(self, plan: AppPlan, loop: ApplyLoop, fail: FailPoints) -> None:
        self._plan = plan
        self._loop = loop
        self._fail = fail
        self.stopping = asyncio.Event()

    async def run(self) -> None:
        """Consume until SIGTERM or SIGINT; whatever else ends it is raised."""
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self.stopping.set)
        with tempfile.TemporaryDirectory(prefix="selaras-") as scratch:
            app = build_app(self._plan, self._loop, self._fail, scratch)
            app.finalize()
            await self._until_stopped(app)

    async def _until_stopped(self, app: faust.App) -> None:
        # app.start() returns only after the first seek, which may wait for the database: as a task, so that a signal
        # is heard meanwhile.
        starting = asyncio.create_task(app.start(), name="start")
        applying = asyncio.create_task(self._loop.run(self.stopping, lambda: _reseek(app)), name="apply")
        stopped = asyncio.create_task(self.stopping.wait(), name="stop")
        crashed = asyncio.create_task(_crash(app), name="crash")
        try:
            watched = {starting, applying, stopped, crashed}
            while True:
                done, watched = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
                for task in done - {stopped}:
                    task.result()
                if stopped in done or applying in done:
                    break
            self.stopping.set()
            await applying
        finally:
            self.stopping.set()
            for task in (starting, stopped, crashed):
                task.cancel()
            await asyncio.wait_for(app.stop(), 10.0)


async def _reseek(app: faust.App) -> None:
    consumer: ChunkConsumer = app.consumer
    await consumer.perform_seek()


async def _crash(app: mode.Service) -> None:
    """Ends with the reason when any part of Faust crashes."""
    while not app.crashed:
        await asyncio.sleep(0.1)
    reason = app.crash_reason
    if isinstance(reason, SelarasError):
        raise reason
    raise SelarasError(
        ErrorKind.UNKNOWN,
        f"The consumer stopped unexpectedly ({type(reason).__name__}).",
        "look at the worker's log; it is safe to start it again",
    ) from reason
