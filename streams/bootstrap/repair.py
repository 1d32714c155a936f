"""Settings -> repair."""

from collections.abc import Callable
from functools import partial

from streams.adapters.databases.catalogs import read_catalog
from streams.adapters.databases.explain import ExplainStatements, PostgresMoments, measured_catalog
from streams.adapters.databases.sql_names import one_of
from streams.adapters.databases.target import translated
from streams.adapters.databases.target_rows import TargetStatements
from streams.bootstrap.capture import SystemClock
from streams.bootstrap.capture_check import capture_check, gentle_reader_engine
from streams.bootstrap.databases import applier_engine, checker_engine, legacy_reader_engine, target_engine
from streams.bootstrap.drift import drift_book, drift_status, drift_store
from streams.bootstrap.load import load_service
from streams.bootstrap.projection_check import projection_check
from streams.bootstrap.replicate import Ground, ground
from streams.drift.difference import Check
from streams.services.monitor_duties import Judge
from streams.services.pages import Pages
from streams.services.repair import Pace, Repair, RepairParts
from streams.services.repair_choice import RepairRequest
from streams.services.repair_gate import MirrorGate
from streams.services.repair_mirror import MirrorMender, Rereads
from streams.services.repair_preview import Foreseen, foresee
from streams.services.repair_target import TargetMender
from streams.settings import Settings


def repair_service(settings: Settings) -> Repair:
    """Mends what the ledger says differs."""
    drift = settings.drift
    return Repair(repair_parts(settings), Pace(drift.repair_keys_s, drift.repair_most_new, drift.repair_wait_s))


def repair_preview(settings: Settings) -> Callable[[RepairRequest], Foreseen]:
    """What it would do."""
    return partial(foresee, repair_parts(settings))


def repair_parts(settings: Settings, rereads: Rereads | None = None) -> RepairParts:
    """What a repair works with; ``rereads``: another way of reading legacy rows again than through the capture."""
    base = ground(settings, legacy_reader_engine(settings), applier_engine(settings))
    engine = target_engine(settings)
    store = drift_store(base.plan, engine)
    with translated("target"), engine.connect() as connection:
        target = TargetStatements(base.plan.ordered, read_catalog(connection, "rba"))
        statements = ExplainStatements(
            [one.declaration for one in base.plan.ordered], measured_catalog(connection), target
        )
    tables = base.legacy.tables
    return RepairParts(
        store,
        drift_status(settings),
        drift_book(settings, base.plan, engine),
        _judges(settings, base),
        TargetMender(Pages(base.target, base.plan)),
        MirrorMender(rereads or load_service(settings), tables, one_of),
        MirrorGate(base.plan, PostgresMoments(engine, statements), tables, store),
        SystemClock(),
    )


def _judges(settings: Settings, base: Ground) -> dict[Check, Judge]:
    checker = checker_engine(settings)
    captured = capture_check(settings, base, gentle_reader_engine(settings), checker)
    return {Check.PROJECTION: projection_check(settings, base.plan, checker).keys, Check.CAPTURE: captured.rows}
