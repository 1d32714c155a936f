"""One text for a row's content on both sides: texts that are equal are contents that are equal.

The columns' texts in a fixed order, ``FIELD`` between two of them, ``NULL`` for one that is NULL. That tells contents
apart as long as no text holds one of the two characters; a row in which one does has no canonical text, and is compared
column by column.
"""

import re
from collections.abc import Sequence

FIELD, NULL = "\x1f", "\x1e"
DIGITS = 19  # of the greatest number that a key can be
INTEGERS = frozenset({"smallint", "integer", "bigint"})
COMPARED = INTEGERS | {
    *("text", "character varying", "character", "boolean", "uuid", "date", "bytea", "json", "jsonb"),
    *("numeric", "real", "double precision"),
    *("timestamp without time zone", "timestamp with time zone", "time without time zone"),
}


def canonical(values: Sequence[str | None]) -> str | None:
    """The text of these columns; None where they have none."""
    if any(value is not None and (FIELD in value or NULL in value) for value in values):
        return None
    return FIELD.join(NULL if value is None else value for value in values)


def plain_type(sql: str) -> str:
    """The type without its length, precision or scale."""
    return re.sub(r"\(.*?\)", "", sql)


def has_form(sql: str) -> bool:
    """Whether values of this type have one text on both sides; other columns can't be compared."""
    return plain_type(sql) in COMPARED


def place(key: str, *, is_number: bool) -> str:
    """Where a scan stands at this key, as a text: the bytes of places order as the keys do, numbers as numbers.

    Databases find the next numbers by their index; in the order of the numbers' bytes they would read the whole table.
    """
    if not is_number:
        return key
    number = int(key)
    return f"{number:0{DIGITS}}" if number >= 0 else f"-{10**DIGITS + number:0{DIGITS}}"


def key_at(place: str, *, is_number: bool) -> str:
    """The key whose place this is."""
    if not is_number:
        return place
    return str(int(place[1:]) - 10**DIGITS if place[0] == "-" else int(place))
