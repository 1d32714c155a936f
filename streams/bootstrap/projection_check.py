"""Settings -> the check of the target's rows against the mirror."""

from sqlalchemy import Engine

from streams.adapters.databases.catalogs import read_catalog
from streams.adapters.databases.explain import ExplainStatements, measured_catalog
from streams.adapters.databases.projection_check import PostgresCheckMoments
from streams.adapters.databases.sources import SourceStatements
from streams.adapters.databases.target import translated
from streams.adapters.databases.target_comparison import ComparisonStatements, foreign_keys
from streams.adapters.databases.target_rows import TargetStatements
from streams.bootstrap.databases import applier_engine, checker_engine, legacy_reader_engine
from streams.bootstrap.replicate import ground
from streams.services.plan import Plan
from streams.services.projection_check import ProjectionCheck
from streams.settings import Settings


def projection_check(settings: Settings, plan: Plan | None = None, engine: Engine | None = None) -> ProjectionCheck:
    """Reads both catalogs, and the mapping files unless a plan of them is at hand; the rows at each check.

    ``engine``: one of ``checker_engine`` that the caller closes.
    """
    if plan is None:
        plan = ground(settings, legacy_reader_engine(settings), applier_engine(settings)).plan
    engine = engine or checker_engine(settings)
    with translated("target"), engine.connect() as connection:
        catalog = read_catalog(connection, "rba")
        mirror = measured_catalog(connection)
        parents = foreign_keys(connection)
    declarations = [compiled.declaration for compiled in plan.ordered]
    target = TargetStatements(plan.ordered, catalog)
    moments = PostgresCheckMoments(
        engine,
        ExplainStatements(declarations, mirror, target),
        SourceStatements(declarations, mirror),
        ComparisonStatements(target, catalog, parents),
    )
    return ProjectionCheck(plan, moments)
