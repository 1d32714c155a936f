"""Settings -> the capture check."""

from sqlalchemy import Engine

from streams.adapters.databases.capture_check_legacy import PostgresLegacySide
from streams.adapters.databases.capture_check_mirror import PostgresMirrorSide
from streams.adapters.databases.engines import engine_for
from streams.adapters.databases.registries import PostgresAppliedPositions
from streams.bootstrap.capture import SystemClock, barrier_service
from streams.bootstrap.databases import READER, legacy_server
from streams.bootstrap.replicate import Ground
from streams.services.capture_check import Budget, CaptureCheck, Proof
from streams.services.captured import LegacyCurtain
from streams.settings import Settings


def capture_check(
    settings: Settings, base: Ground, legacy: Engine, target: Engine, proof: Proof | None = None
) -> CaptureCheck:
    """``legacy``: see below; ``target``: may read the mirror; ``proof``: another barrier than the capture's own."""
    return CaptureCheck(
        PostgresLegacySide(legacy, settings.legacy.schema, base.legacy),
        PostgresMirrorSide(target, base.legacy),
        proof or barrier_service(settings, PostgresAppliedPositions(target)),
        SystemClock(),
        base.legacy.tables,
        LegacyCurtain.of([compiled.declaration for compiled in base.plan.ordered]),
        Budget(settings.drift.chunk_ms / 1000, settings.drift.barrier_s),
    )


def gentle_reader_engine(settings: Settings) -> Engine:
    """Read-only sessions on the legacy database that neither run nor wait for long, and never hold a snapshot idle."""
    limits = {
        "default_transaction_read_only": "on",
        "statement_timeout": f"{1000 * settings.drift.statement_s:.0f}",
        "lock_timeout": "1000",
        "idle_in_transaction_session_timeout": "5000",
        "max_parallel_workers_per_gather": "0",
        "jit": "off",
    }
    return engine_for(legacy_server(settings, READER), "selaras monitor", limits, pool_size=2)
