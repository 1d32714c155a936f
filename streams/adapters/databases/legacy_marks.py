"""Marks in the legacy database's log: barrier tokens and requests to read rows again."""

import json
from collections.abc import Mapping

import psycopg
from psycopg import sql

from streams.adapters.databases.legacy_capture import CAPTURE
from streams.adapters.databases.legacy_session import LegacyDoor
from streams.errors import ErrorKind, SelarasError

TOKEN_PREFIX = "selaras.barrier"  # noqa: S105  a message's prefix, not a secret
_REQUEST = "execute-snapshot"


class LegacyMarks:
    """LegacyMarks on PostgreSQL, as the role ``oss_capture``."""

    def __init__(self, door: LegacyDoor) -> None:
        self._door = door

    def token(self, challenge: str) -> int:
        """Emit a transactional logical message; the LSN is its record's.

        Commits are handed over in the order of their records. So a commit handed over with a higher LSN proves that
        all before the token were, and the token's own commit sees to it that there is one, on an idle database too.
        """
        with self._door.session(CAPTURE) as session:
            # A commit that is not flushed is not sent either; the flush must not wait for the next writer.
            session.execute("SET synchronous_commit = local")
            row = session.execute(
                "SELECT (pg_logical_emit_message(true, %s, %s) - '0/0'::pg_lsn)::bigint", [TOKEN_PREFIX, challenge]
            ).fetchone()
        assert row is not None
        return int(row[0])

    def check_condition(self, table: str, where: str) -> None:
        """Plan the query, read-only; a query that the server refuses would end the connector's task."""
        with self._door.session(CAPTURE) as session:
            session.execute("SET default_transaction_read_only = on")
            try:
                # Two statements cannot be prepared as one, and EXPLAIN runs nothing.
                session.execute(sql.SQL("EXPLAIN {}").format(sql.SQL(_select(table, where))), prepare=True)
            except (psycopg.errors.ProgrammingError, psycopg.errors.DataError) as error:
                raise SelarasError(
                    ErrorKind.CONFIGURATION,
                    f"The server does not accept the condition for {table} ({type(error).__name__}).",
                    "Give one SQL condition on the columns of that table.",
                ) from error

    def signal_reread(self, signal: str, table: str, where: str) -> int:
        """Insert the signal row. The snapshot is a *blocking* one: see connectors/README.md for the reason."""
        request = {
            "type": "blocking",
            "data-collections": [table],
            "additional-conditions": [{"data-collection": table, "filter": _select(table, where)}],
        }
        with self._door.session(CAPTURE) as session:
            row = session.execute("SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint").fetchone()
            session.execute(
                "INSERT INTO selaras.signal (id, type, data) VALUES (%s, %s, %s)",
                [signal, _REQUEST, json.dumps(request)],
            )
        assert row is not None
        return int(row[0])

    def open_rereads(self) -> Mapping[str, str]:
        """Requests whose rows are still in the signal table."""
        with self._door.session(CAPTURE) as session:
            rows = session.execute("SELECT id, data FROM selaras.signal WHERE type = %s", [_REQUEST]).fetchall()
        return {str(signal): str(json.loads(data)["data-collections"][0]) for signal, data in rows}

    def close_reread(self, signal: str) -> None:
        """Delete the request's row."""
        with self._door.session(CAPTURE) as session:
            session.execute("DELETE FROM selaras.signal WHERE id = %s", [signal])


def _select(table: str, where: str) -> str:
    name = ".".join(f'"{part}"' for part in table.split(".", 1))
    return f"SELECT * FROM {name} WHERE ({where})" if where else f"SELECT * FROM {name}"
