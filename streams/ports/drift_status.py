"""One look at what is known of drift."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from streams.drift.coverage import Coverage
from streams.drift.difference import Check
from streams.drift.verdict import Reason
from streams.ports.drift_ledger import Group


@dataclass(frozen=True, slots=True)
class UnknownKeys:
    """How many keys of a table have no verdict by a check, and why; ``oldest_s``: for how long the oldest has none."""

    check: Check
    table: str
    reason: Reason
    count: int
    oldest_s: float


@dataclass(frozen=True, slots=True)
class DriftReading:
    """``at``: when it was read; ``said``: the monitor's last word, ``seen_s`` ago (None: it never ran).

    ``behind_s``: by check, for how long the oldest keys that a batch touched wait to be looked at; without those that
    nothing waits for.
    """

    at: datetime
    said: str
    seen_s: float | None
    coverage: Sequence[Coverage]
    groups: Sequence[Group]
    unknown: Sequence[UnknownKeys]
    behind_s: Mapping[Check, float] = field(default_factory=dict)


class DriftStatus(Protocol):
    """Reads, and nothing else."""

    def read(self, alive_s: float) -> DriftReading:
        """One consistent look; a word of the monitor older than ``alive_s`` means that it stopped.

        SelarasError (unavailable) when the target is away.
        """
