"""States of keys and their history, and who holds claimed values. Part of what one target transaction needs."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from streams.changes.position import Position
from streams.projection.declaration import Claim
from streams.projection.outcome import Outcome


@dataclass(frozen=True, slots=True)
class AsOf:
    """The newest legacy change of a batch, and when it was committed (ms since 1970, UTC)."""

    position: Position
    committed_ms: int


@dataclass(frozen=True, slots=True)
class RowsChanged:
    """What a transaction did to rows that were there: by key of those it updated, the columns; keys it deleted."""

    updated: Mapping[str, Sequence[str]] = field(default_factory=dict)
    deleted: Collection[str] = ()


NO_ROWS = RowsChanged()


@dataclass(frozen=True, slots=True)
class HistoryBounds:
    """How much of a key's history is kept: entries of this many days, and of each key this many at most."""

    days: int
    entries: int


class KeyStates(Protocol):
    """States of keys that are not plain rows, and who holds claimed values."""

    def record(
        self,
        projection: str,
        outcomes: Mapping[str, Outcome],
        changed: RowsChanged = NO_ROWS,
        as_of: AsOf | None = None,
    ) -> None:
        """Store what is worth storing (waiting, quarantined, rows with faults) and forget the rest of these keys.

        A key's history grows by an entry where its outcome, its reasons or its row changed: what it is now, the
        outcome before where that is known, the columns of an updated row, and ``as_of`` (None: no batch brought it).
        A plain row that nobody knew begins without one. An entry stays when the key is gone.
        """

    def waiting_for(self, projection: str, keys: Collection[str]) -> Mapping[str, set[str]]:
        """By projection, the keys that wait for one of ``keys`` of ``projection``."""

    def refer(self, projection: str, lookup: str, references: Mapping[str, str | None]) -> None:
        """Replace what these keys look up (None: nothing), where no column of the mirror can tell it."""

    def held_values(self, projection: str, claim: Claim, keys: Collection[str]) -> set[str]:
        """The values that these keys asked for before, to lock them."""

    def claim(
        self, projection: str, claim: Claim, wishes: Mapping[str, tuple[str, str] | None]
    ) -> Mapping[str, tuple[str | None, str | None]]:
        """Replace the wishes (value, rank) of these keys; by value concerned, its holder before and after."""
