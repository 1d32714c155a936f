"""Why a difference is there, from evidence alone; where the evidence says nothing, the cause is unknown."""

from dataclasses import dataclass
from enum import StrEnum

from streams.drift.difference import Check, Difference, Kind


class Cause(StrEnum):
    """Entries of the ledger are grouped by it."""

    FOREIGN_WRITE = "foreign write"
    MISSED_CHANGE = "missed change"
    MAPPING_CHANGED = "mapping changed"
    IN_QUARANTINE = "in quarantine"
    WAITING = "waiting"
    TYPE_OR_ROUNDING = "type or rounding"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known around a key at the moment of the finding.

    ``foreign``: somebody else wrote to this very row (mirror row or target row) and nobody has mended it since;
    ``unmarked``: the row's own transaction was not one of ours, where the database can tell; ``recomputed``: the key
    was last computed under the versions in force.
    """

    foreign: bool = False
    unmarked: bool = False
    recomputed: bool = True


def cause(difference: Difference, evidence: Evidence) -> Cause:
    """The strongest evidence wins: who wrote, then old rules, then the state of the key, then the form of values."""
    if difference.check is Check.FOREIGN or evidence.foreign or evidence.unmarked:
        return Cause.FOREIGN_WRITE
    if difference.check is Check.CAPTURE:
        # The form comes second: a lost change may well have been one of form alone.
        return Cause.MISSED_CHANGE
    if not evidence.recomputed:
        return Cause.MAPPING_CHANGED
    if difference.kind is Kind.LEFT_OVER and difference.state in {"quarantined", "waiting"}:
        return Cause.IN_QUARANTINE if difference.state == "quarantined" else Cause.WAITING
    return Cause.TYPE_OR_ROUNDING if difference.likeness else Cause.UNKNOWN
