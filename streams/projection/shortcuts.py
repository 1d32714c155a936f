"""What a few rules say of plain values, as Python text: cheaper than asking a memory, where nearly every value is new.

Each shortcut is a condition and the value where it holds, over a variable ``x``; where it does not hold, the rule
itself is asked. A test compares them with the rules.
"""

from dataclasses import dataclass

from streams.projection.catalog import ColumnType
from streams.projection.converters.legacy_value import PLACEHOLDERS
from streams.projection.declaration import Term

NAMES = {"PLACEHOLDERS": PLACEHOLDERS}
"""What the texts below name."""


@dataclass(frozen=True, slots=True)
class Shortcut:
    """``given``: holds for texts of which ``value`` is right. NULL gives NULL by all of these rules.

    ``is_text``: the value is part of the text, so that its length counts.
    """

    given: str
    value: str
    is_text: bool = True


def shortcut(term: Term, kind: ColumnType | None) -> Shortcut | None:
    """The shortcut of a term over one value, made to fit a column of that kind (None: any value does)."""
    found = _shortcut(term)
    if found is None or kind is None or kind.length is None:
        return found
    # Trimming only makes it shorter: a longer text goes the long way, and is judged there.
    return Shortcut(f"{found.given} and len(x) <= {kind.length:d}", found.value) if found.is_text else None


def shortcut_of_several(term: Term) -> str | None:
    """A condition over a tuple ``x``, where it holds the value is NULL; None where there is none."""
    if term.rule != "TEKS_RUSAK":
        return None
    parts = [f"x[{number:d}]" for number in range(len(term.inputs))]
    return " and ".join(f"({x} is None or type({x}) is str and {x}.isascii())" for x in parts)


def _shortcut(term: Term) -> Shortcut | None:
    arguments = term.arguments
    if len(term.inputs) != 1:
        return None
    if term.rule == "COPY" and not arguments:
        return Shortcut("x.isprintable()", "x")
    if term.rule == "NULL0":
        return Shortcut("x.isprintable()", "x if (x := x.strip()) not in PLACEHOLDERS else None")
    if term.rule == "NIB13":
        return Shortcut("len(x) == 13 and x.isascii() and x.isdigit()", "x")
    if term.rule == "MUNGKIN_TERPOTONG" and type(length := arguments.get("panjang")) is int:
        return Shortcut(f"len(x) != {length:d}", "None", is_text=False)
    return Shortcut("x.isascii()", "None", is_text=False) if term.rule == "TEKS_RUSAK" else None
