"""Settings -> worker, recompute, proof, registration."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from sqlalchemy import Engine

from streams.adapters.databases.lock_numbers import RECOMPUTE
from streams.adapters.databases.mirror_comparison import PostgresMirrorComparison, PostgresTargetCounts
from streams.adapters.databases.only_one import only_one
from streams.adapters.databases.registries import (
    PostgresAppliedPositions,
    PostgresCaptureRegistry,
    PostgresWorkerRegistry,
)
from streams.adapters.memory.fail_points import fail_points
from streams.bootstrap.capture import barrier_service, capture_plan, capture_service, legacy_marks
from streams.bootstrap.databases import applier_engine, legacy_reader_engine, target_engine
from streams.bootstrap.load import load_service
from streams.bootstrap.own_schema import own_schema
from streams.bootstrap.replicate import ground, replicate_service
from streams.errors import ErrorKind, SelarasError
from streams.ports.key_states import HistoryBounds
from streams.ports.registry import WorkerRegistry
from streams.ports.replication import FailPoints
from streams.services.load import LoadService
from streams.services.proof import Prove
from streams.services.recompute import Recompute
from streams.services.registration import Registration
from streams.services.replicate import Replicate
from streams.services.start import Start
from streams.services.tidy import Tidied, Tidy
from streams.settings import Settings


def registration(settings: Settings) -> Registration:
    """Capture together with the target's memory of it; makes our own schemas if need be."""
    own_schema(settings)
    return Registration(capture_service(settings), PostgresCaptureRegistry(target_engine(settings)))


def start(settings: Settings, *, adopts: bool = False) -> Callable[[], Replicate]:
    """The checks of a worker's start; called again while a part is away."""

    def prepare() -> Replicate:
        base = ground(settings, legacy_reader_engine(settings), applier_engine(settings))
        recompute = Recompute(base.target, base.plan)

        def adopt() -> None:
            # Alone: a run that goes on elsewhere would take what it computed before for left over.
            with alone(settings):
                recompute.begin()

        checks = Start(
            registration(settings),
            recompute,
            lambda generation: replicate_service(settings, base, generation),
            adopt if adopts else None,
        )
        return checks.prepare()

    return prepare


def recompute_service(settings: Settings) -> Recompute:
    """Computes every key."""
    base = ground(settings, legacy_reader_engine(settings), applier_engine(settings))
    return Recompute(base.target, base.plan)


def background_recompute(settings: Settings) -> Callable[[Callable[[str, int], None]], bool]:
    """What a worker does with a recompute that was begun and not ended: goes on with it, unless somebody else does."""

    @cache
    def service() -> Recompute:
        return recompute_service(settings)

    def go_on(report: Callable[[str, int], None]) -> bool:
        if not service().is_unfinished:
            return False
        with only_one(target_engine(settings), RECOMPUTE) as mine:
            if not mine or not service().is_unfinished:
                return False
            service().run(report)
            return True

    return go_on


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Nobody else may compute everything meanwhile; SelarasError (conflict) when somebody does."""
    with only_one(target_engine(settings), RECOMPUTE) as mine:
        if not mine:
            raise SelarasError(
                ErrorKind.CONFLICT,
                "Somebody computes everything already: a worker in the background, or another command.",
                "'selaras projection progress' shows how far it is",
            )
        yield


def prove_service(settings: Settings) -> Prove:
    """Proves both sides equal."""
    legacy, target = legacy_reader_engine(settings), target_engine(settings)
    base = ground(settings, legacy, applier_engine(settings))
    return Prove(
        barrier_service(settings, PostgresAppliedPositions(target)),
        PostgresMirrorComparison(legacy, target, base.legacy, settings.legacy.schema),
        Recompute(base.target, base.plan),
        PostgresTargetCounts(target, base.plan.tables),
    )


def tidy_service(settings: Settings) -> Tidy:
    """Housekeeping behind a barrier."""
    base = ground(settings, legacy_reader_engine(settings), applier_engine(settings))
    return Tidy(
        legacy_marks(settings),
        barrier_service(settings, PostgresAppliedPositions(target_engine(settings))),
        base.target,
        base.plan,
        frozenset(table.name for table in base.tables if table.is_keyless),
        HistoryBounds(settings.explain.history_days, settings.explain.history_entries),
    )


def housekeeping(settings: Settings) -> Callable[[], Tidied]:
    """What a worker does now and then: finish a new capture, then tidy."""

    deadline_s = settings.worker.tidy_every_s

    @cache
    def services() -> tuple[LoadService, Tidy]:
        return load_service(settings), tidy_service(settings)

    def once() -> Tidied:
        loads, tidy = services()
        loads.settle_capture(deadline_s, lambda _: None)
        return tidy.run(deadline_s)

    return once


def worker_registry(settings: Settings) -> WorkerRegistry:
    """Where workers report."""
    engine: Engine = target_engine(settings)
    return PostgresWorkerRegistry(engine)


def armed_fail_points() -> FailPoints:
    """Fail points of this process, armed by ``SELARAS_FAIL_AT``."""
    return fail_points(os.environ.get("SELARAS_FAIL_AT"))


def data_topics(settings: Settings) -> tuple[str, ...]:
    """The topics that a worker applies."""
    return capture_plan(settings).data_topics
