"""Counts the mirror's rows that hold one of many codes."""

from collections.abc import Collection, Sequence, Set

from sqlalchemy import Connection, Engine

from streams.adapters.databases.followed import followed_catalog
from streams.adapters.databases.mirror import row_id
from streams.adapters.databases.sql_names import quoted
from streams.adapters.databases.target import translated
from streams.ports.reference import Place
from streams.projection.catalog import Catalog

MADE = "select to_regclass('selaras.mirror_table') is not null"
# A table of which no event was ever applied was not filled yet, or is empty: which of both can't be told.
FIT = """
select table_name from selaras.mirror_table as m where table_name = any(%s) and unknown_since is null
  and exists (select from selaras.position where split_part(topic, '.', -1) = m.table_name and next_offset > 0)
"""
BLANKS = r"E' \t\n\r\f\x0b\u00a0'"


class PostgresMirroredCodes:
    """Implements the port ``MirroredCodes``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keys(self, places: Sequence[Place], codes: Collection[str]) -> int | None:
        """See the port."""
        with translated("target"), self._engine.connect() as session:
            connection = session.execution_options(isolation_level="REPEATABLE READ")
            if not _is_known(connection, {place.table for place in places}):
                return None
            catalog = followed_catalog(connection)
            found = " union ".join(_select(place, catalog) for place in places)
            statement = f"select count(*) from ({found}) as k where key is not null"
            return int(connection.exec_driver_sql(statement, {"codes": sorted(codes)}).scalar_one())


def _is_known(connection: Connection, tables: Set[str]) -> bool:
    if not connection.exec_driver_sql(MADE).scalar_one():
        return False
    return tables <= set(connection.exec_driver_sql(FIT, (sorted(tables),)).scalars())


def _select(place: Place, catalog: Catalog) -> str:
    table = catalog.tables[place.table]
    holds = f"btrim(m.{quoted(place.column)}::text, {BLANKS}) = any(%(codes)s)"
    if place.key:
        return f"select m.{quoted(place.key)}::text as key from mirror.{quoted(table.name)} as m where {holds}"
    return (
        f"select k.key from mirror.{quoted(table.name)} as m join selaras.row_key as k "
        f"on k.source = '{place.source}' and k.row = m.{quoted(row_id(table))}::text where {holds}"
    )
