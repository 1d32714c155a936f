"""What an event says, as values."""

from dataclasses import dataclass
from enum import Enum

import msgspec

from streams.changes.position import Position


class Operation(Enum):
    """What happened to a row, by Debezium's letter."""

    READ = "r"  # a snapshot, initial or asked for later, read it
    CREATE = "c"
    UPDATE = "u"
    DELETE = "d"


class Change(msgspec.Struct, frozen=True, gc=False):
    """One row's change.

    ``identity``: values of the primary key (of the row after, or before a delete); empty for a keyless table.
    ``before``/``after``: the whole row as a slice of the event's JSON, undecoded. ``transaction``: the source's
    transaction id. ``committed_ms``: commit time on the source, ms since 1970 UTC. ``snapshot``: whether the initial
    snapshot read it; a later re-read is no snapshot. ``order``: place within the transaction, 0 for rows that were
    read: several rows can share one log record (COPY writes many rows at once), and only this tells them apart.
    ``lacks``: columns of the table, as it is followed, that the images do not have: nothing is known of their values.
    """

    table: str
    operation: Operation
    identity: tuple[object, ...]
    position: Position
    before: bytes | None
    after: bytes | None
    transaction: int
    committed_ms: int
    snapshot: bool = False
    order: int = 0
    lacks: frozenset[str] = frozenset()


class Truncated(msgspec.Struct, frozen=True, gc=False):
    """A whole table was emptied: every row below ``position`` counts as deleted, also those that arrive later."""

    table: str
    position: Position
    committed_ms: int
    transaction: int = 0


@dataclass(frozen=True, slots=True)
class Beat:
    """The heartbeat row came through: ``at_ms`` is its commit time on the source, ms since 1970 UTC."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Malformed:
    """An event that can't be understood; ``table`` is the captured table that it belongs to, if that much is known."""

    table: str | None
    offset: int
    reason: str
    key: bytes | None
    value: bytes | None


Event = Change | Truncated | Beat | Malformed
