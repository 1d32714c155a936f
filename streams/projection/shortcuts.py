"""What a few rules say of plain values, as Python text: cheaper than asking a memory, where nearly every value is new.

Each shortcut is a condition and the value where it holds, over a variable ``x``; where it does not hold, the rule
itself is asked. A test compares them with the rules.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from streams.projection.catalog import ColumnType
from streams.projection.converters.identifiers import deriver
from streams.projection.converters.legacy_value import PLACEHOLDERS
from streams.projection.declaration import Term

Arguments = Mapping[str, object]
NAMES = {"PLACEHOLDERS": PLACEHOLDERS}
"""What the texts below name, besides ``x`` and ``CALL``."""

_CLEAN = """x.isprintable() and "  " not in x and "&" not in x and "<" not in x and x.strip() == x"""


@dataclass(frozen=True, slots=True)
class Shortcut:
    """``given``: holds for texts of which ``value`` is right. NULL gives NULL by all of these rules.

    ``is_text``: the value is part of the text, so that its length counts. ``call``: what the value names ``CALL``.
    """

    given: str
    value: str
    is_text: bool = True
    call: Callable[[str], str] | None = None


def shortcut(term: Term, kind: ColumnType | None) -> Shortcut | None:
    """The shortcut of a term over one value, made to fit a column of that kind (None: any value does)."""
    found = _shortcut(term)
    if found is None or kind is None or kind.length is None:
        return found
    # Trimming only makes it shorter: a longer text goes the long way, and is judged there.
    return Shortcut(f"{found.given} and len(x) <= {kind.length:d}", found.value) if found.is_text else None


def shortcut_of_several(term: Term, reads: Sequence[str]) -> str | None:
    """A condition over what ``reads`` read, where it holds the value is NULL; None where there is none."""
    if term.rule == "TEKS_RUSAK":
        return " and ".join(f"((x := {read}) is None or type(x) is str and x.isascii())" for read in reads)
    if term.rule != "TOMBSTONE":
        return None
    lives = f'((x := {reads[0]}) is None or x == "1")'
    if len(reads) < 4:
        return lives
    return f'{lives} and ((x := {reads[1]}) is None or type(x) is str and x.strip() not in ("3", "4"))'


def _shortcut(term: Term) -> Shortcut | None:
    found = _KNOWN.get(term.rule)
    return found(term.arguments) if found is not None and len(term.inputs) == 1 else None


def _copy(arguments: Arguments) -> Shortcut | None:
    return None if arguments else Shortcut("x.isprintable()", "x")


def _txt(arguments: Arguments) -> Shortcut:
    most = arguments.get("max_length")
    given = f"{_CLEAN} and len(x) <= {most:d}" if isinstance(most, int) else _CLEAN
    return Shortcut(given, "x if x not in PLACEHOLDERS else None")


def _uuid5(arguments: Arguments) -> Shortcut:
    value = "CALL(x) if (x := x.strip()) not in PLACEHOLDERS else None"
    return Shortcut("x.isprintable()", value, is_text=False, call=deriver(str(arguments.get("namespace", ""))))


def _full(arguments: Arguments) -> Shortcut | None:
    length = arguments.get("panjang")
    return Shortcut(f"len(x) != {length:d}", "None", is_text=False) if type(length) is int else None


_KNOWN: Mapping[str, Callable[[Arguments], Shortcut | None]] = {
    "COPY": _copy,
    "NULL0": lambda _: Shortcut("x.isprintable()", "x if (x := x.strip()) not in PLACEHOLDERS else None"),
    "TXT": _txt,
    "UUID5": _uuid5,
    "NIB13": lambda _: Shortcut("len(x) == 13 and x.isascii() and x.isdigit()", "x"),
    "MUNGKIN_TERPOTONG": _full,
    "TEKS_RUSAK": lambda _: Shortcut("x.isascii()", "None", is_text=False),
}
