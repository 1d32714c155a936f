"""The company that a defect is planted in."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from streams.adapters.demo.company import Company
from streams.adapters.demo.defects.materials import Materials
from streams.adapters.demo.tables import Row
from streams.ports.demo import Expected, Planted

T = TypeVar("T")


@dataclass(slots=True)
class Earlier:
    """What earlier companies offer to defects that need two."""

    entity: Row | None = None  # header of a sound company with a tax number of its own
    migrated: Row | None = None  # active account of a sound company, with an address of its own


@dataclass(slots=True)
class Subject:
    """A sound company's rows, to be changed in place; and what it can be changed with."""

    company: Company
    luck: Random
    materials: Materials
    earlier: Earlier = field(default_factory=Earlier)
    turn: int = 0  # how often the defect at hand was planted before

    def variant(self, *ways: T) -> T:
        """The next of the ways in which a defect shows, in turn: so that each of them is planted before long."""
        return ways[self.turn % len(ways)]

    @property
    def nib(self) -> str:
        """Its business number."""
        return self.company.nib

    @property
    def header(self) -> Row:
        """Its one document."""
        return self.rows("tr_oss_header")[0]

    @property
    def is_entity(self) -> bool:
        """Not a person in business."""
        return self.header["jenis_perseroan"] not in ("", "17")

    def rows(self, table: str) -> list[Row]:
        """Its rows of one table."""
        return [row for name, row in self.company.rows if name == table]

    def add(self, table: str, row: Row) -> None:
        """One more row, behind the others."""
        self.company.rows.append((table, row))


Plant = Callable[[str, Subject], list[Planted]]
"""Changes a company and tells what it did; an empty list: the company does not fit, and is as it was."""


def planted(
    defect: str,
    expected: Expected,
    nib: str,
    *,
    at: tuple[str, str, object],
    shown: tuple[str, str] | tuple[str, str, str | None],
    value: str | None = None,
) -> Planted:
    """A record; ``at`` is legacy table, key column and key, ``shown`` is target table, its key and the column, if one
    alone tells it.
    """
    table, key, text = at
    target, target_key, column = shown if len(shown) == 3 else (*shown, None)
    return Planted(defect, expected, nib, table, f"{key}={text}", target, target_key, column, value)
