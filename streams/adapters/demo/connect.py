"""Connections of the demo to the legacy database, with failures told in the operator's words."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from streams.errors import ErrorKind, SelarasError


@contextmanager
def told() -> Iterator[None]:
    """Failures of the driver as SelarasErrors; no statement and no value is repeated in them."""
    try:
        yield
    except psycopg.OperationalError as error:
        raise SelarasError(
            ErrorKind.UNAVAILABLE,
            "The legacy database does not answer, or ended the connection.",
            "Look at 'selaras stack status' and start it with 'selaras stack up'.",
        ) from error
    except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege) as error:
        raise SelarasError(
            ErrorKind.CONFIGURATION,
            "The legacy tables are absent, or the role oss_app may not use them.",
            "Make and fill them with 'selaras seed'.",
        ) from error
