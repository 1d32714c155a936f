"""Comparing the two sides as a whole, and asking the target what it holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class TableComparison:
    """A legacy table beside its mirror: rows on either side, and rows that differ, by kind."""

    table: str
    legacy_rows: int
    mirror_rows: int
    missing: int  # in the legacy table only
    extra: int  # in the mirror only
    different: int  # on both sides, with different content
    samples: tuple[str, ...] = ()  # primary keys (digests, where there is none) of some of them

    @property
    def same(self) -> bool:
        """Whether both sides hold the same rows."""
        return not (self.missing or self.extra or self.different)


class MirrorComparison(Protocol):
    """Legacy against mirror, for a moment when nothing moves: writers are stopped and a barrier is passed."""

    def tables(self) -> Sequence[str]:
        """The captured tables."""

    def compare(self, table: str) -> TableComparison:
        """Every row of both sides, in one pass, with constant memory."""


class TargetCounts(Protocol):
    """Plain counts on the target."""

    def rows(self) -> Mapping[str, int]:
        """Rows of each projected table."""
