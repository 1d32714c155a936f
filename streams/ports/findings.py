"""Findings: what is worth a person's look without being wrong enough to refuse. Kept with the state of each key.

A reason never holds a value of the row, so that nothing of it needs a mask.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Sought:
    """Which findings; None is all."""

    table: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class FindingReading:
    """One finding. ``outcome``: of its key, which may be ``row``: a finding takes nothing away."""

    table: str
    key: str  # as the quarantine shows it
    name: str
    reason: str
    outcome: str
    since: str  # when the key got this outcome, or was first kept


@dataclass(frozen=True, slots=True)
class FindingCount:
    """Keys of one table with the finding of one name."""

    table: str
    name: str
    keys: int


class KeptFindings(Protocol):
    """Reads findings. SelarasError (unavailable) when the target is away."""

    def counts(self, sought: Sought) -> Sequence[FindingCount]:
        """By table and name, in their order."""

    def findings(self, sought: Sought, limit: int) -> Sequence[FindingReading]:
        """By table, name and key, in their order."""
