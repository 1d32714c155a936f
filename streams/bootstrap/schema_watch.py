"""Settings -> who compares the legacy catalogue with what the mirror follows."""

from collections.abc import Collection, Sequence
from functools import cache

from streams.adapters.databases.followed import learn_first
from streams.adapters.databases.schema_watch import PostgresFollowedSchema, PostgresLegacyColumns
from streams.adapters.databases.target import translated
from streams.adapters.files.mapping_files import read_mapping
from streams.bootstrap.databases import applier_engine, legacy_reader_engine, target_engine
from streams.bootstrap.own_schema import own_schema
from streams.bootstrap.replicate import ground
from streams.projection.declaration import Projection
from streams.services.recompute import Recompute
from streams.services.schema_watch import ExtendMirror, SchemaReading, SchemaWatch
from streams.settings import Settings


def schema_reading(settings: Settings) -> SchemaReading:
    """For status; hold on to it, its connections are kept."""
    return SchemaReading(_legacy(settings), PostgresFollowedSchema(target_engine(settings)), _projections(settings))


def schema_watch(settings: Settings) -> SchemaWatch:
    """The worker's look. What it computes with is made when keys are there to be computed."""

    @cache
    def recompute() -> Recompute:
        base = ground(settings, legacy_reader_engine(settings), applier_engine(settings))
        return Recompute(base.target, base.plan)

    def compute(name: str, keys: Collection[str]) -> object:
        return recompute().keys(name, keys)

    followed = PostgresFollowedSchema(target_engine(settings))
    return SchemaWatch(_legacy(settings), followed, _projections(settings), compute)


def extend_mirror(settings: Settings) -> ExtendMirror:
    """Lets the mirror learn new columns; makes our own schemas if need be."""
    own_schema(settings)
    engine, legacy = target_engine(settings), _legacy(settings)
    with translated("target"), engine.begin() as connection:
        learn_first(connection, legacy.read())
    return ExtendMirror(legacy, PostgresFollowedSchema(engine), _projections(settings))


def _legacy(settings: Settings) -> PostgresLegacyColumns:
    return PostgresLegacyColumns(legacy_reader_engine(settings), settings.legacy.schema)


def _projections(settings: Settings) -> Sequence[Projection]:
    return read_mapping(settings.schemas_dir / "mapping").projections
