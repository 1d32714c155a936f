"""Keys that are derived from a row: a keyed hash, a natural key of several columns, one key for each item of a list."""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import cast

from streams.projection.converters import CONVERTERS, Reference, Refusal
from streams.projection.declaration import Source, Term
from streams.projection.remembered import MISSING, Convert, Runs, memory_of

SEPARATOR, ESCAPE, UNKEYED = "|", "\\", "?"
Row = Mapping[str, object]
Part = Callable[[Row], Sequence[str] | None]


class KeyMaker:
    """Derives the keys of one source's rows."""

    def __init__(self, source: Source, reference: Reference) -> None:
        self.source = source
        self._runs = Runs()
        self._parts = tuple(_part(term, reference, self._runs) for term in source.parts)
        self._is_single = not any(term.rule and CONVERTERS[term.rule].many for term in source.parts)

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
        self._runs.count += 1
        parts = []
        for part in self._parts:
            values = part(row)
            if values is None:
                return ()
            parts.append(values)
        if self._is_single:
            return (join([values[0] for values in parts]),)
        return tuple(dict.fromkeys(join(texts) for texts in product(*parts)))


def _part(term: Term, reference: Reference, runs: Runs) -> Part:
    if not term.rule:
        fixed = (str(term.value),)
        return lambda _row: fixed
    columns = tuple(i.column for i in term.inputs)
    memory = memory_of(term, _texts_of(term, reference), runs)
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


def _texts_of(term: Term, reference: Reference) -> Convert:
    """The part's texts by the values that its rule reads; None where the row does not concern the projection."""
    call, arguments = CONVERTERS[term.rule].call, term.arguments
    missing = ("",) if term.optional else None

    def texts_of(values: object) -> object:
        # Text, as the mirror reports changed rows: a number must not give another key when it is read as a number.
        read = values if isinstance(values, tuple) else (values,)
        texts = [None if value is None else str(value) for value in read]
        value = call(reference, arguments, *texts)
        if isinstance(value, tuple):
            return value or missing
        return missing if value is None or value == "" else (str(value),)

    return texts_of


def join(texts: Sequence[str]) -> str:
    """Parts as one text; different parts give different texts, and none looks like a row without key."""
    joined = SEPARATOR.join(texts)
    if ESCAPE not in joined and joined.count(SEPARATOR) == len(texts) - 1:
        return ESCAPE + joined if joined.startswith(UNKEYED) else joined
    joined = SEPARATOR.join(text.replace(ESCAPE, ESCAPE * 2).replace(SEPARATOR, ESCAPE + SEPARATOR) for text in texts)
    return ESCAPE + joined if joined.startswith(UNKEYED) else joined


def split(key: str) -> list[str]:
    """The parts of a joined key."""
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
    """The source of such a row, or None for any other key."""
    return key[1:].partition(":")[0] if key.startswith(UNKEYED) else None
