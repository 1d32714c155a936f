"""What capture needs of the outside: the legacy database, the topics, the connector, and the positions applied."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class TopicIdentity:
    """Which topic this is, beyond its name: a topic deleted and made again has another id."""

    topic_id: str
    partitions: int


@dataclass(frozen=True, slots=True)
class LegacyIdentity:
    """What the log's coherence hangs on in the legacy database."""

    system: str  # identifier of the cluster, given by initdb; a restored copy shares it
    timeline: int  # grows with each promotion of a standby
    slot: str  # name of the replication slot, empty if there is none
    publication: str  # name of the publication, empty if there is none
    tables: tuple[str, ...]  # what the publication covers, schema.table, sorted
    replica_identity: Mapping[str, str]  # by table: "full", "default", "nothing" or "index"


@dataclass(frozen=True, slots=True)
class CaptureIdentity:
    """The fingerprint of a capture: as long as it stays the same, stored positions keep their meaning."""

    legacy: LegacyIdentity
    topics: Mapping[str, TopicIdentity]


@dataclass(frozen=True, slots=True)
class SlotState:
    """A replication slot, as the legacy server sees it."""

    active: bool
    wal_status: str  # "reserved", "extended", "unreserved" or "lost"
    confirmed: int  # LSN up to which the connector says that it needs nothing again
    behind_bytes: int  # log written after ``confirmed``
    retained_bytes: int  # log that the server keeps for the slot


@dataclass(frozen=True, slots=True)
class CommittedOffset:
    """How far Kafka Connect has safely come; everything before it is acknowledged by the broker."""

    commit: int | None  # LSN after the last commit handed over; None before the first one
    snapshot: bool  # the initial snapshot is not over
    reread: bool  # an incremental snapshot is open


@dataclass(frozen=True, slots=True)
class ConnectorState:
    """What Connect says of a connector; right after a crash it may still say RUNNING."""

    connector: str  # "RUNNING", "PAUSED", "STOPPED", "FAILED", "UNASSIGNED", ...
    tasks: tuple[str, ...]  # the same, a task each
    failure: str  # classes of the errors that ended a task, without their texts, which may hold row values

    @property
    def running(self) -> bool:
        """Whether connector and every task are said to run."""
        return self.connector == "RUNNING" and bool(self.tasks) and set(self.tasks) == {"RUNNING"}


@dataclass(frozen=True, slots=True)
class RereadTicket:
    """A re-read that was asked for."""

    signal: str  # key of the row in the signal table
    table: str  # schema.table
    since: int  # LSN before the signal was committed: rows delivered hold everything committed before it
    notified: int  # offset in the notification topic from which its answers are found


@dataclass(frozen=True, slots=True)
class Notification:
    """One line of the connector's own account of a snapshot."""

    kind: str  # "STARTED", "DATA_COLLECTIONS_RESOLVED", "TABLE_SCAN_COMPLETED", "COMPLETED", "ABORTED", ...
    tables: tuple[str, ...]  # schema.table, empty where the line names none


class LegacySetup(Protocol):
    """Preparation and identity of the legacy database."""

    def faults(self, publication: str, tables: Sequence[str]) -> Sequence[str]:
        """Every reason, a sentence each, why a capture of these tables cannot be right; empty if there is none."""

    def create_publication(self, publication: str, tables: Sequence[str]) -> bool:
        """See that the publication exists and covers these tables; True if it was made. An existing one is left."""

    def drop_publication(self, publication: str) -> None:
        """Remove it; no error if there is none."""

    def identity(self, slot: str, publication: str) -> LegacyIdentity:
        """What is there now."""


class LegacySlots(Protocol):
    """Replication slots and the position of the log."""

    def slot(self, name: str) -> SlotState | None:
        """The slot, or None if there is none."""

    def drop_slot(self, name: str) -> bool:
        """Remove it; False while somebody still reads from it. No error if there is none."""


class LegacyMarks(Protocol):
    """Marks that are written into the legacy database's log."""

    def token(self, challenge: str) -> int:
        """Write a token and return the LSN after its commit: whatever was committed before lies below it."""

    def check_condition(self, table: str, where: str) -> None:
        """SelarasError (configuration) unless ``where`` is a condition that the server accepts for the table."""

    def signal_reread(self, signal: str, table: str, where: str) -> int:
        """Ask the connector to read the rows again; returns the LSN before the request was committed."""

    def open_rereads(self) -> Mapping[str, str]:
        """Requests not yet closed: signal and table."""

    def close_reread(self, signal: str) -> None:
        """Forget a request; no error if it is unknown."""


class Topics(Protocol):
    """The topics of a capture."""

    def create(self, partitions: Mapping[str, int]) -> None:
        """Make the missing ones: never compacted, never transactional, kept as long as the settings say.

        Afterwards every partition of them takes records.
        """

    def identify(self, names: Sequence[str]) -> Mapping[str, TopicIdentity]:
        """Those of ``names`` that exist."""

    def delete(self, names: Sequence[str]) -> None:
        """Remove them with all their records and wait until they are gone; no error for those that do not exist."""


class EndOffsets(Protocol):
    """Where topics end."""

    def end_offsets(self, topics: Sequence[str]) -> Mapping[tuple[str, int], int]:
        """By topic and partition the offset that the next record gets. SelarasError (unavailable) within seconds."""


class Notifications(Protocol):
    """The connector's account of its snapshots, in order."""

    def end(self) -> int:
        """The offset that the next line gets."""

    def since(self, offset: int) -> Sequence[Notification]:
        """Every line from ``offset`` on that is there now."""


class Connector(Protocol):
    """The connector in Kafka Connect."""

    def configure(self, config: Mapping[str, str]) -> bool:
        """See that it exists with this configuration; False, and no restart, if it was so already.

        A new one begins without offsets: those that a predecessor of the same name left are deleted first.
        """

    def state(self) -> ConnectorState | None:
        """What Connect says of it, or None if it does not exist."""

    def pause(self) -> None:
        """Stop reading, keep the slot: the legacy server keeps its log meanwhile."""

    def resume(self) -> None:
        """Read on; tasks that failed are started again."""

    def remove(self) -> None:
        """Delete it together with its offsets; no error if it does not exist."""


class CommittedOffsets(Protocol):
    """How far the connector has safely come."""

    def offset(self) -> CommittedOffset | None:
        """The offset last committed, or None if there is none yet. SelarasError (unavailable) within seconds."""


class AppliedPositions(Protocol):
    """How far the target has come."""

    def positions(self) -> Mapping[tuple[str, int], int]:
        """By topic and partition the offset of the next record to apply, as committed with the data."""


class Clock(Protocol):
    """Time that passes while something is waited for."""

    def now(self) -> float:
        """Seconds on a clock that only goes forward."""

    def pause(self, seconds: float) -> None:
        """Let that much of it pass."""
