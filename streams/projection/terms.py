"""Terms made ready to run: how a value is got from the chosen rows, the key, and the rows looked up."""

from collections.abc import Callable, Collection, Mapping, Sequence

from streams.projection.choose import Chosen
from streams.projection.converters import Reference, Refusal
from streams.projection.declaration import Input, Term
from streams.projection.fit import Fit
from streams.projection.keys import split
from streams.projection.remembered import Convert, plain

LookedUp = Mapping[str, Mapping[str, object]]
"""By look-up name: the row found. A look-up without a row is not in it."""

Evaluate = Callable[[str, Chosen, LookedUp], object]
Read = Callable[[str, Chosen, LookedUp], object]


def compile_term(
    term: Term, lookups: Collection[str], reference: Reference, fit: Fit | None = None, number: int = 0
) -> Evaluate:
    """A function that gives the term's value, made to fit, None where it has none; it raises Refusal with ``number``.

    A term counts only if each source that it reads has a row. Of a look-up without a row it reads NULL.
    """
    if term.lookup is not None:
        name, looked_up = term.lookup
        return _fitting(lambda _key, _chosen, found: found[name][looked_up] if name in found else None, fit, number)
    needed = {i.source for i in term.inputs if not i.is_key and i.source not in lookups}
    needed |= {term.when} if term.when else set()
    unless, value = term.unless, term.value
    if not term.rule:

        def constant(_key: str, chosen: Chosen, _found: LookedUp) -> object:
            return value if needed.issubset(chosen) and unless not in chosen else None

        return _fitting(constant, fit, number)
    convert = plain(term, reference, fit, number)
    if len(term.inputs) == 1 and unless is None and needed == {term.inputs[0].source}:
        return _of_one(convert, term.inputs[0])
    reads = tuple(_read(i, lookups) for i in term.inputs)

    def evaluate(key: str, chosen: Chosen, found: LookedUp) -> object:
        if not needed.issubset(chosen) or unless in chosen:
            return None
        values = tuple([read(key, chosen, found) for read in reads])
        return convert(values[0] if len(values) == 1 else values)

    return evaluate


def _fitting(evaluate: Evaluate, fit: Fit | None, number: int) -> Evaluate:
    if fit is None:
        return evaluate

    def evaluate_and_fit(key: str, chosen: Chosen, found: LookedUp) -> object:
        value = evaluate(key, chosen, found)
        try:
            return None if value is None else fit(value)
        except Refusal as refusal:
            refusal.term = number
            raise

    return evaluate_and_fit


def _of_one(convert: Convert, source: Input) -> Evaluate:
    """The most frequent form, without detours: one column of one source."""
    name, column = source.source, source.column

    def evaluate(_key: str, chosen: Chosen, _found: LookedUp) -> object:
        row = chosen.get(name)
        return None if row is None else convert(row[column])

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


def first(terms: Sequence[Evaluate], key: str, chosen: Chosen, found: LookedUp) -> object | None:
    """The first value that a term gives; a Refusal ends the search."""
    for evaluate in terms:
        value = evaluate(key, chosen, found)
        if value is not None:
            return value
    return None


def shown_text(source: Input, key: str, chosen: Chosen) -> str | None:
    """An input as text, for references and (behind a mask) for messages; None for what was looked up."""
    if source.is_key:
        value = _read_key(source.column)(key, {}, {})
        return None if value is None else str(value)
    row = chosen.get(source.source)
    value = row.get(source.column) if row is not None else None
    return None if value is None else str(value)
