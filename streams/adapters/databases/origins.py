"""Marks on sessions that write to the target as ourselves: a replication origin and the number of it in their name.

What such a session writes is left out of the log by the watch over foreign writes. An unmarked session's own rows would
be reported as somebody else's: it must not come to be.
"""

import psycopg
from psycopg import errors

from streams.errors import ErrorKind, SelarasError

NAME = "selaras applier"  # the triggers know it: schemas/watch/foreign_writes.sql
PREFIX = "selaras_"  # origins are the whole server's: selaras_1, selaras_2, …
MOST = 1000  # far above every max_active_replication_origins

EXISTS = "select exists (select from pg_replication_origin where roname = %s)"
CREATE = "select pg_replication_origin_create(%s)"
SETUP = "select pg_replication_origin_session_setup(%s), set_config('application_name', %s, false)"


def mark(connection: psycopg.Connection) -> None:
    """Give a new session the first origin that nobody has; it keeps it until it ends.

    An origin serves one session at a time. SelarasError (configuration) when there is none to be had.
    """
    was, connection.autocommit = connection.autocommit, True
    try:
        for number in range(1, MOST):
            if _taken(connection, number):
                return
    except errors.InsufficientPrivilege:
        raise _refused(
            "role selaras_applier may not use replication origins",
            "run schemas/roles/target.sql as superuser in the target database ('selaras stack up' does)",
        ) from None
    except (errors.ConfigurationLimitExceeded, errors.ObjectNotInPrerequisiteState) as error:
        raise _refused(
            f"the server has no replication origin left (code {error.sqlstate})",
            "raise max_active_replication_origins, one for each connection of a worker or command, and restart it",
        ) from None
    finally:
        if not connection.closed:
            connection.autocommit = was
    raise _refused("all replication origins are taken", "end some of the workers and commands")


def _taken(connection: psycopg.Connection, number: int) -> bool:
    origin = f"{PREFIX}{number}"
    there = connection.execute(EXISTS, (origin,)).fetchone()
    try:
        if there is None or not there[0]:
            connection.execute(CREATE, (origin,))
        connection.execute(SETUP, (origin, f"{NAME} {number}"))
    except errors.ObjectInUse:
        return False
    except (errors.UniqueViolation, errors.DuplicateObject):  # somebody made it a moment ago, for a session of its own
        return False
    return True


def _refused(what: str, next_step: str) -> SelarasError:
    return SelarasError(
        ErrorKind.CONFIGURATION,
        f"What we write to the target could not be told from what others write: {what}.",
        next_step,
    )
