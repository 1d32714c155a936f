"""The reference lists as files and as code tables of the target, for importing the official lists."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

Row = Mapping[str, str]
"""One row of a list: every column of its file, as text; blank cells are empty text."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a delivered file and the number of its line, from 1; the header is line 1."""

    number: int
    cells: Row


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivered file: its columns, its rows, and the lines that are no rows, as sentences."""

    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a projection reads codes: a column of a legacy table, as the mirror has it, and how its rows tell keys.

    ``key``: the column that holds the key; '' where keys are derived and stand beside the rows, under ``source``
    (``projection.source``).
    """

    table: str
    column: str
    key: str
    source: str


class StagedLists(Protocol):
    """A whole set of reference files beside the one in use, with new content in some of them."""

    @property
    def schemas_dir(self) -> Path:
        """A folder whose subfolder ``reference`` holds the set."""

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the set, made as that of the set in use."""

    def put_in_place(self) -> None:
        """Let the new content replace the old, each file whole or not at all; SelarasError (configuration) if not."""


class ReferenceLists(Protocol):
    """The reference files in use, by name (``kbli.csv``)."""

    def rows(self, name: str) -> Sequence[Row]:
        """The rows of one file, in its order."""

    def delivered(self, path: Path) -> Delivery:
        """A file that was delivered; SelarasError (configuration) when it can't be read as text."""

    def fingerprint(self) -> str:
        """The fingerprint of the set; SelarasError (configuration) when the set has faults."""

    def stage(self, lists: Mapping[str, Sequence[Row]]) -> AbstractContextManager[StagedLists]:
        """A set where these files have these rows; gone at the end of the context.

        SelarasError (configuration) with every fault when the set would not be fit for use.
        """


class CodeTables(Protocol):
    """The code tables of the target."""

    def load(self, schemas_dir: Path) -> Mapping[str, int]:
        """Insert and update from ``<schemas_dir>/reference``, all or nothing; rows that changed, by table.

        Codes that the files no longer hold stay: rows of the target may refer to them. SelarasError (unavailable,
        configuration) otherwise.
        """


class MirroredCodes(Protocol):
    """The mirror, asked for codes."""

    def keys(self, places: Sequence[Place], codes: Collection[str]) -> int | None:
        """How many different keys have a row, deleted ones included, that holds one of the codes in one of the places,
        blanks around it aside. None when the mirror can't tell: it is not made or not filled yet, or one of the tables
        is unknown. SelarasError (unavailable) when the target is away.
        """
