"""In which order projections are computed, and who must be computed again when a looked-up row changes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from streams.projection.declaration import Lookup, Projection


@dataclass(frozen=True, slots=True)
class Dependent:
    """A projection that looks another one up: by its own key, by a legacy column (``table``), or by what rules make of
    its row (``recorded``: it is written down for each key what it looked up).

    ``reads``: the looked-up columns that it uses; it need not be computed again when none of them changed.
    """

    projection: str
    lookup: str
    table: str | None
    column: str | None
    own_key: str | None
    reads: frozenset[str]
    recorded: bool = False


def in_order(projections: Iterable[Projection]) -> tuple[Projection, ...]:
    """Looked-up projections before those that look them up, ties by name; ValueError names a circle."""
    left = {p.target: p for p in projections}
    ordered: list[Projection] = []
    while left:
        ready = sorted(n for n, p in left.items() if not any(lookup.projection in left for lookup in p.lookups))
        if not ready:
            raise ValueError(f"these projections look each other up in a circle: {', '.join(sorted(left))}")
        ordered += [left.pop(name) for name in ready]
    return tuple(ordered)


def dependents(projections: Sequence[Projection]) -> Mapping[str, tuple[Dependent, ...]]:
    """For each projection, who looks it up."""
    result: dict[str, list[Dependent]] = {p.target: [] for p in projections}
    for projection in projections:
        for lookup in projection.lookups:
            dependent = _dependent(projection, lookup, _reads(projection, lookup.name))
            result[lookup.projection].append(dependent)
    return {name: tuple(found) for name, found in result.items()}


def columns_looked_up(projection: Projection, dependents: Iterable[Dependent]) -> tuple[str, ...]:
    """The columns of its rows that others read, in order, the key's column always among them."""
    read = {projection.key_column}.union(*(dependent.reads for dependent in dependents))
    return tuple(column.name for column in projection.columns if column.name in read)


def is_recorded(projection: Projection, lookup: Lookup) -> bool:
    """Whether no index on the mirror can tell which keys look a key up."""
    if lookup.key is None or lookup.key.is_key:
        return lookup.key is None or bool(lookup.key.column)
    return projection.source(lookup.key.source).is_derived


def _dependent(projection: Projection, lookup: Lookup, reads: frozenset[str]) -> Dependent:
    name = projection.target
    if lookup.key is None or is_recorded(projection, lookup):
        return Dependent(name, lookup.name, None, None, None, reads, recorded=True)
    if lookup.key.is_key:
        return Dependent(name, lookup.name, None, None, None, reads)
    source = projection.source(lookup.key.source)
    return Dependent(name, lookup.name, source.table, lookup.key.column, source.key, reads)


def _reads(projection: Projection, lookup: str) -> frozenset[str]:
    terms = projection.terms
    whole = {term.lookup[1] for term in terms if term.lookup is not None and term.lookup[0] == lookup}
    return frozenset(whole | {i.column for term in terms for i in term.inputs if i.source == lookup})
