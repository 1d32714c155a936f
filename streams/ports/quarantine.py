"""Keys that wait or that a rule refused: what is known of them, what people accepted, how large their share is.

A key needs a person when it is ``waiting``, ``quarantined``, or a ``row`` with refused columns. Its *causes* are texts:
``RULE column: reason`` of each fault, and ``waits for TABLE``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Protocol


class Grouping(Enum):
    """What keys are counted by."""

    CAUSE = "cause"  # a key with several causes counts under each
    TABLE = "table"
    REGION = "region"  # four digits of the newest NIB document's region; 'unknown' where the mirror can't tell


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which keys; None is all."""

    table: str | None = None
    outcome: str | None = None
    accepted: bool | None = None


@dataclass(frozen=True, slots=True)
class Waiver:
    """Somebody accepts a key as it is, up to and with a day (UTC). ``why``: without personal data."""

    until: date
    why: str
    by: str


@dataclass(frozen=True, slots=True)
class KeyReading:
    """A key that needs a person. ``accepted``: the waiver in force for its present causes."""

    projection: str
    key: str  # a business number, a project's id: what the operator looks it up by
    outcome: str
    faults: Sequence[Mapping[str, str | None]]
    waits_for_table: str | None
    waits_for: str | None  # the key that it waits for
    since: str
    age_s: float
    accepted: Waiver | None


@dataclass(frozen=True, slots=True)
class Group:
    """Keys of one outcome that have something in common."""

    name: str
    outcome: str
    open: int  # keys that nobody accepted
    accepted: int
    oldest_s: float | None  # age of the oldest open one


@dataclass(frozen=True, slots=True)
class WaiverReading:
    """A waiver that nobody withdrew. ``state``: ``in force``; ``over`` (its day has passed); ``reopened`` (the key has
    other causes than those accepted); ``healed`` (the key needs nobody any more).
    """

    projection: str
    key: str
    state: str
    waiver: Waiver
    causes: Sequence[str]
    accepted_at: str


@dataclass(frozen=True, slots=True)
class TableShare:
    """Keys of one table. ``rows`` may be the database's estimate."""

    table: str
    rows: int
    waiting: int
    quarantined: int  # not accepted
    accepted: int  # quarantined, and accepted as they are

    @property
    def keys(self) -> int:
        """All of them."""
        return self.rows + self.waiting + self.quarantined + self.accepted

    @property
    def share(self) -> float:
        """How many of the keys are quarantined and not accepted, between 0 and 1."""
        return self.quarantined / self.keys if self.keys else 0.0


class KeptKeys(Protocol):
    """Reads the states of keys. SelarasError (unavailable) when the target is away."""

    def tables(self) -> Sequence[str]:
        """Every mapped table, in alphabetical order."""

    def keys(self, wanted: Wanted, limit: int) -> Sequence[KeyReading]:
        """The oldest first."""

    def groups(self, by: Grouping, wanted: Wanted) -> Sequence[Group]:
        """The largest first."""

    def key(self, table: str, key: str) -> KeyReading | None:
        """One key, or None when it needs nobody."""

    def region(self, key: str) -> str:
        """The key's region as keys are grouped by it."""

    def page(self, table: str, after: str | None, limit: int) -> Sequence[str]:
        """The next keys in order (None: from the first)."""


class Waivers(Protocol):
    """What people accepted. Nothing is ever deleted: a waiver that is replaced or withdrawn keeps its row."""

    def accept(self, table: str, key: str, waiver: Waiver) -> bool:
        """Accept the key with its present causes, in place of an older waiver; False when it needs nobody."""

    def withdraw(self, table: str, key: str, by: str) -> bool:
        """End the key's waiver; False when there is none."""

    def waivers(self, limit: int) -> Sequence[WaiverReading]:
        """Those that nobody withdrew, the first to end first."""


class KeyCounts(Protocol):
    """How many keys are in which state: now for the caps, and hour by hour for the trend."""

    def shares(self) -> Sequence[TableShare]:
        """Tables with keys in quarantine; their rows as the database estimates them, which costs next to nothing."""

    def rows(self, table: str) -> int:
        """The table's rows, counted."""

    def record(self) -> None:
        """Remember the counts of this hour, unless they are; forget those of more than a month ago."""
