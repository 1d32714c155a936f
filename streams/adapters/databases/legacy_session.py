"""Short sessions on the legacy database, for capture's own statements."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from streams.errors import ErrorKind, SelarasError

Session = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class LegacyDoor:
    """Where the legacy database is and which folder holds the passwords of its roles."""

    host: str
    port: int
    database: str
    secrets: Path
    timeout_s: int = 5  # seconds until a silent server counts as away

    @contextmanager
    def session(self, role: str) -> Iterator[Session]:
        """A connection of ``role`` in autocommit, closed at the end; failures become SelarasErrors without values."""
        try:
            with psycopg.connect(
                host=self.host,
                port=self.port,
                dbname=self.database,
                user=role,
                password=self._password(role),
                connect_timeout=self.timeout_s,
                application_name="selaras capture",
                autocommit=True,
            ) as connection:
                yield connection
        except psycopg.OperationalError as error:
            raise SelarasError(
                ErrorKind.UNAVAILABLE,
                f"The legacy database {self.database} on {self.host}:{self.port} does not serve role {role}"
                f" ({type(error).__name__}).",
                "Look at `selaras stack status`, and at the server's log if it runs.",
            ) from error
        except psycopg.errors.InsufficientPrivilege as error:
            raise SelarasError(
                ErrorKind.CONFIGURATION,
                f"Role {role} may not do what capture needs in the legacy database: {error.diag.message_primary}.",
                "Give it the rights that connectors/README.md lists.",
            ) from error

    def _password(self, role: str) -> str:
        path = self.secrets / role
        try:
            return path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SelarasError(
                ErrorKind.CONFIGURATION,
                f"The password of role {role} cannot be read from {path}.",
                "Start the local stack once, or point SELARAS_SECRETS_DIR at the folder with the passwords.",
            ) from error
