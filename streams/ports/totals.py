"""What control totals read: sums and facts of both sides, as of one moment."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from streams.drift.total import Facts, Group, Known, Line, Total, Values


@dataclass(frozen=True, slots=True)
class TotalResult:
    """What a total came to at a moment."""

    total: Total
    at: datetime
    lines: Sequence[Line]
    on_legacy: bool = False  # the legacy's own tables were asked, not the mirror

    @property
    def agrees(self) -> bool:
        """Whether nothing is left unexplained in any group."""
        return all(line.agrees for line in self.lines)


class TotalsMoment(Protocol):
    """One moment of the target database, the mirror in it included."""

    def sums(self, total: Total, side: str) -> Mapping[Group, Values]:
        """By group: how many facts, and the sums. ``side``: "legacy" (of the mirror) or "target"; rows with the mark of
        deletion count for nothing.
        """

    def facts(self, total: Total, groups: Collection[Group]) -> Facts:
        """All facts of every key that has one in these groups, on either side."""

    def known(self, total: Total, keys: Collection[str]) -> Known:
        """What is known of these keys."""

    def listed(self, total: Total, group: Group, side: str) -> Sequence[tuple[str, ...]]:
        """Key and the listed columns of every row of a group on one side, in order."""


class TotalsSource(Protocol):
    """Where totals are taken. Statements run read only, within a time limit.

    SelarasError (configuration) names a statement that the database refuses; (unavailable) when it is away.
    """

    def now(self) -> AbstractContextManager[TotalsMoment]:
        """One moment, for as long as the context lasts."""

    def legacy_sums(self, total: Total) -> Mapping[Group, Values]:
        """The legacy's sums of its own tables: for when nobody writes there."""


class TotalsBook(Protocol):
    """Keeps results."""

    def keep(self, results: Sequence[TotalResult]) -> None:
        """Store them, and forget those that are too old."""

    def latest(self) -> Sequence[tuple[str, datetime, bool]]:
        """By total, in order: when it was last taken, and whether it agreed."""
