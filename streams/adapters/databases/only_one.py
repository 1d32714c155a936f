"""One process at a time, of all that share a database: held by a session, so that it ends with the process."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, text

from streams.adapters.databases.target import translated

TRY = text("select pg_try_advisory_lock(:key)")
RELEASE = text("select pg_advisory_unlock(:key)")


@contextmanager
def only_one(engine: Engine, key: int) -> Iterator[bool]:
    """Whether nobody else is at it. The lock is held until the block ends, without an open transaction."""
    with translated("target"), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        mine = bool(connection.execute(TRY, {"key": key}).scalar())
        try:
            yield mine
        finally:
            if mine and not connection.invalidated:
                connection.execute(RELEASE, {"key": key})
