"""Starts one worker: checks first, then consumes."""

import asyncio
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from streams.errors import ErrorKind, Reaction, SelarasError
from streams.ports.registry import WorkerFacts, WorkerRegistry
from streams.ports.replication import FailPoints
from streams.services.quarantine_caps import CapWatch
from streams.services.replicate import Replicate
from streams.services.schema_watch import SchemaWatch
from streams.settings import QuarantineSettings
from streams.worker.app import AppPlan, WorkerRun
from streams.worker.apply_loop import ApplyLoop
from streams.worker.collector import quiet_collector
from streams.worker.recompute_task import Continue, finish_recompute
from streams.worker.schema_watch import watch_schema
from streams.worker.share_watch import watch_shares

log = structlog.get_logger()
REPORT_EVERY_S = 1.0
FIRST_TIDY_S = 30.0  # a new capture is finished soon after its snapshot


class Readiness(Protocol):
    """The checks that a start must pass."""

    def prepare(self) -> Replicate:
        """Everything that must hold before a worker may write; SelarasError says what does not."""


@dataclass(frozen=True, slots=True)
class WorkerParts:
    """What a worker is made of."""

    readiness: Readiness
    registry: WorkerRegistry
    fail: FailPoints
    plan: AppPlan
    tidy: Callable[[], object]
    caps: CapWatch
    quarantine: QuarantineSettings
    schema: SchemaWatch
    recompute: Continue


def run_worker(parts: WorkerParts, name: str) -> None:
    """Run until SIGTERM or SIGINT. SelarasError when it must not or cannot go on."""
    asyncio.run(_run(parts, name))


async def _run(parts: WorkerParts, name: str) -> None:
    service = await _prepared(parts)
    settings = parts.plan.worker
    quiet_collector()
    loop = ApplyLoop(service, settings.max_batch_rows, settings.retry_delay_max_s)
    run = WorkerRun(parts.plan, loop, parts.fail)
    facts = WorkerFacts(name, socket.gethostname(), os.getpid(), "running", 0, 0)
    log.info("worker_started", worker=name, topics=len(parts.plan.topics))
    background = [
        asyncio.create_task(_report(parts.registry, facts, loop)),
        asyncio.create_task(_tidy(parts.tidy, settings.tidy_every_s)),
        asyncio.create_task(watch_schema(parts.schema, settings.schema_every_s)),
    ]
    stopping = threading.Event()
    background.append(asyncio.create_task(finish_recompute(parts.recompute, stopping, parts.fail)))
    watching = asyncio.create_task(watch_shares(parts.caps, parts.quarantine, run.stopping))
    try:
        await run.run()
    finally:
        stopping.set()
        for task in (*background, watching):
            task.cancel()
        loop.close()
        log.info("worker_stopped", worker=name, events=loop.totals.events, written=loop.totals.written)
    await _tell(parts.registry, _now(replace(facts, state="stopped"), loop))
    with suppress(asyncio.CancelledError):
        await watching


async def _prepared(parts: WorkerParts) -> Replicate:
    delay = 0.2
    while True:
        try:
            return await asyncio.to_thread(parts.readiness.prepare)
        except SelarasError as error:
            if error.policy.reaction is not Reaction.RETRY:
                raise
            log.warning("waiting", kind=error.kind.value, what=error.sentence, again_in_s=delay)
            await asyncio.sleep(delay)
            delay = min(2 * delay, parts.plan.worker.retry_delay_max_s)


async def _report(registry: WorkerRegistry, facts: WorkerFacts, loop: ApplyLoop) -> None:
    while True:
        await _tell(registry, _now(facts, loop))
        await asyncio.sleep(REPORT_EVERY_S)


async def _tidy(tidy: Callable[[], object], every_s: float) -> None:
    wait_s = min(every_s, FIRST_TIDY_S)
    while True:
        await asyncio.sleep(wait_s)
        wait_s = every_s
        try:
            log.info("tidied", what=str(await asyncio.to_thread(tidy)))
        except SelarasError as error:
            log.warning("not_tidied", kind=error.kind.value, what=error.sentence)


async def _tell(registry: WorkerRegistry, facts: WorkerFacts) -> None:
    try:
        await asyncio.to_thread(registry.report, facts)
    except SelarasError as error:
        # The report is for display: while the target is away nobody could read it anyway.
        if error.kind is not ErrorKind.UNAVAILABLE:
            raise


def _now(facts: WorkerFacts, loop: ApplyLoop) -> WorkerFacts:
    totals = loop.totals
    return replace(facts, events=totals.events, written=totals.written, transient=totals.transient)
