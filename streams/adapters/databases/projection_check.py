"""Reads everything that the projection check needs in one transaction in which nothing moves."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from streams.adapters.databases.explain import (
    ExplainStatements,
    PostgresKeptStates,
    PostgresMirrorRows,
    standing_still,
)
from streams.adapters.databases.lacking import lacking_columns
from streams.adapters.databases.recomputing import PostgresRecomputing
from streams.adapters.databases.sources import PostgresSources, SourceStatements
from streams.adapters.databases.target_comparison import ComparisonStatements, PostgresComparison
from streams.adapters.databases.target_rows import PostgresTargetRows
from streams.ports.explain import KeptStates, MirrorRows
from streams.ports.projection_check import CheckMoment, Claims, Comparison, Standing, Wish
from streams.ports.replication import Sources, TargetRows

STANDING = """
select coalesce(v.mapping, ''), coalesce(v.reference, ''), coalesce(v.recomputed, false),
  array(select projection from selaras.authority where side = 'legacy'),
  array(select table_name from selaras.mirror_table where unknown_since is not null), now()
from (select) as one left join selaras.version as v on true
"""
WISHES = "select key, value, rank from selaras.claim where projection = %s and column_name = %s and key = any(%s)"
# By value, not by all claims of the column: each value's own few are read from the primary key's index.
OTHERS = """
select v.value, c.rank, c.key from unnest(%s::text[]) as v(value) cross join lateral (
  select rank, key from selaras.claim where projection = %s and column_name = %s and value = v.value
    and key <> all(%s) order by rank, key collate "C" limit 1) as c
"""


class PostgresClaims:
    """Implements the port ``Claims``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def wishes(self, projection: str, column: str, keys: Collection[str]) -> Mapping[str, Wish]:
        """See the port."""
        rows = self._connection.exec_driver_sql(WISHES, (projection, column, list(keys)))
        return {key: (value, rank) for key, value, rank in rows}

    def others(
        self, projection: str, column: str, values: Collection[str], keys: Collection[str]
    ) -> Mapping[str, tuple[str, str]]:
        """See the port."""
        wanted = (list(values), projection, column, list(keys))
        rows = self._connection.exec_driver_sql(OTHERS, wanted) if values else ()
        return {value: (rank, key) for value, rank, key in rows}


@dataclass(slots=True)
class PostgresCheckMoment:
    """Implements ``CheckMoment`` on one connection."""

    mirror: MirrorRows
    kept: KeptStates
    target: TargetRows
    sources: Sources
    comparison: Comparison
    claims: Claims
    connection: Connection
    keyless: Collection[str]

    def standing(self) -> Standing:
        """See the port."""
        row = self.connection.exec_driver_sql(STANDING).one()
        mapping, reference, is_recomputed, writable, unknown, at = row
        versions = (mapping, reference)
        steps = {} if is_recomputed else PostgresRecomputing(self.connection).steps(versions)
        lacking = lacking_columns(self.connection, self.keyless)
        return Standing(versions, is_recomputed, steps, frozenset(writable), lacking, frozenset(unknown), at)


class PostgresCheckMoments:
    """Implements the port ``CheckMoments``."""

    def __init__(
        self, engine: Engine, rows: ExplainStatements, sources: SourceStatements, comparison: ComparisonStatements
    ) -> None:
        self._engine = engine
        self._rows = rows
        self._sources = sources
        self._comparison = comparison

    @contextmanager
    def now(self) -> Iterator[CheckMoment]:
        """See the port."""
        with standing_still(self._engine) as connection:
            yield PostgresCheckMoment(
                PostgresMirrorRows(connection, self._rows),
                PostgresKeptStates(connection, self._rows.keyless),
                PostgresTargetRows(connection, self._rows.target),
                PostgresSources(connection, self._sources),
                PostgresComparison(connection, self._comparison),
                PostgresClaims(connection),
                connection,
                self._rows.keyless,
            )
