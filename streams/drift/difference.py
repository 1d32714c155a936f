"""A difference that is really there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

WHOLE_TABLE = "*"  # the key of a write that emptied a table
ROW = "?:"
"""Begins the key of a difference that is about a row of no key: the row's id follows. Keys of legacy rows that happen
to begin so are keys.
"""


class Check(StrEnum):
    """Who found it."""

    PROJECTION = "projection"  # target = f(mirror)
    CAPTURE = "capture"  # mirror = legacy
    TOTALS = "totals"  # business sums on both sides
    FOREIGN = "foreign"  # a write of somebody else


class Kind(StrEnum):
    """What it is."""

    MISSING = "missing"  # a row that must be there is not
    EXTRA = "extra"  # a row of a key that nobody has
    DIFFERENT = "different"  # columns differ
    LEFT_OVER = "left over"  # a row of a key that is absent, waiting or quarantined
    ORPHAN = "orphan"  # its parent is not there, though a constraint demands it
    STATE = "state"  # the remembered outcome of the key is not the one that its rows give
    TOTAL = "total"  # a sum has a rest that nothing explains
    WRITE = "write"  # a change by somebody else, whatever it did


@dataclass(frozen=True, slots=True)
class Difference:
    """One key of one table, and in which way it differs.

    ``columns``: by column, the value that must be there and the one that is, both behind a mask (None: NULL, or no
    row); ``likeness``: what the two values have in common, where rows differ in nothing else ("rounding", "time zone",
    "trailing blank", "case", "type"), else ''. ``state``: the key's outcome, for left-over rows. ``position``: source
    position of the newest legacy row behind it, for people.
    """

    check: Check
    table: str
    key: str
    kind: Kind
    columns: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)
    likeness: str = ""
    state: str = ""
    position: str = ""
