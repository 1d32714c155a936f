"""The target database, as far as drift is kept in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from streams.adapters.databases.drift_evidence import EvidenceStatements, PostgresDriftEvidence
from streams.adapters.databases.drift_ledger import Begin, PostgresLedger
from streams.adapters.databases.drift_progress import PostgresDriftProgress, PostgresScanProgress
from streams.adapters.databases.target import translated
from streams.ports.drift_ledger import Ledger
from streams.ports.drift_progress import DriftProgress, ScanProgress
from streams.ports.drift_store import DriftEvidence, DriftWork


@dataclass(slots=True)
class PostgresDriftWork:
    """Implements ``DriftWork`` on one connection."""

    ledger: Ledger
    progress: DriftProgress
    scans: ScanProgress
    evidence: DriftEvidence


class PostgresDriftStore:
    """Implements the port ``DriftStore``."""

    def __init__(self, engine: Engine, statements: EvidenceStatements) -> None:
        self._engine = engine
        self._statements = statements

    @contextmanager
    def transaction(self) -> Iterator[DriftWork]:
        """See the port."""
        with translated("target"), self._engine.begin() as connection:
            begin = going_on(connection)
            yield PostgresDriftWork(
                PostgresLedger(begin),
                PostgresDriftProgress(begin),
                PostgresScanProgress(begin),
                PostgresDriftEvidence(begin, self._statements),
            )


def going_on(connection: Connection) -> Begin:
    """The transaction that is under way; it goes on after each use."""

    @contextmanager
    def begin() -> Iterator[Connection]:
        yield connection

    return begin


def each_its_own(engine: Engine) -> Begin:
    """A transaction for each use."""

    @contextmanager
    def begin() -> Iterator[Connection]:
        with translated("target"), engine.begin() as connection:
            yield connection

    return begin
