"""What statements on the mirror report of the rows that they changed, and the keys kept beside mirror rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

Held = tuple[str | None, ...]
"""What a row holds in the reported columns, as text."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """Rows that a statement changed: id (primary key as text, or the content's), what they held before (None: the row
    is new) and what they hold now, in ``columns``. ``named_by``: the column that names rows without a key, else ''.
    """

    columns: tuple[str, ...] = ()
    rows: Sequence[tuple[str, Held | None, Held]] = ()
    named_by: str = ""

    @property
    def names(self) -> set[str]:
        """What names the rows to whoever checks them: primary keys; of rows without one their business numbers."""
        if not self.named_by:
            return {row for row, _, _ in self.rows}
        place = self.columns.index(self.named_by)
        held = [after[place] for _, _, after in self.rows] + [before[place] for _, before, _ in self.rows if before]
        return {name or "" for name in held}

    def by_column(self) -> dict[str, set[str]]:
        """By column, the values held before and after; NULL is left out."""
        held = [after for _, _, after in self.rows]
        held += [before for _, before, _ in self.rows if before is not None]
        found: dict[str, set[str]] = {}
        for place, name in enumerate(self.columns):
            values = {one[place] for one in held}
            values.discard(None)
            found[name] = cast("set[str]", values)
        return found

    def without(self, column: str) -> list[str]:
        """The rows that hold, or held before, NULL in this column."""
        place = self.columns.index(column)
        return [
            row
            for row, before, after in self.rows
            if after[place] is None or (before is not None and before[place] is None)
        ]

    def joined(self, other: "Rewritten") -> "Rewritten":
        """These rows and those of another statement on the same table."""
        return Rewritten(self.columns or other.columns, [*self.rows, *other.rows], self.named_by or other.named_by)


@dataclass(frozen=True, slots=True)
class KeyedRow:
    """A mirror row as its keys are derived from it, and the keys stored beside it."""

    row: str
    values: Mapping[str, str | None]
    stored: frozenset[str]


class RowKeys(Protocol):
    """Keys that are no plain column of a row, stored by source (``projection.source``) beside the mirror's rows."""

    def put(self, source: str, keys: Mapping[str, Sequence[str]]) -> set[str]:
        """Replace the keys of these rows, given by row id; the keys that one of them held and holds no more."""

    def rows_after(self, source: str, after: str | None, limit: int) -> Sequence[KeyedRow]:
        """The next rows of the source's table in the order of their ids (None: from the first), locked until the end
        of the transaction, so that no change of them slips in between reading a row and storing its keys.
        """
