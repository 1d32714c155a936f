"""Is a set of declarations possible? Checked against both databases' tables at start; every fault is told."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from streams.projection.catalog import Catalog, Table
from streams.projection.converters import CONVERTERS, Reference
from streams.projection.declaration import DELETED_AT, Input, Projection, Source, Term
from streams.projection.order import in_order

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class MappingFault:
    """What is wrong, and where: the mapping file and the path of keys inside it."""

    file: str
    path: Path
    message: str


def faults_of(
    projections: Sequence[Projection], legacy: Catalog, target: Catalog, reference: Reference
) -> list[MappingFault]:
    """Every fault of every declaration; an empty list means that they can run."""
    by_name = {p.target: p for p in projections}
    faults = [fault for p in projections for fault in _faults(p, by_name, legacy, target)]
    faults += [MappingFault(p.file, path, message) for p in projections for path, message in _lists(p, reference)]
    faults += [
        MappingFault(p.file, ("target",), f"{p.target!r} is mapped by {by_name[p.target].file} too")
        for p in projections
        if by_name[p.target] is not p
    ]
    try:
        in_order([p for p in projections if all(lookup.projection in by_name for lookup in p.lookups)])
    except ValueError as error:
        faults.append(MappingFault(projections[0].file, ("lookups",), str(error)))
    return faults


def _faults(
    projection: Projection, others: Mapping[str, Projection], legacy: Catalog, target: Catalog
) -> Iterator[MappingFault]:
    table = target.tables.get(projection.target)
    if table is None:
        yield MappingFault(projection.file, ("target",), f"the new database has no table {projection.target!r}")
        return
    for path, message in (
        *_source_faults(projection, legacy),
        *_column_faults(projection, legacy, table),
        *_lookup_faults(projection, others, legacy),
        *_claim_faults(projection, table),
    ):
        yield MappingFault(projection.file, path, message)


def _source_faults(projection: Projection, legacy: Catalog) -> Iterator[tuple[Path, str]]:
    for source in projection.sources:
        path: Path = ("sources", source.name)
        table = legacy.tables.get(source.table)
        if table is None:
            yield (*path, "table"), f"the legacy database has no table {source.table!r}"
            continue
        named = [("key", source.key), *(("newest", order.column) for order in source.newest)]
        if source.active:
            named.append(("active", source.active[0]))
        for part, column in named:
            if column not in table.columns:
                yield (*path, part), f"table {source.table} has no column {column!r}"
        for order in source.newest:
            if order.rule and order.rule not in CONVERTERS:
                yield (*path, "newest"), f"there is no rule {order.rule!r}"
            elif order.rule and not CONVERTERS[order.rule].accepts(1):
                yield (*path, "newest"), f"rule {order.rule} does not take 1 value"


def _column_faults(projection: Projection, legacy: Catalog, table: Table) -> Iterator[tuple[Path, str]]:
    for column in projection.columns:
        is_key = column.name == projection.key_column
        path: Path = ("key",) if is_key else ("columns", column.name)
        if column.name not in table.columns:
            yield path, f"table {table.name} has no column {column.name!r}"
        if is_key and column is not projection.columns[0]:
            yield ("columns", column.name), "the key column is declared under 'key' alone"
        for term in column.terms:
            yield from ((path, message) for message in _term_faults(term, projection, legacy))
    if table.key != (projection.key_column,):
        yield ("key", "column"), f"the primary key of {table.name} is {', '.join(table.key) or 'missing'}"


def _lists(projection: Projection, reference: Reference) -> Iterator[tuple[Path, str]]:
    """Code lists that a rule reads: a name that is none would refuse every value of the column."""
    for column in projection.columns:
        path: Path = ("columns", column.name) if column is not projection.columns[0] else ("key",)
        for term in column.terms:
            converter = CONVERTERS.get(term.rule)
            name = term.arguments.get("list")
            if name is not None and name not in reference.codes:
                yield path, f"there is no code list {name!r}; there are {', '.join(sorted(reference.codes))}"
            elif converter is not None:
                missing = sorted(converter.required - term.arguments.keys())
                yield from ((path, f"rule {term.rule} needs the parameter {wanted!r}") for wanted in missing)


def _term_faults(term: Term, projection: Projection, legacy: Catalog) -> Iterator[str]:
    if term.rule:
        converter = CONVERTERS.get(term.rule)
        if converter is None:
            yield f"there is no rule {term.rule!r}"
        else:
            if not converter.accepts(len(term.inputs)):
                yield f"rule {term.rule} does not take {len(term.inputs)} values"
            for name in sorted(set(term.arguments) - converter.parameters):
                yield f"rule {term.rule} has no parameter {name!r}"
    for value in term.inputs:
        yield from _input_faults(value, projection.sources, legacy)
    known = {source.name for source in projection.sources}
    yield from (f"there is no source {name!r}" for name in (term.when, term.unless) if name not in (None, *known))


def _input_faults(value: Input, sources: Sequence[Source], legacy: Catalog) -> Iterator[str]:
    if value.is_key:
        return
    source = next((s for s in sources if s.name == value.source), None)
    if source is None:
        yield f"there is no source {value.source!r}"
        return
    table = legacy.tables.get(source.table)
    if table is not None and value.column != DELETED_AT and value.column not in table.columns:
        yield f"table {source.table} has no column {value.column!r}"


def _lookup_faults(
    projection: Projection, others: Mapping[str, Projection], legacy: Catalog
) -> Iterator[tuple[Path, str]]:
    names = {lookup.name: lookup.projection for lookup in projection.lookups}
    for lookup in projection.lookups:
        if lookup.projection not in others:
            yield ("lookups", lookup.name), f"there is no mapping of {lookup.projection!r}"
        yield from ((("lookups", lookup.name), m) for m in _input_faults(lookup.key, projection.sources, legacy))
    for column in projection.columns:
        for term in column.terms:
            if term.lookup is None:
                continue
            name, looked_up = term.lookup
            if name not in names:
                yield ("columns", column.name), f"there is no lookup {name!r}"
            elif names[name] in others and looked_up not in {c.name for c in others[names[name]].columns}:
                yield ("columns", column.name), f"{names[name]} has no owned column {looked_up!r}"


def _claim_faults(projection: Projection, table: Table) -> Iterator[tuple[Path, str]]:
    owned = {column.name for column in projection.columns}
    for number, claim in enumerate(projection.claims):
        for name in (claim.column, *claim.prefer):
            if name not in owned:
                yield ("claims", number), f"{table.name} has no owned column {name!r}"
