"""Settings -> control totals."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Engine

from streams.adapters.databases.followed import followed_catalog
from streams.adapters.databases.target import translated
from streams.adapters.databases.totals import PostgresTotals, PostgresTotalsBook
from streams.adapters.files.mapping_files import read_mapping
from streams.adapters.files.total_files import read_totals
from streams.bootstrap.databases import legacy_reader_engine, target_engine
from streams.services.totals import Totals
from streams.settings import Settings


def totals_service(settings: Settings, engines: tuple[Engine, Engine] | None = None) -> Totals:
    """Reads the files, and the mirror's catalogue. ``engines``: of the target and of the legacy, to share."""
    target, legacy = engines or (target_engine(settings), legacy_reader_engine(settings))
    with translated("target"), target.connect() as connection:
        mirror = followed_catalog(connection)
    declared = read_totals(settings.schemas_dir / "totals", _projections(settings))
    limit_ms = int(1000 * settings.drift.totals_limit_s)
    source = PostgresTotals(target, legacy, mirror, settings.legacy.schema, limit_ms)
    book = PostgresTotalsBook(target, settings.drift.totals_days)
    return Totals(declared, source, book, lambda: datetime.now(UTC))


def _projections(settings: Settings) -> Sequence[str]:
    return [one.target for one in read_mapping(settings.schemas_dir / "mapping").projections]
