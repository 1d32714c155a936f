"""Settings -> what people ask about findings."""

from streams.adapters.databases.findings import PostgresFindings
from streams.adapters.files.mapping_files import read_mapping
from streams.bootstrap.databases import target_engine
from streams.services.findings import Findings
from streams.settings import Settings


def findings_service(settings: Settings) -> Findings:
    """Reads the mapping files for the names that there are, and connects to the target at the first question."""
    projections = read_mapping(settings.schemas_dir / "mapping").projections
    declared = {p.target: frozenset(check.name for check in p.checks) for p in projections}
    return Findings(PostgresFindings(target_engine(settings)), declared)
