"""The legacy catalogue beside what the target has learnt of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from streams.projection.schema_change import Columns, Followed


@dataclass(frozen=True, slots=True)
class Extension:
    """What the mirror is to learn. ``add``, ``retype``: table, column and its type; ``forget``: table and column."""

    add: tuple[tuple[str, str, str], ...] = ()
    retype: tuple[tuple[str, str, str], ...] = ()
    forget: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.add or self.retype or self.forget)


class LegacyColumns(Protocol):
    """The legacy catalogue."""

    def read(self) -> Columns:
        """Every table of the legacy schema, captured or not. SelarasError (unavailable) when it is away."""


class FollowedSchema(Protocol):
    """What the target has learnt of the legacy tables."""

    def read(self) -> Followed:
        """As it is now."""

    def tell(self, gone: Collection[tuple[str, str]], back: Collection[tuple[str, str]]) -> None:
        """Columns (table, column) that the catalogue lacks, and columns that it has again.

        Those that are back go on lacking until a reading of the whole table that begins from now on. Columns read
        since are known again.
        """

    def waiting(self, projection: str, lacking: Collection[str], after: str) -> Sequence[str]:
        """The next keys ('': from the first) that wait for a column, but for one of these places (``place``).

        In an order of the database's own.
        """

    def extend(self, extension: Extension) -> None:
        """Let the mirror learn it, at once for all who apply.

        Added columns lack the values of rows that are there until the table was read whole.
        """
