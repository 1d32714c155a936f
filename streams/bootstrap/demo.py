"""Builds the demo's services: the only place that knows which roles and which adapters they use."""

from pathlib import Path

from psycopg.conninfo import make_conninfo

from streams.adapters.databases.world_schema import WorldSchemas
from streams.adapters.demo.application import PostgresApplication
from streams.adapters.demo.copying import CopiedTables
from streams.errors import ErrorKind, SelarasError
from streams.services.demo import SeedService, TrafficService
from streams.settings import Settings


def world_schemas(settings: Settings) -> WorldSchemas:
    """Both worlds' schemas, each made by its owner."""
    return WorldSchemas(
        _legacy(settings, "oss_owner"),
        _conninfo(settings, "rba_owner", (settings.target.host, settings.target_port, settings.target.database)),
        settings.schemas_dir,
    )


def seed_service(settings: Settings, dsn: str | None = None) -> SeedService:
    """The service behind ``selaras seed``; ``dsn`` replaces the connection string of the application's role."""
    tables = CopiedTables(dsn or _legacy(settings, "oss_app"), settings.schemas_dir / "reference")
    return SeedService(world_schemas(settings), tables)


def traffic_service(settings: Settings, dsn: str | None = None) -> TrafficService:
    """The service behind ``selaras traffic``; ``dsn`` replaces the connection string of the application's role."""
    application = PostgresApplication(dsn or _legacy(settings, "oss_app"), settings.schemas_dir / "reference")
    return TrafficService(application)


def _legacy(settings: Settings, role: str) -> str:
    return _conninfo(settings, role, (settings.legacy.host, settings.legacy_port, settings.legacy.database))


def _conninfo(settings: Settings, role: str, place: tuple[str, int, str]) -> str:
    host, port, database = place
    password = _password(settings.secrets / role)
    return make_conninfo(
        host=host,
        port=port,
        dbname=database,
        user=role,
        password=password,
        connect_timeout=10,
        application_name="selaras",
    )


def _password(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError as error:
        raise SelarasError(
            ErrorKind.CONFIGURATION,
            f"The password file {path} does not exist.",
            "Start the local stack once ('selaras stack up'), or point SELARAS_SECRETS_DIR to the passwords.",
        ) from error
