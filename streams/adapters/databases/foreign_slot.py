"""The replication slot that shows what others write: changes without an origin, polled by SQL."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from streams.adapters.databases.decoded_lines import changed, committed_at
from streams.adapters.databases.target import translated
from streams.adapters.databases.watch_triggers import watched_tables
from streams.errors import ErrorKind, SelarasError
from streams.ports.foreign_writes import Decoded, SlotWrite

PLUGIN = "test_decoding"  # needs no publication: a publication would refuse updates of tables without a key
STRETCH = 8 * 1024 * 1024  # bytes of the log between two marks from which it can be read, and two advances
MOST_KEYS = 10_000  # of one table in one transaction; beyond, the table is named alone

KNOWN = "select plugin, wal_status from pg_replication_slots where slot_name = %s and database = current_database()"
DROP = "select pg_drop_replication_slot(%s)"
MAKE = "select pg_create_logical_replication_slot(%s, %s)"
STANDING = """
select pg_current_wal_flush_lsn()::text, pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::bigint,
  pg_wal_lsn_diff(restart_lsn, '0/0')::bigint
from pg_replication_slots where slot_name = %s
"""
# Each look reads the log anew from the last mark of this kind; the server itself makes one every 15 seconds.
MARK = """
select pg_log_standby_snapshot() where has_function_privilege('pg_log_standby_snapshot()', 'execute')
"""
PEEK = """
select lsn::text, xid::text::bigint, data from pg_logical_slot_peek_changes(%s, %s::pg_lsn, %s,
  'only-local', 'on', 'include-xids', 'off', 'skip-empty-xacts', 'on', 'include-timestamp', 'on')
"""
ADVANCE = "select pg_replication_slot_advance(%s, %s::pg_lsn)"

Rows = dict[tuple[str, str], dict[str | None, str]]
"""By table, the operation by key."""


def slot_name(database: str) -> str:
    """Slots are the whole server's, and each reads one database."""
    plain = "".join(c if c.isascii() and c.isalnum() else "_" for c in database.lower())
    return f"selaras_foreign_{plain}"[:63]


class PostgresForeignSlot:
    """Implements the port ``ForeignSlot``."""

    def __init__(self, engine: Engine, slot: str, schemas: Sequence[str]) -> None:
        """``engine``: sessions of a role with REPLICATION."""
        self._engine = engine
        self._slot = slot
        self._schemas = schemas
        self._seen = ""  # read up to here
        self._marked = 0  # bytes of the log up to the newest mark that we asked for
        self._must_advance = False

    def is_there(self) -> bool:
        """See the port."""
        with self._told(), self._steady() as connection:
            known = connection.exec_driver_sql(KNOWN, (self._slot,)).first()
            return known is not None and known[0] == PLUGIN and known[1] != "lost"

    def make(self) -> None:
        """See the port."""
        self.drop()
        with self._told(), self._steady() as connection:
            connection.exec_driver_sql(MAKE, (self._slot, PLUGIN))

    def peek(self, limit: int) -> Decoded:
        """See the port. Values of rows are looked through for their keys, and kept nowhere."""
        with self._told(), self._engine.connect() as connection:
            standing = connection.exec_driver_sql(STANDING, (self._slot,)).first()
            if standing is None:
                raise _gone(self._slot)
            upto, flushed, restart = standing
            if upto == self._seen:
                return Decoded((), upto)
            is_far = flushed - restart > STRETCH
            if is_far and flushed - self._marked > STRETCH:
                connection.exec_driver_sql(MARK)
                self._marked = flushed
            keys = {(t.schema, t.name): t.keys for t in watched_tables(connection, self._schemas)}
            streaming = connection.execution_options(stream_results=True, max_row_buffer=1000)
            transactions: list[tuple[str, Sequence[SlotWrite]]] = []
            rows: Rows = {}
            count, end = 0, upto
            for lsn, xid, line in streaming.exec_driver_sql(PEEK, (self._slot, upto, limit)):
                count += 1
                at = committed_at(line)
                if at is None:
                    _note(rows, line, keys)
                    continue
                if rows:
                    transactions.append((lsn, list(_writes(xid, at, rows))))
                    rows = {}
                end = lsn
            self._must_advance = count > 0 or is_far
            return Decoded(transactions, upto if count < limit else end)

    def advance(self, upto: str) -> None:
        """See the port. Where the log showed nothing, this is put off: it would read all of it a second time."""
        if self._must_advance and upto != self._seen:
            with self._told(), self._steady() as connection:
                connection.exec_driver_sql(ADVANCE, (self._slot, upto))
        self._seen = upto

    def drop(self) -> None:
        """See the port."""
        with self._told(), self._steady() as connection:
            if connection.exec_driver_sql(KNOWN, (self._slot,)).first() is not None:
                connection.exec_driver_sql(DROP, (self._slot,))
        self._seen = ""

    def close(self) -> None:
        """See the port."""
        self._engine.dispose()

    @contextmanager
    def _steady(self) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            with translated("target"):
                try:
                    yield
                except DBAPIError as error:
                    _raise_known(error, self._slot)
                    raise
        except SelarasError:
            self._seen = ""
            raise


def _note(rows: Rows, line: str, watched: Mapping[tuple[str, str], Sequence[str]]) -> None:
    change = changed(line)
    for table in change.tables if change else ():
        if change and table in watched:
            found = rows.setdefault(table, {})
            if len(found) <= MOST_KEYS:
                for key in change.keys(watched[table]):
                    found.setdefault(key, change.operation)


def _writes(xid: int, at: datetime, rows: Rows) -> Iterator[SlotWrite]:
    for (schema, table), found in rows.items():
        named = {None: next(iter(found.values()))} if len(found) > MOST_KEYS else found
        for key, operation in named.items():
            yield SlotWrite(xid, at, schema, table, key, operation)


def _raise_known(error: DBAPIError, slot: str) -> None:
    cause = error.orig
    if isinstance(cause, psycopg.errors.ObjectInUse):
        raise SelarasError(
            ErrorKind.CONFLICT,
            f"Somebody else reads the replication slot {slot}.",
            "let one monitor run, not two",
        ) from None
    if isinstance(cause, psycopg.errors.UndefinedObject | psycopg.errors.ObjectNotInPrerequisiteState):
        raise _gone(slot) from None
    if isinstance(
        cause,
        psycopg.errors.InsufficientPrivilege | psycopg.errors.ConfigurationLimitExceeded | psycopg.errors.UndefinedFile,
    ):
        raise SelarasError(
            ErrorKind.CONFIGURATION,
            f"No replication slot can be had on the target (code {cause.sqlstate}).",
            "the target needs wal_level=logical, a free replication slot, the plugin test_decoding, and REPLICATION"
            " for role rba_capture (schemas/roles/target.sql)",
        ) from None


def _gone(slot: str) -> SelarasError:
    return SelarasError(
        ErrorKind.CONFLICT,
        f"The replication slot {slot} is gone, or the server has dropped the log that it needs.",
        "the monitor makes another one by itself, and looks at everything again",
    )
