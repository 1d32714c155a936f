"""Keys that are derived from a row: a keyed hash, a natural key of several columns, one key for each item of a list.

As a projection is, a source's parts are made one Python function, whose text holds no words of the mapping, only
numbers of prepared values: ``p0`` is what the first part gives.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

from streams.projection.converters import CONVERTERS, Reference, Refusal
from streams.projection.declaration import Source, Term
from streams.projection.remembered import Convert, Memory, Runs, memory_of
from streams.projection.shortcuts import NAMES, shortcut
from streams.projection.term_text import Names

SEPARATOR, ESCAPE, UNKEYED = "|", "\\", "?"
LOOKS_UNKEYED = "it looks like the name of a row without key"
Row = Mapping[str, object]
Held = tuple[str | None, ...]
"""A row as the values of some of its columns, in their order."""

Keys = tuple[str, ...]


class KeyMaker:
    """Derives the keys of one source's rows; ``others``: the projection's other sources."""

    def __init__(self, source: Source, reference: Reference, others: Collection[str] = ()) -> None:
        self.source = source
        self._reference = reference
        self._names = frozenset({source.name, *others})
        self._by_name = _deriving(source, reference, {}, self._names)
        self._by_place: tuple[Sequence[str], Callable[[Held, str], Keys]] | None = None

    def keys(self, row: Row, row_id: str) -> Keys:
        """The keys of a row: none where it does not concern the projection, several for a list.

        A row whose key a rule refuses is known by a key of its own, so that it is not lost from sight.
        """
        return self._by_name.keys(row, row_id)

    def derive(self, row: Row) -> Keys:
        """The keys of a row; Refusal when a rule refuses a part of them."""
        return self._by_name.derive(row)

    def keys_of_held(self, columns: Sequence[str]) -> Callable[[Held, str], Keys]:
        """What ``keys`` is, for rows that are tuples of these columns."""
        if self._by_place is None or self._by_place[0] != columns:
            places = {name: place for place, name in enumerate(columns)}
            self._by_place = columns, _deriving(self.source, self._reference, places, self._names).keys
        return self._by_place[1]


@dataclass(frozen=True, slots=True)
class _Deriving:
    derive: Callable[[Any], Keys]
    keys: Callable[[Any, str], Keys]


def _deriving(source: Source, reference: Reference, places: Mapping[str, int], sources: Collection[str]) -> _Deriving:
    """``places``: of columns in rows that are tuples; where there are none, rows are mappings by name. ``sources``: of
    the projection, whose names begin the keys of rows without one.
    """
    names, runs = Names(), Runs()
    many = any(term.rule and CONVERTERS[term.rule].many for term in source.parts)
    texts_of = partial(_texts_of, reference=reference, are_texts=bool(places))
    body = ["runs.count += 1"]
    for number, term in enumerate(source.parts):
        reads = [f"row[{places[i.column] if places else names.name(i.column)}]" for i in term.inputs]
        # Where a row can have several keys, each part is a tuple of texts; else it is the one text.
        one, several = (
            (f"p{number} = ({{}},)", f"p{number} = c") if many else (f"p{number} = {{}}", f"p{number} = c[0]")
        )
        if term.rule:
            body += _part(term, reads, (one, several), names, memory_of(term, texts_of(term), runs))
        else:
            body.append(one.format(names.add("value", str(term.value))))
    body += _joined(len(source.parts), many=many)
    text = ["def derive(row):", *_indented(body, 4), "def keys(row, row_id):", "    try:", *_indented(body, 8)]
    text += ["    except Refusal:", "        return (unkeyed(source, row_id),)", ""]
    space: dict[str, Any] = {
        **names.values,
        **NAMES,
        **_CALLED,
        "runs": runs,
        "source": source.name,
        "sources": sources,
    }
    exec(compile("\n".join(text), f"<keys of {source.table}>", "exec"), space)  # noqa: S102 - made here, of numbers alone
    return _Deriving(space["derive"], space["keys"])


def _part(term: Term, reads: Sequence[str], forms: tuple[str, str], names: Names, memory: Memory) -> list[str]:
    """Read, and set the part's variable. ``forms``: how, from one text and from what the memory gives."""
    one, several = forms
    known = names.add("known", memory)
    if len(reads) > 1:
        return [f"c = {known}[{', '.join(reads)}]", *_judged(several)]
    short = shortcut(term, None)
    if short is None or not short.is_text:
        return [f"c = {known}[{reads[0]}]", *_judged(several)]
    # A text that the shortcut leaves blank is for the rule to judge, as any other is.
    given = f"type(x) is str and {short.given} and (c := {short.value})"
    return [
        f"x = {reads[0]}",
        f"if {given}:",
        f"    {one.format('c')}",
        "else:",
        *_indented([f"c = {known}[x]", *_judged(several)], 4),
    ]


def _judged(several: str) -> list[str]:
    return ["if c is None:", "    return ()", several]


def _joined(count: int, *, many: bool) -> list[str]:
    parts = [f"p{number:d}" for number in range(count)]
    # What looks like the name of a row without key is refused: it would be taken for that row's.
    strange = f'key[:1] == "{UNKEYED}" and unkeyed_source(key) in sources'
    refused = 'raise Refusal("KEY", LOOKS_UNKEYED)'
    if many:
        return [
            f"found = tuple(dict.fromkeys([join(texts) for texts in product({', '.join(parts)})]))",
            "for key in found:",
            f"    if {strange}:",
            f"        {refused}",
            "return found",
        ]
    if count == 1:
        return [f"key = {parts[0]}", f"if {strange}:", f"    {refused}", "return (key,)"]
    return [
        f'key = f"{SEPARATOR.join("{" + part + "}" for part in parts)}"',
        f'if ESCAPE in key or key.count("{SEPARATOR}") != {count - 1:d}:',
        f"    key = join(({', '.join(parts)},))",
        f"if {strange}:",
        f"    {refused}",
        "return (key,)",
    ]


def _texts_of(term: Term, *, reference: Reference, are_texts: bool) -> Convert:
    """The part's texts by the values that its rule reads; None where the row does not concern the projection."""
    call, arguments = CONVERTERS[term.rule].call, term.arguments
    missing, is_one = ("",) if term.optional else None, len(term.inputs) == 1

    def texts_of(values: Any) -> object:
        read = (values,) if is_one else values
        if not are_texts:
            # As the mirror reports changed rows: a number must not give another key when it is read as a number.
            read = [None if one is None else str(one) for one in read]
        value = call(reference, arguments, *read)
        if isinstance(value, tuple):
            return value or missing
        return missing if value is None or value == "" else (str(value),)

    return texts_of


def _indented(lines: Sequence[str], by: int) -> list[str]:
    return [" " * by + line for line in lines]


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


_CALLED = {
    "Refusal": Refusal,
    "ESCAPE": ESCAPE,
    "join": join,
    "product": product,
    "unkeyed": unkeyed,
    "unkeyed_source": unkeyed_source,
    "LOOKS_UNKEYED": LOOKS_UNKEYED,
}
"""What the texts call."""
