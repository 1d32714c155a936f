"""In which order projections are computed, and who must be computed again when a looked-up row changes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from streams.projection.declaration import Projection


@dataclass(frozen=True, slots=True)
class Dependent:
    """A projection that looks another one up: by its own key (``table`` None) or by a legacy column.

    ``reads``: the looked-up columns that it uses; it need not be computed again when none of them changed.
    """

    projection: str
    table: str | None
    column: str | None
    own_key: str | None
    reads: frozenset[str]


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
            reads = frozenset(
                term.lookup[1]
                for column in projection.columns
                for term in column.terms
                if term.lookup is not None and term.lookup[0] == lookup.name
            )
            if lookup.key.is_key:
                dependent = Dependent(projection.target, None, None, None, reads)
            else:
                source = projection.source(lookup.key.source)
                dependent = Dependent(projection.target, source.table, lookup.key.column, source.key, reads)
            result[lookup.projection].append(dependent)
    return {name: tuple(found) for name, found in result.items()}
