"""What a projection says of one key."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import msgspec


class OutcomeKind(Enum):
    """The four states of a key."""

    ROW = "row"  # the target holds a row for it (perhaps with quarantined columns)
    ABSENT = "absent"  # no source row knows it
    WAITING = "waiting"  # a row that it refers to is not there yet
    QUARANTINED = "quarantined"  # a rule refused its key or a required column


@dataclass(frozen=True, slots=True)
class Fault:
    """A refusal: which rule, for which target column, why, and the legacy value behind a mask."""

    column: str
    rule: str
    reason: str
    masked: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a key that is worth a person's look; ``reason`` holds no personal data."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Waits:
    """The key that a key waits for."""

    projection: str
    key: str


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """The result for one key: the row by target column where there is one, the faults, what it waits for, and what is
    worth a look.
    """

    kind: OutcomeKind
    row: Mapping[str, object] | None = None
    faults: tuple[Fault, ...] = ()
    waits: Waits | None = None
    findings: tuple[Finding, ...] = ()


ABSENT = Outcome(OutcomeKind.ABSENT)
