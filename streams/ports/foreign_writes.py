"""Writes by others to the rows that are ours to write: what the log of a database says of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ForeignWrite:
    """One transaction of somebody else and one row; ``key`` None: a whole table, or a row that nothing tells apart.

    ``key``: the row's primary key as text, several columns with ``|`` between them; of the keyless mirror table the
    NIB. ``operation``: INSERT, UPDATE, DELETE or TRUNCATE, the first one of the transaction. ``user``, ``application``
    and ``address`` are empty where only the replication slot saw it. ``at``: of the write, or of its commit.
    """

    id: int
    at: datetime
    tx: int  # 64-bit transaction id
    schema: str
    table: str
    key: str | None
    operation: str
    user: str = ""
    application: str = ""
    address: str = ""
    seen_by: str = "trigger"


@dataclass(frozen=True, slots=True)
class SlotWrite:
    """What the replication slot shows of one transaction and row. ``xid``: the low 32 bits of the transaction's id."""

    xid: int
    at: datetime
    schema: str
    table: str
    key: str | None
    operation: str


@dataclass(frozen=True, slots=True)
class Decoded:
    """A run of whole transactions, in the order of their commits, each with where it ends in the log."""

    transactions: Sequence[tuple[str, Sequence[SlotWrite]]]
    upto: str  # everything below was looked at


class ForeignSlot(Protocol):
    """The log of changes without those of our own sessions."""

    def is_there(self) -> bool:
        """Whether there is a slot that can be read. SelarasError (unavailable) when the database is away."""

    def make(self) -> None:
        """Make it, instead of one that lost its log. Writes from before are not seen by it.

        SelarasError (configuration) when none can be had.
        """

    def peek(self, limit: int) -> Decoded:
        """What is new, about ``limit`` lines of it. The same again until ``advance``."""

    def advance(self, upto: str) -> None:
        """Everything below was stored."""

    def drop(self) -> None:
        """Let the server forget it, and with it the log that it keeps for us."""

    def close(self) -> None:
        """Give back the session that reads it."""


class ForeignLog(Protocol):
    """What is stored of foreign writes, by triggers and from the slot."""

    def merge(self, decoded: Decoded) -> str | None:
        """Store what no trigger has stored; how far that came: the slot may show a transaction before others see it.

        None: nothing could be stored yet.
        """

    def untold(self, limit: int) -> Sequence[ForeignWrite]:
        """The oldest writes that the ledger has not had. The loading of code tables by ourselves is not among them."""

    def told(self, ids: Collection[int]) -> None:
        """The ledger has them."""

    def void_looks(self) -> None:
        """Writes of others may have been missed until now: no look from before counts."""


@dataclass(frozen=True, slots=True)
class WatchState:
    """How the watch itself is. ``faults``: sentences; ``lag_bytes``: of the log that the slot has not been read of yet,
    None without a slot.
    """

    faults: Sequence[str]
    lag_bytes: int | None


class WatchHealth(Protocol):
    """Looks at the watch from outside, in any process."""

    def look(self) -> WatchState:
        """SelarasError (unavailable) when the database is away."""
