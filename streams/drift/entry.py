"""The life of an entry in the ledger: which state may follow which, and who may set it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from streams.drift.cause import Cause
from streams.drift.difference import Difference


class EntryState(StrEnum):
    """Of one key and kind."""

    OPEN = "open"
    EXPLAINED = "explained"  # a person has said why it is there; it still counts until it is repaired or accepted
    ACCEPTED = "accepted"  # until a day, by a person, for a reason
    REPAIRED = "repaired"  # mended, not yet looked at again
    VERIFIED = "verified"  # looked at again and the same


ALLOWED: Mapping[EntryState, frozenset[EntryState]] = {
    EntryState.OPEN: frozenset(
        {EntryState.EXPLAINED, EntryState.ACCEPTED, EntryState.REPAIRED, EntryState.VERIFIED}  # gone by itself
    ),
    EntryState.EXPLAINED: frozenset({EntryState.OPEN, EntryState.ACCEPTED, EntryState.REPAIRED, EntryState.VERIFIED}),
    EntryState.ACCEPTED: frozenset({EntryState.OPEN, EntryState.REPAIRED, EntryState.VERIFIED}),  # open: it ran out
    EntryState.REPAIRED: frozenset({EntryState.OPEN, EntryState.VERIFIED}),  # open: it is still there
    EntryState.VERIFIED: frozenset({EntryState.OPEN}),  # it came back
}
"""A transition that is not named here is refused."""

UNSETTLED = frozenset({EntryState.OPEN, EntryState.EXPLAINED, EntryState.REPAIRED})
"""What stands in the way of a switch: everything but what is accepted or verified."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One difference in the ledger. Times are UTC; ``detected_ms``: from the newest change of the row, or from the
    foreign write, to the finding; None where no such moment is known. ``until``, ``by``, ``why``: of the newest
    acceptance or explanation.
    """

    id: int
    difference: Difference
    cause: Cause
    state: EntryState
    first_seen: datetime
    last_seen: datetime
    detected_ms: int | None = None
    until: datetime | None = None
    by: str = ""
    why: str = ""
    times: int = 1  # how often it was opened
    looked_at: datetime | None = None  # when the newest look at the key began, whatever it found
    evidence: str = ""  # of the cause: which write by others stands behind it


@dataclass(frozen=True, slots=True)
class Transition:
    """A step in an entry's life. ``was`` is None at its first finding."""

    entry: int
    at: datetime
    was: EntryState | None
    now: EntryState
    by: str
    why: str
