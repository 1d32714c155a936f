"""Settings -> our own schemas, made and upgraded by sessions whose writes are ours."""

from streams.adapters.databases.own_schema import upgrade_own_schema, watch_own_schema
from streams.adapters.databases.target import translated
from streams.bootstrap.databases import applier_engine
from streams.settings import Settings


def own_schema(settings: Settings) -> None:
    """Bring ``mirror`` and ``selaras`` to the newest revision, with the watch over foreign writes on the mirror."""
    applier = applier_engine(settings)
    try:
        with translated("target"):
            upgrade_own_schema(applier)
            watch_own_schema(applier, settings.schemas_dir)
    finally:
        applier.dispose()
