"""Settings -> the book of drift and what the monitor remembers."""

from collections.abc import Callable

from sqlalchemy import Engine

from streams.adapters.databases.drift_evidence import EvidenceStatements
from streams.adapters.databases.drift_ledger import PostgresLedger, PostgresLedgerHistory
from streams.adapters.databases.drift_progress import PostgresDriftProgress, PostgresScanProgress
from streams.adapters.databases.drift_status import PostgresDriftStatus
from streams.adapters.databases.drift_store import PostgresDriftStore, each_its_own
from streams.adapters.databases.followed import followed_catalog
from streams.adapters.databases.target import translated
from streams.bootstrap.databases import target_engine
from streams.bootstrap.own_schema import own_schema
from streams.ports.drift_ledger import Ledger
from streams.ports.drift_progress import DriftProgress, ScanProgress
from streams.ports.drift_status import DriftStatus
from streams.ports.drift_store import DriftStore
from streams.projection.catalog import Catalog
from streams.services.drift import Drift
from streams.services.drift_book import DriftBook
from streams.services.plan import Plan
from streams.settings import Settings


def drift_book(settings: Settings, plan: Plan, engine: Engine | None = None) -> DriftBook:
    """The book that keeps verdicts; ``engine``: connections to share, else its own."""
    return DriftBook(drift_store(plan, engine or target_engine(settings)))


def drift_store(plan: Plan, engine: Engine) -> DriftStore:
    """The target as far as drift is kept in it, with the evidence that the plan's sources give."""
    with translated("target"), engine.connect() as connection:
        mirror = followed_catalog(connection)
    declarations = [compiled.declaration for compiled in plan.ordered]
    return PostgresDriftStore(engine, EvidenceStatements(declarations, mirror, _row_ids(plan)))


def drift_service(settings: Settings) -> Drift:
    """What people ask and decide; without the mapping, so that no evidence is gathered."""
    own_schema(settings)
    engine = target_engine(settings)
    nothing = EvidenceStatements((), Catalog({}), lambda _, key: key)
    history = PostgresLedgerHistory(each_its_own(engine))
    return Drift(PostgresDriftStore(engine, nothing), history, PostgresDriftStatus(engine))


def drift_status(settings: Settings) -> DriftStatus:
    """One look at what is known."""
    return PostgresDriftStatus(target_engine(settings))


def drift_progress(engine: Engine) -> tuple[DriftProgress, ScanProgress, Ledger]:
    """What the monitor remembers, each use a transaction of its own."""
    begin = each_its_own(engine)
    return PostgresDriftProgress(begin), PostgresScanProgress(begin), PostgresLedger(begin)


def _row_ids(plan: Plan) -> Callable[[str, str], str | None]:
    def row_id(projection: str, key: str) -> str | None:
        value = plan.compiled(projection).key_value(key)
        return None if value is None else str(value)

    return row_id
