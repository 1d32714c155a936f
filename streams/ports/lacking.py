"""What the mirror does not hold although the legacy database does, or did."""

from collections.abc import Collection
from typing import Protocol


class Lacking(Protocol):
    """Columns whose values the mirror lacks; asked and told inside a transaction that has entered the guard."""

    def columns(self) -> frozenset[tuple[str, str]]:
        """Table and column. Column '': a keyless table with such a column, until its rows were counted anew."""

    def tell(self, columns: Collection[tuple[str, str]]) -> None:
        """Events came without these columns: from now on the mirror lacks their values.

        Until the column is back and the whole table was read again since.
        """
