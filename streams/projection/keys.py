"""Keys that are derived from a row: a keyed hash, a natural key of several columns, one key for each item of a list."""

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import product
from typing import cast

from streams.projection.converters import CONVERTERS, Reference, Refusal
from streams.projection.converters.legacy_value import PLACEHOLDERS
from streams.projection.declaration import Source, Term
from streams.projection.remembered import MISSING, Convert, Runs, memory_of

AS_IT_IS = frozenset({"COPY", "NULL0"})  # rules that give a printable text as it is, or trimmed
SEPARATOR, ESCAPE, UNKEYED = "|", "\\", "?"
LOOKS_UNKEYED = "it looks like the name of a row without key"
Row = Mapping[str, object]
Part = Callable[[Row], Sequence[str] | None]
Derive = Callable[[Row], tuple[str, ...]]


class KeyMaker:
    """Derives the keys of one source's rows; ``others``: the projection's other sources."""

    def __init__(self, source: Source, reference: Reference, others: Collection[str] = ()) -> None:
        self.source = source
        self._names = frozenset({source.name, *others})
        runs = Runs()
        parts = tuple(_part(term, reference, runs) for term in source.parts)
        if any(term.rule and CONVERTERS[term.rule].many for term in source.parts):
            self._derive = _several(parts, runs)
        else:
            self._derive = _one_of_one(parts[0], runs) if len(parts) == 1 else _one(parts, runs)

    def keys(self, row: Row, row_id: str) -> tuple[str, ...]:
        """The keys of a row: none where it does not concern the projection, several for a list.

        A row whose key a rule refuses is known by a key of its own, so that it is not lost from sight.
        """
        try:
            return self.derive(row)
        except Refusal:
            return (unkeyed(self.source.name, row_id),)

    def derive(self, row: Row) -> tuple[str, ...]:
        """The keys of a row; Refusal when a rule refuses a part of them."""
        keys = self._derive(row)
        for key in keys:
            if key.startswith(UNKEYED) and unkeyed_source(key) in self._names:
                raise Refusal("KEY", LOOKS_UNKEYED)
        return keys


def _one_of_one(part: Part, runs: Runs) -> Derive:
    """A key of one part, of which a row has one at most."""

    def derive(row: Row) -> tuple[str, ...]:
        runs.count += 1
        values = part(row)
        return () if values is None else (values[0],)

    return derive


def _one(parts: Sequence[Part], runs: Runs) -> Derive:
    """A key of several parts, of which a row has one at most."""

    def derive(row: Row) -> tuple[str, ...]:
        runs.count += 1
        texts = []
        for part in parts:
            values = part(row)
            if values is None:
                return ()
            texts.append(values[0])
        return (join(texts),)

    return derive


def _several(parts: Sequence[Part], runs: Runs) -> Derive:
    """Every combination of what the parts give."""

    def derive(row: Row) -> tuple[str, ...]:
        runs.count += 1
        found = []
        for part in parts:
            values = part(row)
            if values is None:
                return ()
            found.append(values)
        return tuple(dict.fromkeys(join(texts) for texts in product(*found)))

    return derive


def _part(term: Term, reference: Reference, runs: Runs) -> Part:
    if not term.rule:
        fixed = (str(term.value),)
        return lambda _row: fixed
    columns = tuple(i.column for i in term.inputs)
    texts_of = _texts_of(term, reference)
    if term.rule in AS_IT_IS and not term.arguments:
        return _part_as_it_is(columns[0], texts_of, trims=term.rule == "NULL0")
    memory = memory_of(term, texts_of, runs)
    get, miss = memory.get, memory.miss
    if len(columns) == 1:
        column = columns[0]

        def part_of_one(row: Row) -> Sequence[str] | None:
            value = row[column]
            found = get(value, MISSING)
            return cast("Sequence[str] | None", miss(value) if found is MISSING else found)

        return part_of_one

    def part(row: Row) -> Sequence[str] | None:
        values = tuple([row[column] for column in columns])
        found = get(values, MISSING)
        return cast("Sequence[str] | None", miss(values) if found is MISSING else found)

    return part


def _part_as_it_is(column: str, otherwise: Convert, *, trims: bool) -> Part:
    """Without detours: nearly every value of such a column is another one."""

    def part_as_it_is(row: Row) -> Sequence[str] | None:
        value = row[column]
        if type(value) is str and value.isprintable():
            text = value.strip() if trims else value
            if text not in PLACEHOLDERS:
                return (text,)
        return cast("Sequence[str] | None", otherwise(value))

    return part_as_it_is


def _texts_of(term: Term, reference: Reference) -> Convert:
    """The part's texts by the values that its rule reads; None where the row does not concern the projection."""
    call, arguments = CONVERTERS[term.rule].call, term.arguments
    missing = ("",) if term.optional else None

    def texts_of(values: object) -> object:
        # Text, as the mirror reports changed rows: a number must not give another key when it is read as a number.
        if isinstance(values, tuple):
            value = call(reference, arguments, *[None if one is None else str(one) for one in values])
        else:
            value = call(reference, arguments, None if values is None else str(values))
        if isinstance(value, tuple):
            return value or missing
        return missing if value is None or value == "" else (str(value),)

    return texts_of


def join(texts: Sequence[str]) -> str:
    """Parts as one text, as the rule `GABUNG` makes it; different parts give different texts.

    One part is its own text: whoever looks it up has the same.
    """
    joined = SEPARATOR.join(texts)
    if len(texts) == 1 or (ESCAPE not in joined and joined.count(SEPARATOR) == len(texts) - 1):
        return joined
    return SEPARATOR.join(map(as_part, texts))


def as_part(text: str) -> str:
    """A text as it stands in a key of several parts."""
    return text.replace(ESCAPE, ESCAPE * 2).replace(SEPARATOR, ESCAPE + SEPARATOR)


def split(key: str) -> list[str]:
    """The parts of a key of several parts."""
    if ESCAPE not in key:
        return key.split(SEPARATOR)
    parts, current, characters = [], "", iter(key)
    for character in characters:
        if character == ESCAPE:
            current += next(characters, "")
        elif character == SEPARATOR:
            parts.append(current)
            current = ""
        else:
            current += character
    return [*parts, current]


def unkeyed(source: str, row_id: str) -> str:
    """The key by which a row is known whose real key a rule refuses."""
    return f"{UNKEYED}{source}:{row_id}"


def unkeyed_source(key: str) -> str | None:
    """The source of such a row, or None for any other key. What begins with a source's name has that source alone."""
    source, colon, _ = key[1:].partition(":") if key.startswith(UNKEYED) else ("", "", "")
    return source if colon else None
