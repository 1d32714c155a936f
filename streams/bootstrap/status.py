"""Settings -> status and the lists of what needs a person's eyes."""

from functools import cache

from streams.adapters.databases.target_status import PostgresTargetStatus
from streams.bootstrap.capture import capture_service, end_offsets
from streams.bootstrap.databases import target_engine
from streams.bootstrap.drift import drift_status
from streams.bootstrap.schema_watch import schema_reading
from streams.ports.status import TargetStatus
from streams.services.schema_watch import SchemaReading
from streams.services.status import StatusService
from streams.settings import Settings


def status_service(settings: Settings) -> StatusService:
    """One look at the whole run; hold on to it, its connections are kept."""

    @cache
    def reading() -> SchemaReading:
        return schema_reading(settings)

    return StatusService(
        capture_service(settings),
        end_offsets(settings),
        target_status(settings),
        lambda: reading().changes(),
        drift_status(settings),
    )


def target_status(settings: Settings) -> TargetStatus:
    """What the target can say."""
    return PostgresTargetStatus(target_engine(settings))
