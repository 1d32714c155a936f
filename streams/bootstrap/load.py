"""Settings -> loads."""

from streams.adapters.databases.keyless_reader import PostgresKeylessReader
from streams.adapters.databases.registries import (
    PostgresAppliedPositions,
    PostgresCaptureRegistry,
    PostgresLoadRegistry,
)
from streams.bootstrap.capture import SystemClock, barrier_service, legacy_marks, reread_service
from streams.bootstrap.databases import applier_engine, legacy_reader_engine, target_engine
from streams.bootstrap.replicate import ground
from streams.services.load import LoadParts, LoadService
from streams.settings import Settings


def load_service(settings: Settings) -> LoadService:
    """Re-reads, and the sweep after a new capture."""
    legacy, target = legacy_reader_engine(settings), target_engine(settings)
    base = ground(settings, legacy, applier_engine(settings))
    keyless = PostgresKeylessReader(legacy, settings.legacy.schema)
    parts = LoadParts(
        reread_service(settings),
        legacy_marks(settings),
        barrier_service(settings, PostgresAppliedPositions(target)),
        PostgresLoadRegistry(target),
        PostgresCaptureRegistry(target),
        base.target,
        base.plan,
        {table.name: keyless for table in base.tables if table.is_keyless},
        SystemClock(),
    )
    return LoadService(parts)


def load_registry(settings: Settings) -> PostgresLoadRegistry:
    """Loads of the past and under way."""
    return PostgresLoadRegistry(target_engine(settings))
