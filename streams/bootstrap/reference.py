"""Settings -> importing reference lists."""

from collections.abc import Sequence

from streams.adapters.databases.code_tables import PostgresCodeTables
from streams.adapters.databases.mirrored_codes import PostgresMirroredCodes
from streams.adapters.files.mapping_files import read_mapping
from streams.adapters.files.reference_lists import ReferenceFolder
from streams.bootstrap.databases import target_engine, target_server
from streams.errors import ErrorKind, SelarasError
from streams.projection.declaration import Projection
from streams.services.reference import ImportReference
from streams.settings import Settings

OWNER = "rba_owner"


def import_service(settings: Settings) -> ImportReference:
    """Imports into ``schemas/reference`` and, as their owner, into the code tables."""
    tables = PostgresCodeTables(target_server(settings, OWNER).conninfo())
    lists = ReferenceFolder(settings.schemas_dir / "reference")
    mirror = PostgresMirroredCodes(target_engine(settings))

    def mapping() -> Sequence[Projection]:
        try:
            return read_mapping(settings.schemas_dir / "mapping").projections
        except (OSError, UnicodeDecodeError) as error:
            raise SelarasError(
                ErrorKind.CONFIGURATION, f"The mapping files can't be read ({type(error).__name__})."
            ) from error

    return ImportReference(lists, tables, mirror, mapping)
