"""The target database as a giver of transactions."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from streams.adapters.databases.evidence import PostgresEvidence
from streams.adapters.databases.guard import PostgresGuard, PostgresLocks
from streams.adapters.databases.key_states import PostgresKeyStates
from streams.adapters.databases.lacking import PostgresLacking
from streams.adapters.databases.mirror import MirrorStatements, PostgresMirror
from streams.adapters.databases.positions import PostgresPositions
from streams.adapters.databases.recomputing import PostgresLeftOver, PostgresRecomputing
from streams.adapters.databases.row_keys import PostgresRowKeys, RowKeyStatements
from streams.adapters.databases.sources import PostgresSources, SourceStatements
from streams.adapters.databases.sweep import PostgresSweep, SweepStatements
from streams.adapters.databases.target_rows import PostgresTargetRows, TargetStatements
from streams.adapters.databases.tidying import PostgresTidying
from streams.errors import ErrorKind, OutOfLocks, SelarasError
from streams.ports.key_states import KeyStates
from streams.ports.lacking import Lacking
from streams.ports.recomputing import LeftOver, Recomputing
from streams.ports.replication import (
    Evidence,
    Guard,
    Locks,
    Mirror,
    Positions,
    Sources,
    Sweep,
    TargetRows,
    Tidying,
    UnitOfWork,
)
from streams.ports.row_keys import RowKeys

REFUSED_LOGIN = re.compile(
    r"authentication failed|no pg_hba\.conf entry|role .* does not exist|is not permitted to log in"
)
OUT_OF_LOCKS = "53200"  # no shared memory left for another lock
DEADLOCK = ("40P01", "40001", "55P03")


@dataclass(frozen=True, slots=True)
class Statements:
    """Everything that is made once from catalogs and declarations."""

    mirror: MirrorStatements
    sweep: SweepStatements
    sources: SourceStatements
    row_keys: RowKeyStatements
    target: TargetStatements


@dataclass(slots=True)
class PostgresUnitOfWork:
    """Implements ``UnitOfWork`` on one connection."""

    guard: Guard
    positions: Positions
    mirror: Mirror
    sweep: Sweep
    tidying: Tidying
    sources: Sources
    row_keys: RowKeys
    target: TargetRows
    states: KeyStates
    locks: Locks
    evidence: Evidence
    lacking: Lacking
    recomputing: Recomputing
    left_over: LeftOver


class PostgresTarget:
    """Implements the port ``Target``."""

    def __init__(self, engine: Engine, statements: Statements) -> None:
        self._engine = engine
        self._statements = statements

    @contextmanager
    def transaction(self) -> Iterator[UnitOfWork]:
        """See the port."""
        with translated("target"), self._engine.begin() as connection:
            yield self._unit(connection)

    def _unit(self, connection: Connection) -> PostgresUnitOfWork:
        return PostgresUnitOfWork(
            PostgresGuard(connection, self._statements.mirror),
            PostgresPositions(connection),
            PostgresMirror(connection, self._statements.mirror),
            PostgresSweep(connection, self._statements.sweep),
            PostgresTidying(connection, self._statements.mirror.row_ids, self._statements.mirror.row_kinds),
            PostgresSources(connection, self._statements.sources),
            PostgresRowKeys(connection, self._statements.row_keys),
            PostgresTargetRows(connection, self._statements.target),
            PostgresKeyStates(connection),
            PostgresLocks(connection),
            PostgresEvidence(connection),
            PostgresLacking(connection, self._statements.mirror.count),
            PostgresRecomputing(connection),
            PostgresLeftOver(connection, self._statements.target),
        )


@contextmanager
def translated(database: str) -> Iterator[None]:
    """The driver's failures as ours; their texts can hold row values, so only kind and code are kept."""
    try:
        yield
    except DBAPIError as error:
        cause = error.orig
        state = cause.sqlstate if isinstance(cause, psycopg.Error) else None
        if state in DEADLOCK:
            raise SelarasError(ErrorKind.CONFLICT, f"The {database} database broke a deadlock.") from None
        if state == OUT_OF_LOCKS:
            raise OutOfLocks(database) from None
        if REFUSED_LOGIN.search(str(cause)):
            raise SelarasError(
                ErrorKind.CONFIGURATION,
                f"The {database} database refuses the login of our role.",
                "check the password files in the secrets folder; 'selaras stack up' puts the local stack's right again",
            ) from None
        if error.connection_invalidated or isinstance(cause, psycopg.OperationalError):
            where = f" (code {state})" if state else ""
            raise SelarasError(
                ErrorKind.UNAVAILABLE,
                f"The {database} database does not answer{where}.",
                "see 'selaras stack status'; 'selaras stack up' brings the local stack back",
            ) from None
        raise SelarasError(
            ErrorKind.UNKNOWN,
            f"The {database} database refused a statement (code {state}, {type(cause).__name__}).",
            "look up the code, then the server's log at this time",
        ) from None
