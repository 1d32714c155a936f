"""Kinds of failure, and the one table that says what each means for the run and for the operator."""

from dataclasses import dataclass
from enum import Enum


class ErrorKind(Enum):
    """What went wrong, as far as the reaction differs."""

    UNAVAILABLE = "unavailable"  # a part does not answer; it may come back by itself
    CONFLICT = "conflict"  # another worker was first; the transaction was rolled back whole
    STALE = "stale"  # authority, mapping or reference data moved since this process read them
    GAP = "gap"  # the source no longer holds what was not yet applied
    CONFIGURATION = "configuration"  # a file, a setting or the machine is not as required
    BAD_DATA = "bad data"  # a row or an event that a rule cannot take
    UNKNOWN = "unknown"  # nobody foresaw it


class Reaction(Enum):
    """What the run does about a failure."""

    RETRY = "retry"
    RESEEK = "reseek"
    QUARANTINE = "quarantine"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Policy:
    """The reaction to one kind, the exit code if it ends a command, and what an operator should know."""

    reaction: Reaction
    exit_code: int
    data_at_risk: str


POLICIES: dict[ErrorKind, Policy] = {
    ErrorKind.UNAVAILABLE: Policy(Reaction.RETRY, 75, "No data are at risk: work resumes where it stopped."),
    ErrorKind.CONFLICT: Policy(Reaction.RESEEK, 75, "No data are at risk: nothing of the batch was written."),
    ErrorKind.STALE: Policy(Reaction.STOP, 76, "No data are at risk: nothing was written under the old rules."),
    ErrorKind.GAP: Policy(Reaction.STOP, 77, "The new side would miss changes: do not go on before the gap is closed."),
    ErrorKind.CONFIGURATION: Policy(Reaction.STOP, 78, "No data were touched."),
    ErrorKind.BAD_DATA: Policy(Reaction.QUARANTINE, 65, "The row is kept in the mirror; only its target row waits."),
    ErrorKind.UNKNOWN: Policy(Reaction.STOP, 70, "Nothing of the unfinished step was written."),
}


class SelarasError(Exception):
    """A failure that carries its kind, a sentence for the operator and the next safe step. Never holds row values."""

    def __init__(self, kind: ErrorKind, sentence: str, next_step: str = "") -> None:
        super().__init__(sentence)
        self.kind = kind
        self.sentence = sentence
        self.next_step = next_step

    @property
    def policy(self) -> Policy:
        """The row of the table for this kind."""
        return POLICIES[self.kind]


class OutOfLocks(SelarasError):
    """The database has no room for what one transaction locks: a smaller one finds it. Nothing was written."""

    def __init__(self, database: str) -> None:
        super().__init__(
            ErrorKind.UNAVAILABLE,
            f"The {database} database has no room for the locks of one transaction.",
            "give its server a greater max_locks_per_transaction (at least 256); batches are halved until they fit",
        )
