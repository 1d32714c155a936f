"""Settings -> what people ask about where target rows come from."""

from streams.adapters.databases.catalogs import read_catalog
from streams.adapters.databases.explain import ExplainStatements, PostgresMoments, measured_catalog
from streams.adapters.databases.target import translated
from streams.adapters.databases.target_rows import TargetStatements
from streams.bootstrap.databases import applier_engine, legacy_reader_engine, target_engine
from streams.bootstrap.replicate import ground
from streams.services.explain import Explain
from streams.settings import Settings


def explain_service(settings: Settings) -> Explain:
    """Reads the mapping files and both catalogs; the rows at each question."""
    plan = ground(settings, legacy_reader_engine(settings), applier_engine(settings)).plan
    engine = target_engine(settings)
    with translated("target"), engine.connect() as connection:
        target = TargetStatements(plan.ordered, read_catalog(connection, "rba"))
        mirror = measured_catalog(connection)
    statements = ExplainStatements([compiled.declaration for compiled in plan.ordered], mirror, target)
    return Explain(plan, PostgresMoments(engine, statements), reveal_allowed=settings.explain.reveal_allowed)
