"""Are a declaration's terms possible? Rules, their parameters and code lists, the values that they read."""

from collections.abc import Iterator, Mapping

from streams.projection.catalog import Catalog
from streams.projection.converters import CONVERTERS, Reference
from streams.projection.declaration import DIFFER, Input, Projection, Term

Path = tuple[str | int, ...]


def paths_of(projection: Projection) -> Iterator[tuple[Path, Term]]:
    """Every term, and where in the file it stands; parts of derived keys too."""
    for column in projection.columns:
        path: Path = ("columns", column.name) if column is not projection.columns[0] else ("key",)
        yield from ((path, term) for term in column.terms)
    for lookup in projection.lookups:
        yield from ((("lookups", lookup.name), term) for term in lookup.terms)
    for number, check in enumerate(projection.checks):
        yield ("findings", number), check.term
    for source in projection.sources:
        yield from ((("sources", source.name, "key"), part) for part in source.parts)


def parameter_faults(projection: Projection, reference: Reference) -> Iterator[tuple[Path, str]]:
    """Parameters and code lists that a rule reads: a name that is none would refuse every value of the column."""
    for path, term in paths_of(projection):
        converter = CONVERTERS.get(term.rule)
        name = term.arguments.get("list")
        if name is not None and name not in reference.codes:
            yield path, f"there is no code list {name!r}; there are {', '.join(sorted(reference.codes))}"
        elif converter is not None:
            missing = sorted(converter.required - term.arguments.keys())
            yield from ((path, f"rule {term.rule} needs the parameter {wanted!r}") for wanted in missing)


def term_faults(
    projection: Projection, others: Mapping[str, Projection], legacy: Catalog
) -> Iterator[tuple[Path, str]]:
    """Rules that there are not, and values that nothing holds."""
    found = {k.name: others[k.projection] for k in projection.lookups if k.projection in others}
    names = {lookup.name for lookup in projection.lookups}
    sources = {source.name for source in projection.sources}
    for path, term in paths_of(projection):
        is_part = path[0] == "sources"
        yield from ((path, message) for message in rule_faults(term, may_be_many=is_part))
        if is_part:
            continue
        readable = {} if path[0] == "lookups" else found
        for value in term.inputs:
            yield from ((path, message) for message in input_faults(value, projection, legacy, readable))
        for name in (term.when, term.unless):
            if name is not None and name not in sources:
                yield path, f"there is no source {name!r}"
        if term.lookup is not None:
            name, looked_up = term.lookup
            if name not in names:
                yield path, f"there is no lookup {name!r}"
            elif name in found and looked_up not in {column.name for column in found[name].columns}:
                yield path, f"{found[name].target} has no owned column {looked_up!r}"


def rule_faults(term: Term, *, may_be_many: bool = False) -> Iterator[str]:
    """Faults of the rule itself."""
    if not term.rule:
        return
    converter = CONVERTERS.get(term.rule)
    if converter is None:
        yield f"there is no rule {term.rule!r}"
        return
    if not converter.accepts(len(term.inputs)):
        yield f"rule {term.rule} does not take {len(term.inputs)} values"
    if converter.many and not may_be_many:
        yield f"rule {term.rule} gives several values: it can only be a part of a source's key"
    for name in sorted(set(term.arguments) - converter.parameters):
        yield f"rule {term.rule} has no parameter {name!r}"


def input_faults(
    value: Input, projection: Projection, legacy: Catalog, found: Mapping[str, Projection]
) -> Iterator[str]:
    """Faults of one value; ``found``: by look-up, whose rows may be read here."""
    if value.is_key:
        parts = max((len(source.parts) for source in projection.sources), default=0) or 1
        if value.column and not 1 <= int(value.column) <= parts:
            yield f"the key has {parts} parts: there is no key.{value.column}" if parts > 1 else "the key has no parts"
        return
    if value.source in found:
        if value.column not in {column.name for column in found[value.source].columns}:
            yield f"{found[value.source].target} has no owned column {value.column!r}"
        return
    source = next((s for s in projection.sources if s.name == value.source), None)
    if source is None:
        yield f"there is no source {value.source!r}"
        return
    if value.is_pseudo:
        column = value.column.removeprefix(DIFFER)
        if column != value.column and column not in source.agree:
            yield f"source {source.name} does not declare it under 'agree': {column!r}"
        return
    table = legacy.tables.get(source.table)
    if table is not None and value.column not in table.columns:
        yield f"table {source.table} has no column {value.column!r}"
