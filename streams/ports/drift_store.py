"""What keeping verdicts needs, in one transaction; and what is known around keys that differ."""

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from streams.drift.difference import Check
from streams.ports.drift_ledger import Ledger
from streams.ports.drift_progress import DriftProgress, ScanProgress


@dataclass(frozen=True, slots=True)
class Known:
    """What is known around a key.

    ``foreign``: somebody else wrote to its row or to a mirror row behind it, and no look has found the row right since;
    ``emptied``: somebody else emptied its table likewise. ``recomputed``: the recompute under the versions in force has
    come past the key. ``age_ms``: since the newest of these writes and, for the projection check, of the commits
    behind the key; None where no such moment is known (nobody knows the commit of a change that the mirror lacks).
    ``said``: the newest of these writes in words.
    """

    foreign: bool = False
    emptied: bool = False
    recomputed: bool = True
    age_ms: int | None = None
    said: str = ""


class DriftEvidence(Protocol):
    """Reads what speaks for a cause."""

    def around(self, check: Check, table: str, keys: Collection[str]) -> Mapping[str, Known]:
        """By key, for every one of them."""

    def written(self, check: Check, table: str, keys: Collection[str]) -> frozenset[str]:
        """The keys under which writes by others to these keys' rows stand in the ledger, among those not verified.

        The projection check names a key, a write the row's primary key.
        """

    def put_there(self, table: str, keys: Collection[str]) -> frozenset[str]:
        """Those of these keys of a mirror table whose row somebody else put there, where none had been taken away by
        others before: as far as anybody saw, it never was a legacy row.
        """


class DriftWork(Protocol):
    """One transaction."""

    ledger: Ledger
    progress: DriftProgress
    scans: ScanProgress
    evidence: DriftEvidence


class DriftStore(Protocol):
    """The target database, as far as drift is kept in it."""

    def transaction(self) -> AbstractContextManager[DriftWork]:
        """Commits when the block ends, rolls back when it raises. SelarasError (unavailable) when it is away."""
