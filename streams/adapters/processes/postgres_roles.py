"""The database of one cluster and its login roles with their passwords, put in place over the server's socket."""

from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from streams.adapters.processes.secret_files import SecretFiles

SUPERUSER = "postgres"


@dataclass(frozen=True, slots=True)
class RolePlan:
    """What one side needs before its tables exist."""

    database: str
    grants: Path  # SQL that makes the roles and their grants; may run again
    roles: tuple[str, ...]  # roles that log in with a password
    superuser_secret: str  # file of the superuser's password; both sides have a superuser of the same name


LEGACY_ROLES = ("oss_owner", "oss_capture", "oss_app", "selaras_reverse", "selaras_reader")
TARGET_ROLES = ("rba_owner", "rba_app", "rba_capture", "selaras_applier", "selaras_reader")
LEGACY_SUPERUSER_SECRET = "postgres_legacy"  # noqa: S105 - the name of a file
TARGET_SUPERUSER_SECRET = "postgres_target"  # noqa: S105 - the name of a file


def put_in_place(plan: RolePlan, socket: Path, port: int, secrets: SecretFiles) -> None:
    """Database, roles, grants and passwords as the plan and the secret files say; repeating it changes nothing.

    Over the socket the server knows the caller by its system user, so lost password files are healed as well.
    """
    with as_superuser(socket, port, SUPERUSER) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [plan.database]).fetchone()
        if known is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(plan.database)))
    with as_superuser(socket, port, plan.database) as connection, connection.transaction():
        connection.execute(plan.grants.read_bytes())
        for role in plan.roles:
            _set_password(connection, role, secrets.password(role))
        _set_password(connection, SUPERUSER, secrets.password(plan.superuser_secret))


def as_superuser(socket: Path, port: int, database: str) -> psycopg.Connection:
    """A connection of the superuser over the server's socket, in autocommit mode."""
    return psycopg.connect(
        host=str(socket), port=port, user=SUPERUSER, dbname=database, autocommit=True, connect_timeout=3
    )


def _set_password(connection: psycopg.Connection, role: str, password: str) -> None:
    # Only the verifier travels: a statement with the password itself could end in a log.
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(verifier)))
