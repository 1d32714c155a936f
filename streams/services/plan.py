"""The compiled projections in their order, with everything that a pass needs to know about them."""

import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from streams.ports.replication import Bucket
from streams.projection.catalog import Catalog
from streams.projection.compute import CompiledProjection
from streams.projection.converters import Reference
from streams.projection.declaration import Projection
from streams.projection.keys import KeyMaker
from streams.projection.order import Dependent, dependents, in_order, is_recorded
from streams.projection.virtual import table_of

BUCKETS = 256  # a class: all classes together must find room in the server's table of locks, for several workers
Touched = Mapping[tuple[str, str], set[str]]
"""By (table, column): the values that changed rows held there, before and after."""


@dataclass(frozen=True, slots=True)
class DerivedSource:
    """A source whose rows have keys beside them; ``name``: as they are stored, ``projection.source``."""

    name: str
    projection: str
    table: str
    maker: KeyMaker


@dataclass(frozen=True, slots=True)
class Plan:
    """Projections in order; ``mapping`` and ``reference`` are the fingerprints of what they were made from.

    ``derived``: by legacy table, the sources whose keys are derived from its rows. ``plain``: by legacy table and
    column, projection and name of the sources whose key that column is.
    """

    ordered: Sequence[CompiledProjection]
    dependents: Mapping[str, Sequence[Dependent]]
    ranks: Mapping[str, int]
    mapping: str
    reference: str
    derived: Mapping[str, Sequence[DerivedSource]]
    plain: Mapping[str, Mapping[str, Sequence[tuple[str, str]]]]

    @property
    def tables(self) -> tuple[str, ...]:
        """The target tables, in the order of the projections."""
        return tuple(p.declaration.target for p in self.ordered if not p.declaration.virtual)

    def compiled(self, name: str) -> CompiledProjection:
        """The compiled projection of that target table."""
        return self.ordered[self.ranks[name]]

    def keys_touched(self, touched: Touched) -> dict[str, set[str]]:
        """By projection, the keys whose source rows changed, where a plain column tells them."""
        keys: dict[str, set[str]] = {p.declaration.target: set() for p in self.ordered}
        for projection in self.ordered:
            for source in projection.declaration.sources:
                if not source.is_derived:
                    keys[projection.declaration.target] |= touched.get((source.table, source.key), set())
        return keys

    def looked_up(self, touched: Touched) -> dict[str, set[str]]:
        """By projection, the keys that changed rows refer to: they are locked too, or a wake-up could be lost.

        References that only a rule can tell are locked when they are read.
        """
        keys: dict[str, set[str]] = {p.declaration.target: set() for p in self.ordered}
        for projection in self.ordered:
            for lookup in projection.declaration.lookups:
                sources = projection.declaration.sources
                if is_recorded(projection.declaration, lookup) or lookup.key is None:
                    continue
                if lookup.key.is_key:
                    columns = [(source.table, source.key) for source in sources if not source.is_derived]
                else:
                    columns = [(projection.declaration.source(lookup.key.source).table, lookup.key.column)]
                for column in columns:
                    keys[lookup.projection] |= touched.get(column, set())
        return keys

    def recorded(self, name: str) -> frozenset[str]:
        """The look-ups of a projection whose references are written down."""
        declaration = self.compiled(name).declaration
        return frozenset(lookup.name for lookup in declaration.lookups if is_recorded(declaration, lookup))

    def key_buckets(self, projection: str, keys: Collection[str]) -> set[Bucket]:
        """The locks of these keys."""
        return _buckets(2 * self.ranks[projection], keys)

    def claim_buckets(self, projection: str, column: str, values: Collection[str]) -> set[Bucket]:
        """The locks of these claimed values; they come after the locks of the projection's keys."""
        return _buckets(2 * self.ranks[projection] + 1, [f"{column}={value}" for value in values])


def _buckets(lock_class: int, texts: Iterable[str]) -> set[Bucket]:
    return {(lock_class, zlib.crc32(text.encode()) % BUCKETS) for text in texts}


def make_plan(
    projections: Sequence[Projection], target: Catalog, reference: Reference, fingerprints: tuple[str, str]
) -> Plan:
    """Compile declarations that ``faults_of`` found possible; ``fingerprints``: of the mapping and the reference."""
    ordered = in_order(projections)
    tables = {p.target: table for p in ordered if (table := table_of(p, target)) is not None}
    compiled = [CompiledProjection(p, tables[p.target], reference) for p in ordered]
    ranks = {p.target: rank for rank, p in enumerate(ordered)}
    derived: dict[str, list[DerivedSource]] = {}
    plain: dict[str, dict[str, list[tuple[str, str]]]] = {}
    for one in compiled:
        for source in one.declaration.sources:
            if source.is_derived:
                name = f"{one.declaration.target}.{source.name}"
                made = DerivedSource(name, one.declaration.target, source.table, one.key_makers[source.name])
                derived.setdefault(source.table, []).append(made)
            else:
                columns = plain.setdefault(source.table, {})
                columns.setdefault(source.key, []).append((one.declaration.target, source.name))
    return Plan(compiled, dependents(ordered), ranks, *fingerprints, derived, plain)


def returning_columns(projections: Sequence[Projection]) -> Mapping[str, tuple[str, ...]]:
    """By legacy table: the columns whose values the mirror must report of every changed row."""
    columns: dict[str, set[str]] = {}
    for projection in projections:
        for source in projection.sources:
            columns.setdefault(source.table, set()).update(source.key_columns)
        for lookup in projection.lookups:
            if lookup.key is not None and not lookup.key.is_key:
                columns.setdefault(projection.source(lookup.key.source).table, set()).add(lookup.key.column)
    return {table: tuple(sorted(names)) for table, names in columns.items()}
