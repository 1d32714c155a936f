"""Settings -> importing reference lists."""

from streams.adapters.databases.code_tables import PostgresCodeTables
from streams.adapters.files.reference_lists import ReferenceFolder
from streams.bootstrap.databases import target_server
from streams.services.reference import ImportReference
from streams.settings import Settings

OWNER = "rba_owner"


def import_service(settings: Settings) -> ImportReference:
    """Imports into ``schemas/reference`` and, as their owner, into the code tables."""
    tables = PostgresCodeTables(target_server(settings, OWNER).conninfo())
    return ImportReference(ReferenceFolder(settings.schemas_dir / "reference"), tables)
