"""The legacy application as the demo plays it: a world to fill, and business transactions to commit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol


class Expected(Enum):
    """What must become of a planted defect."""

    ROW = "row"  # the target holds the row, in the column what is right
    FINDING = "finding"  # the target holds the row, and the key has a finding
    QUARANTINED = "quarantined"  # a rule refuses: the column, and with a required column the whole key
    TOMBSTONE = "tombstone"  # the target's row is marked as deleted, its children stay
    WAITING = "waiting"  # the key waits for a parent that never comes


@dataclass(frozen=True, slots=True)
class Planted:
    """One defect in the legacy data, and what must become of it: NIBs and ids, no personal data."""

    defect: str  # name in the register
    expected: Expected
    nib: str  # whom it is about; the company is left alone from then on
    table: str  # legacy table
    key: str  # "column=value": the legacy row or rows
    target: str  # projection that must show the outcome
    target_key: str  # its key; the NIB where the natural key would be personal or is not known beforehand
    column: str | None = None  # target column concerned; None: the key as a whole
    value: str | None = None  # text of what the column must hold, "" for NULL; None: not stated


@dataclass(frozen=True, slots=True)
class Defects:
    """Rates by name, none for no defects at all; and the NIBs that business leaves alone while there are rates."""

    rates: Mapping[str, float] = field(default_factory=dict)
    spared: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Filled:
    """Rows written by table, and the defects in them."""

    by_table: dict[str, int]
    planted: Sequence[Planted] = ()


class DefectRecord(Protocol):
    """Where the planted defects are written down."""

    def start(self, planted: Sequence[Planted]) -> None:
        """Begin anew with these: a new population forgets what an older one held."""

    def add(self, planted: Sequence[Planted]) -> None:
        """More of them, each whole or not at all."""

    def read(self) -> Sequence[Planted]:
        """All of them, in the order in which they were planted; none when nothing was written down."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of the application; ``touches`` is how many row changes stand behind each row that it counts."""

    text: str
    values: tuple[object, ...]
    touches: int = 1


@dataclass(frozen=True, slots=True)
class BusinessTransaction:
    """What one deed of the business does to the legacy database, all of it or nothing."""

    kind: str
    statements: tuple[Statement, ...]
    planted: tuple[Planted, ...] = ()  # defects that it brings into the data


class World(Protocol):
    """The schemas of both databases."""

    def prepare(self) -> bool:
        """Make what is absent, leave what is there; True when anything was made. Calling it again changes nothing."""


class LegacyTables(Protocol):
    """The twelve legacy tables, to be filled once."""

    def counts(self) -> dict[str, int]:
        """Rows a table, exact."""

    def fill(self, companies: int, seed: int, rates: Mapping[str, float], done: Callable[[int], None]) -> Filled:
        """Write companies 1..N of the seed in one transaction, all or nothing, with defects at these rates.

        The same arguments give byte-identical rows and defects, whatever the clock or the process; companies without
        a defect are the same at all rates. ``done`` is called with the number of companies written since the last call.
        """


class LegacyApplication(Protocol):
    """The application's users at work. One caller at a time."""

    def open(self, seed: int, defects: Defects) -> None:
        """Read what the database holds. From the same contents the same seed and defects go on in the same way."""

    def next(self) -> BusinessTransaction:
        """The next deed. It counts on all earlier ones being committed, in order."""

    def commit(self, transactions: Sequence[BusinessTransaction]) -> list[int]:
        """Commit each by itself, in order; the row changes of each. SelarasError when the database is gone."""

    def close(self) -> None:
        """Leave the database."""
