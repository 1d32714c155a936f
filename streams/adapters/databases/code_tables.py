"""The code tables of the target, written by their owner."""

from collections.abc import Mapping
from pathlib import Path

import psycopg

from streams.adapters.databases.world_schema import load_reference
from streams.errors import ErrorKind, SelarasError


class PostgresCodeTables:
    """``rba.ref_*``."""

    def __init__(self, conninfo: str) -> None:
        """The connection string of role ``rba_owner``."""
        self._conninfo = conninfo

    def load(self, schemas_dir: Path) -> Mapping[str, int]:
        """See the port."""
        try:
            with psycopg.connect(self._conninfo, autocommit=True) as connection:
                return load_reference(connection, schemas_dir)
        except psycopg.OperationalError as error:
            raise SelarasError(
                ErrorKind.UNAVAILABLE,
                "The target database does not answer; the reference data are as before.",
                "start it ('selaras stack up') or check host and port in the settings, and import again",
            ) from error
        except psycopg.Error as error:
            raise SelarasError(
                ErrorKind.CONFIGURATION,
                f"The target's code tables can't be written: {error.diag.message_primary or type(error).__name__}.",
                "check that the new system's schema is there and belongs to rba_owner, and import again",
            ) from error
