"""The ledger of differences: one entry a check, table, key and kind, with everything that ever happened to it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from streams.drift.cause import Cause
from streams.drift.difference import Check, Difference, Kind
from streams.drift.entry import Entry, EntryState, Transition


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference with the cause that the evidence names, how long after its origin it was found, and when the look
    that found it began (None: just now). ``evidence``: the write by others that stands behind it, in words.
    """

    difference: Difference
    cause: Cause
    detected_ms: int | None = None
    at: datetime | None = None
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries; what is empty does not restrict."""

    ids: tuple[int, ...] = ()
    checks: tuple[Check, ...] = ()
    tables: tuple[str, ...] = ()
    causes: tuple[Cause, ...] = ()
    states: tuple[EntryState, ...] = ()
    key: str = ""
    after: int = 0  # entries with a greater id
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Group:
    """How many entries have this check, table, kind, cause and state, and the oldest and newest finding of them."""

    check: Check
    table: str
    kind: Kind
    cause: Cause
    state: EntryState
    count: int
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class Deed:
    """A wish to move entries: who, why, and for an acceptance until when."""

    to: EntryState
    by: str
    why: str
    until: datetime | None = None


class Ledger(Protocol):
    """Every step is journalled in the transaction that makes it; what becomes of an entry: ``drift.life``."""

    def note(self, findings: Sequence[Finding]) -> Sequence[int]:
        """Open an entry for each; refresh one that is open, explained or accepted; open again one that was repaired or
        verified. Ids in the order given. An accepted entry stays so only while its difference stays as it was accepted.
        """

    def settle(
        self,
        check: Check,
        table: str,
        keys: Collection[str],
        still: Collection[tuple[str, Kind]] = (),
        at: datetime | None = None,
    ) -> int:
        """These keys were looked at (None: just now): every entry of theirs that is not verified becomes so, but for
        the kinds in which a key ``still`` differs. How many did.
        """

    def move(self, ids: Collection[int], deed: Deed) -> Sequence[int]:
        """Move the entries that may go there (``drift.entry.ALLOWED``); the ids that did, in order.

        Acceptances that ran out are opened by ``run_out`` alone.
        """

    def run_out(self, now: datetime) -> Sequence[int]:
        """Open the entries whose acceptance has run out at ``now``."""

    def entries(self, wanted: Wanted) -> Sequence[Entry]:
        """In the order of ids."""

    def groups(self) -> Sequence[Group]:
        """All entries, counted, by check, table, kind, cause and state."""


class LedgerHistory(Protocol):
    """What happened."""

    def of(self, entry: int) -> Sequence[Transition]:
        """Every step of an entry's life, the oldest first; empty for an unknown one."""

    def of_key(self, table: str, key: str) -> Sequence[Transition]:
        """Every step of all entries of a key, by whatever check, the oldest first."""
