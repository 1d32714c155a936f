"""A legacy row beside its mirror row as a difference: values behind a mask, what they have in common."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from streams.drift.canonical import INTEGERS, plain_type
from streams.drift.difference import Check, Difference, Kind
from streams.drift.likeness import likeness
from streams.ports.capture_check import Compared, LegacyRow, MirrorRow, Values
from streams.projection.catalog import Table
from streams.projection.declaration import Projection
from streams.projection.masking import masked

NUMBERS = INTEGERS | {"numeric", "real", "double precision"}
ROWS = "rows"  # of a table without a key: how many there are


@dataclass(frozen=True, slots=True)
class LegacyCurtain:
    """Which legacy columns may be shown: those that a rule of an open column is about. All others may be personal."""

    open: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, projections: Iterable[Projection]) -> "LegacyCurtain":
        """By these declarations."""
        found = set()
        for projection in projections:
            sources = {source.name: source.table for source in projection.sources}
            firsts = [term.inputs[0] for c in projection.columns if c.open for term in c.terms if term.inputs]
            found |= {(sources[i.source], i.column) for i in firsts if i.source in sources and not i.is_pseudo}
        return cls(frozenset(found))

    def shown(self, table: Table, column: str, value: str | None) -> str | None:
        """The value as it may be shown; a row's key names it and is shown anyway."""
        if column == table.named_by:
            return value
        return masked(value, is_open=(table.name, column) in self.open)


@dataclass(frozen=True, slots=True)
class Found:
    """Both sides of one key."""

    key: str
    columns: Sequence[Compared]
    legacy: LegacyRow
    mirror: MirrorRow | None


def difference(table: Table, found: Found, curtain: LegacyCurtain) -> Difference:
    """What is different: in a table without a key, contents that are not there equally often on both sides."""
    ours = found.mirror.contents if found.mirror else {}
    theirs = found.legacy.contents
    kind = Kind.DIFFERENT if theirs and ours else Kind.MISSING if theirs else Kind.EXTRA
    lost = [values for values, count in theirs.items() if ours.get(values, 0) != count]
    odd = [values for values, count in ours.items() if theirs.get(values, 0) != count]
    told: Mapping[str, tuple[str | None, str | None]] = {}
    like = ""
    if len(lost) <= 1 and len(odd) <= 1:
        told, like = _columns(table, found.columns, curtain, lost[0] if lost else None, odd[0] if odd else None)
    counts = sum(theirs.values()), sum(ours.values())
    if not table.key and (counts[0] != counts[1] or not told):
        told = {**told, ROWS: (str(counts[0]), str(counts[1]))}
    position = str(found.mirror.position) if found.mirror else ""
    return Difference(Check.CAPTURE, table.name, found.key, kind, told, like, position=position)


def _columns(
    table: Table, columns: Sequence[Compared], curtain: LegacyCurtain, legacy: Values | None, mirror: Values | None
) -> tuple[Mapping[str, tuple[str | None, str | None]], str]:
    """The columns in which two rows differ (None: no row), and what they have in common."""
    nothing: Values = (None,) * len(columns)
    told, likes = {}, set()
    for column, one, other in zip(columns, legacy or nothing, mirror or nothing, strict=True):
        if one != other:
            told[column.name] = curtain.shown(table, column.name, one), curtain.shown(table, column.name, other)
            likes.add(likeness(_typed(column.type, one), _typed(column.type, other)))
    return told, likes.pop() if len(likes) == 1 and legacy is not None and mirror is not None else ""


def _typed(kind: str, text: str | None) -> object:
    if text is not None and plain_type(kind) in NUMBERS:
        with suppress(InvalidOperation):
            return Decimal(text)
    if text is not None and plain_type(kind).startswith("timestamp"):
        with suppress(ValueError):
            return datetime.fromisoformat(text)
    return text
