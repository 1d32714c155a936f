"""Terms made ready to run: how a value is got from the chosen rows, the key, and the rows looked up."""

from collections.abc import Callable, Collection, Mapping, Sequence

from streams.projection.choose import Chosen
from streams.projection.converters import CONVERTERS, Reference, Refusal
from streams.projection.declaration import Input, Term
from streams.projection.fit import Fit
from streams.projection.keys import split

LookedUp = Mapping[str, Mapping[str, object]]
"""By look-up name: the row found. A look-up without a row is not in it."""

Evaluate = Callable[[str, Chosen, LookedUp], object]
Read = Callable[[str, Chosen, LookedUp], object]


def compile_term(term: Term, lookups: Collection[str], reference: Reference) -> Evaluate:
    """A function that gives the term's value, None where it has none; it raises Refusal.

    A term counts only if each source that it reads has a row. Of a look-up without a row it reads NULL.
    """
    if term.lookup is not None:
        name, looked_up = term.lookup
        return lambda _key, _chosen, found: found[name][looked_up] if name in found else None
    needed = {i.source for i in term.inputs if not i.is_key and i.source not in lookups}
    needed |= {term.when} if term.when else set()
    unless, value = term.unless, term.value
    if not term.rule:
        return lambda _key, chosen, _found: value if needed.issubset(chosen) and unless not in chosen else None
    call, arguments = CONVERTERS[term.rule].call, term.arguments
    reads = tuple(_read(i, lookups) for i in term.inputs)

    def evaluate(key: str, chosen: Chosen, found: LookedUp) -> object:
        if not needed.issubset(chosen) or unless in chosen:
            return None
        return call(reference, arguments, *(read(key, chosen, found) for read in reads))

    return evaluate


def _read(source: Input, lookups: Collection[str]) -> Read:
    name, column = source.source, source.column
    if not name:
        return _read_key(column)
    if name in lookups:
        return lambda _key, _chosen, found: found[name][column] if name in found else None
    return lambda _key, chosen, _found: chosen[name][column]


def _read_key(part: str) -> Read:
    if not part:
        return lambda key, _chosen, _found: key
    place = int(part) - 1

    def read(key: str, _chosen: Chosen, _found: LookedUp) -> object:
        parts = split(key)
        return parts[place] or None if place < len(parts) else None

    return read


def first(terms: Sequence[Evaluate], fit: Fit | None, key: str, chosen: Chosen, found: LookedUp) -> object | None:
    """The first value that a term gives, made to fit; a Refusal ends the search and is told the number of its term."""
    for number, evaluate in enumerate(terms):
        try:
            value = evaluate(key, chosen, found)
            if value is not None:
                return value if fit is None else fit(value)
        except Refusal as refusal:
            refusal.term = number
            raise
    return None


def shown_text(source: Input, key: str, chosen: Chosen) -> str | None:
    """An input as text, for references and (behind a mask) for messages; None for what was looked up."""
    if source.is_key:
        value = _read_key(source.column)(key, {}, {})
        return None if value is None else str(value)
    row = chosen.get(source.source)
    value = row.get(source.column) if row is not None else None
    return None if value is None else str(value)
