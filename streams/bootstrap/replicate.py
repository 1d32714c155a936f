"""Settings -> the service that applies batches."""

import os
from dataclasses import dataclass, replace

from sqlalchemy import Engine

from streams.adapters.databases.catalogs import read_catalog
from streams.adapters.databases.followed import (
    followed_catalog,
    learn_first,
    mirror_columns,
    mirror_shape,
    read_columns,
)
from streams.adapters.databases.key_order import check_key_order
from streams.adapters.databases.mirror import MirrorStatements
from streams.adapters.databases.own_schema import upgrade_own_schema, watch_own_schema
from streams.adapters.databases.row_keys import RowKeyStatements
from streams.adapters.databases.sources import SourceStatements
from streams.adapters.databases.sweep import SweepStatements
from streams.adapters.databases.target import PostgresTarget, Statements, translated
from streams.adapters.databases.target_rows import TargetStatements
from streams.adapters.files.identity_keys import read_identity_keys
from streams.adapters.files.mapping_files import read_mapping
from streams.adapters.files.reference_files import read_reference
from streams.adapters.memory.fail_points import fail_points
from streams.changes.envelope import Decoder
from streams.changes.legacy_table import LegacyTable
from streams.ports.replication import Target
from streams.projection.catalog import Catalog, Table
from streams.projection.converters import Reference
from streams.projection.schema_change import Columns
from streams.projection.validate import faults_of
from streams.services.plan import Plan, make_plan, returning_columns
from streams.services.replicate import Replicate
from streams.settings import Settings


@dataclass(frozen=True, slots=True)
class Ground:
    """What the applying services share: the plan, the target, the captured tables.

    ``legacy``: the tables and columns that both the legacy database and the mirror have.
    """

    plan: Plan
    target: Target
    tables: tuple[LegacyTable, ...]
    legacy: Catalog


def ground(settings: Settings, legacy: Engine, applier: Engine) -> Ground:
    """Read both catalogs and the mapping, refuse what can't be, compile the rest. Upgrades our own schemas first."""
    with translated("target"), applier.connect() as connection:
        check_key_order(connection)
    with translated("target"):
        upgrade_own_schema(applier)
        watch_own_schema(applier, settings.schemas_dir)
    with translated("legacy"), legacy.connect() as connection:
        there = read_columns(connection, settings.legacy.schema)
    with translated("target"), applier.begin() as connection:
        target_catalog = read_catalog(connection, "rba")
        learn_first(connection, there)
        # The number first: columns that come between the two are then learnt once more, never missed.
        shape = mirror_shape(connection)
        legacy_catalog = followed_catalog(connection)
        held = mirror_columns(connection)
    mapping = read_mapping(settings.schemas_dir / "mapping")
    reference, reference_version = _reference(settings)
    mapping.refuse(faults_of(mapping.projections, legacy_catalog, target_catalog, reference))
    plan = make_plan(mapping.projections, target_catalog, reference, (mapping.fingerprint, reference_version))
    returning = returning_columns(mapping.projections)
    mirror = MirrorStatements(legacy_catalog, returning, shape)
    statements = Statements(
        mirror,
        SweepStatements(legacy_catalog, mirror),
        SourceStatements(mapping.projections, legacy_catalog),
        RowKeyStatements(mapping.projections, legacy_catalog),
        TargetStatements(plan.ordered, target_catalog),
    )
    tables = tuple(LegacyTable(t.name, tuple(t.columns), t.key, held[t.name]) for t in legacy_catalog.tables.values())
    return Ground(plan, PostgresTarget(applier, statements), tables, _same_columns(legacy_catalog, there))


def replicate_service(settings: Settings, base: Ground, generation: int) -> Replicate:
    """The service for one capture."""
    decoder = Decoder(settings.kafka.topic_prefix, settings.legacy.schema, base.tables, generation)
    armed = fail_points(os.environ.get("SELARAS_FAIL_AT"))
    return Replicate(base.target, base.plan, decoder, base.tables, armed)


def _reference(settings: Settings) -> tuple[Reference, str]:
    """Reference data with the keys for identity numbers, and a version of both: other keys make other rows."""
    files = read_reference(settings.schemas_dir / "reference")
    keys = read_identity_keys(*settings.identity_keys)
    return replace(files.reference, identity=keys), f"{files.fingerprint}-{keys.version}"


def _same_columns(followed: Catalog, legacy: Columns) -> Catalog:
    """What both sides have. A difference stops nobody: see ``streams.projection.schema_change``."""
    return Catalog(
        {
            name: Table(name, {c: kind for c, kind in table.columns.items() if c in legacy[name]}, table.key)
            for name, table in followed.tables.items()
            if name in legacy
        }
    )
