"""What the contract of the drift ports runs on: both implementations of the store, and what nobody writes by a port."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

from sqlalchemy import Engine

from streams.adapters.databases.drift_evidence import EvidenceStatements
from streams.adapters.databases.drift_ledger import PostgresLedgerHistory
from streams.adapters.databases.drift_progress import LISTS
from streams.adapters.databases.drift_store import PostgresDriftStore, each_its_own
from streams.adapters.databases.mirror import encoded
from streams.adapters.databases.own_schema import upgrade_own_schema
from streams.adapters.memory.drift import MemoryDriftStore, MemoryLedger
from streams.drift.cause import Cause
from streams.drift.difference import Check, Difference, Kind
from streams.drift.entry import EntryState, Transition
from streams.ports.drift_ledger import Finding, LedgerHistory
from streams.ports.drift_store import DriftStore
from streams.projection.catalog import Catalog

T = TypeVar("T")
DRIFT_TABLES = ("drift_step", "drift_entry", "drift_unknown", "drift_scan", "touched", "touched_row", "foreign_write")
NEVER_RAN = (
    "update selaras.drift_monitor set state = 'never ran', seen_at = null, started_at = null, forgotten_at = null"
)
NOW = datetime.now(UTC)
EARLIER, LATER, LATEST = (NOW + timedelta(minutes=minutes) for minutes in (-5, 5, 10))


class DriftWorld(Protocol):
    """A store; its journal; and what the applier and the housekeeping do to it."""

    store: DriftStore
    history: LedgerHistory

    def touch(self, check: Check, table: str, keys: Collection[str]) -> None:
        """A batch was applied that touched these keys."""

    def forget(self, at: datetime) -> None:
        """Lists from before this moment were dropped unread."""


class MemoryDriftWorld:
    """The twin."""

    def __init__(self) -> None:
        self.store = MemoryDriftStore()
        self.touch = self.store.touch

    @property
    def history(self) -> LedgerHistory:
        """See the world."""
        return MemoryLedger(self.store.state, self.store.now)

    def forget(self, at: datetime) -> None:
        """See the world."""
        self.store.state.forgotten_at = at


class PostgresDriftWorld:
    """The real one, emptied."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        upgrade_own_schema(engine)
        statements = EvidenceStatements((), Catalog({}), lambda _, key: key)
        self.store: DriftStore = PostgresDriftStore(engine, statements)
        self.history: LedgerHistory = PostgresLedgerHistory(each_its_own(engine))
        with engine.begin() as connection:
            for table in DRIFT_TABLES:
                connection.exec_driver_sql(f"delete from selaras.{table}")
            connection.exec_driver_sql(NEVER_RAN)

    def touch(self, check: Check, table: str, keys: Collection[str]) -> None:
        """See the world."""
        lists, column = LISTS[check]
        statement = f"insert into {lists} ({column}, keys) values (%s, %s)"
        with self._engine.begin() as connection:
            connection.exec_driver_sql(statement, (table, encoded(sorted(keys))))

    def forget(self, at: datetime) -> None:
        """See the world."""
        with self._engine.begin() as connection:
            connection.exec_driver_sql("update selaras.drift_monitor set forgotten_at = %s", (at,))


def finding(key: str = "1", kind: Kind = Kind.DIFFERENT, at: datetime | None = None, **fields: object) -> Finding:
    """A finding of the projection check in table ``nib``, or as ``fields`` say."""
    cause = fields.pop("cause", Cause.UNKNOWN)
    detected_ms = fields.pop("detected_ms", None)
    check, table = fields.pop("check", Check.PROJECTION), fields.pop("table", "nib")
    return Finding(Difference(check, table, key, kind, **fields), cause, detected_ms, at)  # type: ignore[arg-type]


def replayed(steps: Sequence[Transition]) -> tuple[EntryState | None, int]:
    """The state that a life ends in, and how often it was opened; each step must go on where the last one ended."""
    state, times = None, 0
    for step in steps:
        assert step.was is state
        state = step.now
        times += state is EntryState.OPEN
    return state, times


def only(found: Sequence[T]) -> T:
    """The one that there is."""
    (one,) = found
    return one
