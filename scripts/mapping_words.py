"""A mapping's parts as words of Markdown: terms, keys, choice rules, the way back."""

import re
from collections.abc import Iterable, Iterator

from streams.projection.converters import CONVERTERS
from streams.projection.declaration import Column, Input, Lookup, Projection, Source, Term

BREAK = "<br>"


def code(text: object) -> str:
    """As code."""
    return f"`{text}`"


def cell(text: str) -> str:
    """For a cell of a table: a bar would end it."""
    return text.replace("|", r"\|").replace("\n", " ")


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """The lines of a table; none when it would be empty."""
    heads, body = list(heads), [[cell(text) for text in row] for row in rows]
    if not body:
        return []
    lines = [heads, ["---"] * len(heads), *body]
    return [f"| {' | '.join(line)} |" for line in lines] + [""]


def rule_link(name: str) -> str:
    """A rule's name, leading to what is said of it."""
    return f"[{code(name)}](#rule-{name.lower()})"


def prose(docstring: str) -> str:
    """The first paragraph of a docstring, in Markdown."""
    return " ".join(docstring.partition("\n\n")[0].split()).replace("``", "`")


def lead(docstring: str) -> str:
    """What a rule makes, in half a sentence."""
    text = re.sub(r" \([^()]*\)", "", prose(docstring))
    half = re.split(r"[.:;](?= |$)", text, maxsplit=1)[0]
    return half if half[1:2].isupper() else half[:1].lower() + half[1:]


def term_words(term: Term) -> str:
    """A term in one line: rule, values, parameters, condition."""
    if term.lookup is not None:
        said = f"{code('.'.join(term.lookup))} as found"
    elif term.rule:
        said = f"{rule_link(term.rule)} of {', '.join(code(input_words(i)) for i in term.inputs)}"
        said += "".join(f", {name} {value_words(value)}" for name, value in sorted(term.arguments.items()))
    else:
        said = f"always {code(value_words(term.value))}"
    said += f", if {code(term.when)} has a row" if term.when else ""
    said += f", if {code(term.unless)} has no row" if term.unless else ""
    return said + (", may be missing" if term.optional else "")


def terms_words(terms: tuple[Term, ...]) -> str:
    """Terms one below the other, numbered where there are several: the first that yields a value wins."""
    if len(terms) == 1:
        return term_words(terms[0])
    return BREAK.join(f"{number}. {term_words(term)}" for number, term in enumerate(terms, 1))


def input_words(value: Input) -> str:
    """A value as the mapping file writes it."""
    if value.is_key:
        return f"key.{value.column}" if value.column else "key"
    return f"{value.source}.{value.column}"


def key_words(source: Source) -> str:
    """What the key of a source's rows is made of."""
    return code(source.key) if source.key else BREAK.join(_part(term) for term in source.parts)


def choice_words(source: Source) -> str:
    """Which of several rows of one key speaks."""
    said = ["live before deleted"]
    if source.active:
        said.append(f"{code(source.active[0])} = {code(source.active[1])} first")
    newest = [code(o.column) + (f" read by {rule_link(o.rule)}" if o.rule else "") for o in source.newest]
    if newest:
        said.append(f"then the greatest {', '.join(newest)}")
    if source.agree:
        said.append(f"asked whether the live rows differ in {', '.join(map(code, source.agree))}")
    return BREAK.join(said)


def lookup_words(lookup: Lookup) -> str:
    """The key by which a row is looked up."""
    return code(input_words(lookup.key)) if lookup.key is not None else terms_words(lookup.terms)


def back_words(column: Column, projection: Projection) -> str:
    """Whether the column's value can be written back without loss, and why not."""
    if len(column.terms) > 1:
        lossy = {term.rule for term in column.terms if term.rule and not CONVERTERS[term.rule].reversible}
        seen = f"; see {', '.join(map(rule_link, sorted(lossy)))}" if lossy else ""
        return f"no: nothing tells which of {len(column.terms)} values it is{seen}"
    return next(_losses(column.terms[0], projection), "yes")


def _losses(term: Term, projection: Projection) -> Iterator[str]:
    lookups = {lookup.name: lookup.projection for lookup in projection.lookups}
    if term.lookup is not None:
        yield f"no: it belongs to {code(lookups[term.lookup[0]])}"
    elif not term.rule:
        yield "no: the legacy does not hold it"
    elif any(i.source in lookups for i in term.inputs):
        yield "no: it depends on rows looked up"
    elif any(i.is_pseudo for i in term.inputs):
        yield "no: it is told of the row's life, not of a column"
    elif not CONVERTERS[term.rule].reversible:
        yield f"no: {lead(CONVERTERS[term.rule].doc)}"
    for value in term.inputs:
        if value.is_key:
            yield from _losses_in_key(value, projection)


def _losses_in_key(value: Input, projection: Projection) -> Iterator[str]:
    """Why a derived key, or a part of it, can't be written back."""
    place = int(value.column or 0)
    parts = [part for s in projection.sources for part in (s.parts[place - 1 : place] if place else s.parts)]
    lossy = sorted({part.rule for part in parts if part.rule and not CONVERTERS[part.rule].reversible})
    if lossy:
        yield f"no: it is a part of the key, made by {', '.join(map(rule_link, lossy))}"
    elif any(not part.rule for part in parts):
        yield f"no: the legacy does not hold it{' in every source' if any(part.rule for part in parts) else ''}"


def shown_words(column: Column) -> str:
    """How a message shows the legacy value of a refused column."""
    legacy = any(term.inputs for term in column.terms)
    return ("openly" if column.open else "masked") if legacy else "-"


def _part(term: Term) -> str:
    plain = term.rule == "COPY" and not term.arguments and not term.optional
    words = code(term.inputs[0].column) if plain else term_words(term)
    return words.replace(f"{term.inputs[0].source}.", "") if term.inputs else words


def value_words(value: object) -> str:
    """A parameter or a fixed value as the mapping file writes it."""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if value is None:
        return "NULL"
    return str(value).lower() if isinstance(value, bool) else str(value)
