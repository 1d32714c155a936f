"""Settings -> engines of both databases."""

from pathlib import Path

from sqlalchemy import Engine

from streams.adapters.databases.engines import APPLIER_SETTINGS, Secret, Server, engine_for
from streams.errors import ErrorKind, SelarasError
from streams.settings import Settings

APPLIER, READER = "selaras_applier", "selaras_reader"


def applier_engine(settings: Settings) -> Engine:
    """Sessions of the applier on the target, with the settings that applying needs; what they write is ours."""
    return engine_for(target_server(settings, APPLIER), "selaras applier", APPLIER_SETTINGS, marked=True)


def checker_engine(settings: Settings) -> Engine:
    """Read-only sessions on the target for checking rows: found by key, as the applier finds them."""
    planned = {**APPLIER_SETTINGS, "default_transaction_read_only": "on"}
    return engine_for(target_server(settings, APPLIER), "selaras check", planned)


def target_engine(settings: Settings) -> Engine:
    """Sessions of the applier's role on the target for everything beside applying: status, checks.

    Rows of ``mirror`` and ``rba`` that they would write count as somebody else's.
    """
    return engine_for(target_server(settings, APPLIER), "selaras")


def monitor_engine(settings: Settings) -> Engine:
    """As ``target_engine``, for a process that must hear of its end: it waits for no lock for long, and tries again."""
    return engine_for(target_server(settings, APPLIER), "selaras monitor", {"lock_timeout": "10s"})


def legacy_reader_engine(settings: Settings) -> Engine:
    """Read-only sessions on the legacy database."""
    return engine_for(legacy_server(settings, READER), "selaras reader", {"default_transaction_read_only": "on"})


def target_server(settings: Settings, role: str) -> Server:
    """The target, for a role."""
    target = settings.target
    return Server(target.host, settings.target_port, target.database, role, password(settings.secrets, role))


def legacy_server(settings: Settings, role: str) -> Server:
    """The legacy database, for a role."""
    legacy = settings.legacy
    return Server(legacy.host, settings.legacy_port, legacy.database, role, password(settings.secrets, role))


def password(folder: Path, role: str) -> Secret:
    """The role's password from its file."""
    path = folder / role
    try:
        return Secret(path.read_text(encoding="utf-8").strip())
    except OSError:
        raise SelarasError(
            ErrorKind.CONFIGURATION,
            f"The password of role {role} can't be read from {path}.",
            "start the stack with 'selaras stack up', or set SELARAS_SECRETS_DIR",
        ) from None
