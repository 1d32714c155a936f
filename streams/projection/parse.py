"""A mapping file's content (shape already checked against the JSON Schema) as a declaration."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from streams.projection.declaration import Check, Claim, Column, Input, Lookup, Ordering, Projection, Source, Term


def parse_projection(content: Mapping[str, Any], file: str) -> Projection:
    """The declaration; relies on the shape that ``mapping.schema.json`` states."""
    key = content["key"]
    key_term = Term(rule=key["rule"], inputs=(Input("", ""),), arguments=key.get("with", {}))
    columns = (Column(key["column"], (key_term,)), *(_column(n, c) for n, c in content["columns"].items()))
    projection = Projection(
        target=content["target"],
        key_column=key["column"],
        sources=tuple(_source(name, source) for name, source in content["sources"].items()),
        columns=columns,
        lookups=tuple(_lookup(name, lookup) for name, lookup in content.get("lookups", {}).items()),
        claims=tuple(_claim(claim) for claim in content.get("claims", ())),
        checks=tuple(Check(check["name"], _term(check)) for check in content.get("findings", ())),
        virtual=content.get("virtual", False),
        file=file,
    )
    return projection if any(len(source.parts) > 1 for source in projection.sources) else _of_one_part(projection)


def _of_one_part(projection: Projection) -> Projection:
    """A key of one part is that part's text: ``key.1`` is the whole key."""

    def whole(read: Input) -> Input:
        return Input("", "") if read == Input("", "1") else read

    def these(terms: Iterable[Term]) -> tuple[Term, ...]:
        return tuple(replace(term, inputs=tuple(map(whole, term.inputs))) for term in terms)

    return replace(
        projection,
        columns=tuple(replace(column, terms=these(column.terms)) for column in projection.columns),
        lookups=tuple(
            replace(lookup, key=whole(lookup.key) if lookup.key else None, terms=these(lookup.terms))
            for lookup in projection.lookups
        ),
        checks=tuple(replace(check, term=these([check.term])[0]) for check in projection.checks),
    )


def _lookup(name: str, content: Mapping[str, Any]) -> Lookup:
    key, optional = content["key"], content.get("optional", False)
    if isinstance(key, str):
        return Lookup(name, content["projection"], _input(key), optional=optional)
    terms = [key] if isinstance(key, Mapping) else key
    return Lookup(name, content["projection"], None, tuple(_term(term) for term in terms), optional)


def _claim(content: Mapping[str, Any]) -> Claim:
    return Claim(content["column"], tuple(content["prefer"]), tuple(content.get("when", {}).items()))


def _source(name: str, content: Mapping[str, Any]) -> Source:
    active, key = content.get("active"), content["key"]
    newest = tuple(
        Ordering(item) if isinstance(item, str) else Ordering(item["column"], item["rule"])
        for item in content.get("newest", ())
    )
    return Source(
        name,
        content["table"],
        key if isinstance(key, str) else "",
        (active["column"], active["equals"]) if active else None,
        newest,
        () if isinstance(key, str) else tuple(_part(name, part) for part in key),
        tuple(content.get("agree", ())),
    )


def _part(source: str, content: str | Mapping[str, Any]) -> Term:
    """A part of a derived key; a bare name is a column taken as it is but for blanks around it."""
    if isinstance(content, str):
        content = {"rule": "COPY", "from": content}
    columns = content.get("from", ())
    names = (columns,) if isinstance(columns, str) else columns
    return Term(
        rule=content.get("rule", ""),
        inputs=tuple(Input(source, column) for column in names),
        arguments=content.get("with", {}),
        value=content.get("value"),
        optional=content.get("optional", False),
    )


def _column(name: str, content: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> Column:
    if isinstance(content, Mapping) and "terms" in content:
        terms, flags = content["terms"], [content]
    else:
        terms = [content] if isinstance(content, Mapping) else list(content)
        flags = terms
    # One closed term closes the column: a message may show what any of its terms read.
    legacy = [flag for flag in flags if flag is content or "from" in flag]
    return Column(
        name,
        tuple(_term(term) for term in terms),
        open=bool(legacy) and all(flag.get("open", False) for flag in legacy),
        commit_time=any(flag.get("commit_time", False) for flag in flags),
        kind=flags[0].get("type", "text"),
        required=any(flag.get("required", False) for flag in flags),
    )


def _term(content: Mapping[str, Any]) -> Term:
    lookup = content.get("lookup")
    sources = content.get("from", ())
    inputs = (sources,) if isinstance(sources, str) else sources
    return Term(
        rule=content.get("rule", ""),
        inputs=tuple(_input(item) for item in inputs),
        arguments=content.get("with", {}),
        value=content.get("value"),
        lookup=tuple(lookup.split(".", 1)) if lookup else None,
        when=content.get("when"),
        unless=content.get("unless"),
    )


def _input(text: str) -> Input:
    source, _, column = text.partition(".")
    return Input("", column) if source == "key" else Input(source, column)
