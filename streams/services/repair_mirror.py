"""Mending rows of the mirror: the legacy rows are read again, and what the mirror holds beyond them is told apart."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from streams.projection.catalog import Table
from streams.services.load import LoadRequest

Condition = Callable[[str, Collection[str]], str]
"""Column and values -> the SQL condition that it has one of these."""

Report = Callable[[str], None]
DEADLINE_S = 600.0  # until legacy rows that were asked for are applied


class Rereads(Protocol):
    """Reads legacy rows again, through the stream."""

    def reread(self, request: LoadRequest, deadline_s: float, report: Report) -> object:
        """Read, apply, and take away what the range holds and nothing brought; SelarasError when it can't be."""


@dataclass(frozen=True, slots=True)
class MirrorMender:
    """``tables``: the captured ones, as the mirror follows them."""

    rereads: Rereads
    tables: Mapping[str, Table]
    condition: Condition
    deadline_s: float = DEADLINE_S

    def rows(self, table: str, keys: Collection[str], invented: Collection[str], report: Report) -> None:
        """These rows by their keys; ``invented``: those of them that are no legacy rows, if nothing brings them.

        A table without a key is counted anew, whole.
        """
        described = self.tables[table]
        if not described.key:
            self.whole(table, report)
            return
        never = self.condition(described.named_by, invented) if invented else ""
        where = self.condition(described.named_by, keys)
        self.rereads.reread(LoadRequest(table, where, invented=never), self.deadline_s, report)

    def whole(self, table: str, report: Report) -> None:
        """All rows of a table."""
        self.rereads.reread(LoadRequest(table), self.deadline_s, report)
