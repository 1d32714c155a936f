"""The legacy application as the demo plays it: a world to fill, and business transactions to commit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


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


class World(Protocol):
    """The schemas of both databases."""

    def prepare(self) -> bool:
        """Make what is absent, leave what is there; True when anything was made. Calling it again changes nothing."""


class LegacyTables(Protocol):
    """The twelve legacy tables, to be filled once."""

    def counts(self) -> dict[str, int]:
        """Rows a table, exact."""

    def fill(self, companies: int, seed: int, done: Callable[[int], None]) -> dict[str, int]:
        """Write companies 1..N of the seed in one transaction: all or nothing. Returns rows a table.

        The same arguments give byte-identical rows, whatever the clock or the process. ``done`` is called with the
        number of companies written since the last call.
        """


class LegacyApplication(Protocol):
    """The application's users at work. One caller at a time."""

    def open(self, seed: int) -> None:
        """Read what the database holds. From the same contents the same seed always goes on in the same way."""

    def next(self) -> BusinessTransaction:
        """The next deed. It counts on all earlier ones being committed, in order."""

    def commit(self, transactions: Sequence[BusinessTransaction]) -> list[int]:
        """Commit each by itself, in order; the row changes of each. SelarasError when the database is gone."""

    def close(self) -> None:
        """Leave the database."""
