"""Builds the demo's services: the only place that knows which roles and which adapters they use."""

from streams.adapters.databases.world_schema import WorldSchemas
from streams.adapters.demo.application import PostgresApplication
from streams.adapters.demo.copying import CopiedTables
from streams.adapters.demo.defects.rates import defect_rates
from streams.adapters.demo.defects.record import DefectFile, record_path
from streams.bootstrap.databases import legacy_server, target_server
from streams.services.demo import SeedService, TrafficService
from streams.settings import Settings

__all__ = ["defect_rates", "defect_record", "legacy_tables", "seed_service", "traffic_service", "world_schemas"]


def world_schemas(settings: Settings) -> WorldSchemas:
    """Both worlds' schemas, each made by its owner."""
    legacy, target = legacy_server(settings, "oss_owner"), target_server(settings, "rba_owner")
    return WorldSchemas(legacy.conninfo(), target.conninfo(), settings.schemas_dir)


def legacy_tables(settings: Settings, dsn: str | None = None) -> CopiedTables:
    """The legacy's tables, as its application fills them."""
    return CopiedTables(dsn or legacy_server(settings, "oss_app").conninfo(), settings.schemas_dir / "reference")


def defect_record(settings: Settings) -> DefectFile:
    """Where the planted defects are written down."""
    return DefectFile(record_path(settings.home))


def seed_service(settings: Settings, dsn: str | None = None) -> SeedService:
    """The service behind ``selaras seed``; ``dsn`` replaces the connection string of the application's role."""
    return SeedService(world_schemas(settings), legacy_tables(settings, dsn), defect_record(settings))


def traffic_service(settings: Settings, dsn: str | None = None) -> TrafficService:
    """The service behind ``selaras traffic``; ``dsn`` replaces the connection string of the application's role."""
    conninfo = dsn or legacy_server(settings, "oss_app").conninfo()
    application = PostgresApplication(conninfo, settings.schemas_dir / "reference")
    return TrafficService(application, defect_record(settings))
