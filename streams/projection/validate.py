"""Is a set of declarations possible? Checked against both databases' tables at start; every fault is told."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from streams.projection.catalog import Catalog, Table
from streams.projection.converters import CONVERTERS, Reference
from streams.projection.declaration import Projection, Source
from streams.projection.order import in_order
from streams.projection.validate_terms import Path, input_faults, parameter_faults, term_faults
from streams.projection.virtual import table_of


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
    faults += [
        MappingFault(p.file, path, message) for p in projections for path, message in parameter_faults(p, reference)
    ]
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
    table = table_of(projection, target)
    if table is None:
        yield MappingFault(projection.file, ("target",), f"the new database has no table {projection.target!r}")
        return
    if projection.virtual and projection.target in target.tables:
        yield MappingFault(projection.file, ("virtual",), f"the new database has a table {projection.target!r}")
    for path, message in (
        *_source_faults(projection, legacy),
        *_column_faults(projection, table),
        *_lookup_faults(projection, others, legacy),
        *term_faults(projection, others, legacy),
        *_claim_faults(projection, table),
    ):
        yield MappingFault(projection.file, path, message)


def _source_faults(projection: Projection, legacy: Catalog) -> Iterator[tuple[Path, str]]:
    if len({len(source.parts) > 1 for source in projection.sources}) > 1:
        yield ("sources",), "some of these keys have one part and others several: different keys could be one text"
    for source in projection.sources:
        path: Path = ("sources", source.name)
        table = legacy.tables.get(source.table)
        if table is None:
            yield (*path, "table"), f"the legacy database has no table {source.table!r}"
            continue
        for part, column in _named(source):
            if column not in table.columns:
                yield (*path, part), f"table {source.table} has no column {column!r}"
        if source.is_derived and len(table.key) > 1:
            yield (*path, "key"), f"rows of {source.table} have a key of several columns: others can't be derived"
        for order in source.newest:
            if order.rule and order.rule not in CONVERTERS:
                yield (*path, "newest"), f"there is no rule {order.rule!r}"
            elif order.rule and not CONVERTERS[order.rule].accepts(1):
                yield (*path, "newest"), f"rule {order.rule} does not take 1 value"


def _named(source: Source) -> Iterator[tuple[str, str]]:
    yield from (("key", column) for column in source.key_columns)
    yield from (("newest", order.column) for order in source.newest)
    yield from (("agree", column) for column in source.agree)
    if source.active:
        yield "active", source.active[0]


def _column_faults(projection: Projection, table: Table) -> Iterator[tuple[Path, str]]:
    for column in projection.columns:
        is_key = column.name == projection.key_column
        path: Path = ("key",) if is_key else ("columns", column.name)
        if column.name not in table.columns:
            yield path, f"table {table.name} has no column {column.name!r}"
        if is_key and column is not projection.columns[0]:
            yield ("columns", column.name), "the key column is declared under 'key' alone"
    if table.key != (projection.key_column,):
        yield ("key", "column"), f"the primary key of {table.name} is {', '.join(table.key) or 'missing'}"


def _lookup_faults(
    projection: Projection, others: Mapping[str, Projection], legacy: Catalog
) -> Iterator[tuple[Path, str]]:
    sources = {source.name for source in projection.sources}
    for lookup in projection.lookups:
        path: Path = ("lookups", lookup.name)
        if lookup.projection not in others:
            yield path, f"there is no mapping of {lookup.projection!r}"
        if lookup.name in sources:
            yield path, f"{lookup.name!r} is the name of a source too"
        if lookup.key is not None:
            yield from ((path, message) for message in input_faults(lookup.key, projection, legacy, {}))


def _claim_faults(projection: Projection, table: Table) -> Iterator[tuple[Path, str]]:
    owned = {column.name for column in projection.columns}
    for number, claim in enumerate(projection.claims):
        for name in (claim.column, *claim.prefer, *(column for column, _ in claim.when)):
            if name not in owned:
                yield ("claims", number), f"{table.name} has no owned column {name!r}"
        if claim.when and not any(isinstance(value, bool) for _, value in claim.when):
            yield ("claims", number), "one of the conditions must be a boolean: a row gives its value up by it"
