"""What the target can say of the run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class WorkerReading:
    """A worker's last word."""

    name: str
    host: str
    pid: int
    state: str  # "running" or "stopped"
    seen_s: float  # seconds since it last reported
    events: int  # applied since it started
    written: int  # target rows written since it started
    transient: int = 0  # keys whose transaction was cut: written as deleted, then brought back by its rest


@dataclass(frozen=True, slots=True)
class KeysReading:
    """Keys of one table and outcome that need a person: ``open`` ones, and those that somebody accepted as they are.

    ``hour_ago``, ``day_ago``: open ones then, from the hourly counts that workers keep; None where there is no count
    of that time (between one and two hours ago, a day and a day and an hour), which is not zero.
    """

    open: int
    accepted: int
    oldest_s: float | None  # age of the oldest open one
    hour_ago: int | None = None
    day_ago: int | None = None


@dataclass(frozen=True, slots=True)
class RecomputeReading:
    """How far a recompute under the versions in force has come that is not finished; nobody may be at it any more."""

    table: str | None  # None: all of them
    finished: int  # steps that are: projections, and sources whose keys are derived
    step: str | None  # the one that it stands at; None between two
    keys: int  # done so far, rows of sources whose keys are derived included
    begun_s: float  # seconds since it began
    moved_s: float  # since its last page


@dataclass(frozen=True, slots=True)
class TargetReading:
    """One look at the target database. Ages and lags in seconds; None where nothing happened yet."""

    generation: int | None  # of the capture that is followed
    mapping: str | None  # first characters of the fingerprint in force
    recomputed: bool | None  # every key has been computed under it
    heartbeat_age_s: float | None  # since the newest heartbeat that was applied was committed in the legacy database
    apply_lag_s: float | None  # from commit to apply, of the newest batch with changes
    last_batch_age_s: float | None
    positions: Mapping[tuple[str, int], int]
    workers: Sequence[WorkerReading]
    rows: Mapping[str, int]  # by target table: rows that are not marked as deleted, where the table can mark them
    deleted: Mapping[str, int]  # by target table: rows that are
    mirrored: Mapping[str, int]  # by legacy table: estimated rows in the mirror
    keys: Mapping[str, Mapping[str, KeysReading]]  # by projection and outcome; ``row``: with refused columns
    undecodable: int  # stored events that no re-read has resolved
    unknown_tables: Mapping[str, str]  # table and reason
    truncated: Mapping[str, str]  # legacy tables emptied by TRUNCATE since the last housekeeping, and when
    findings: Mapping[str, Mapping[str, int]] = field(default_factory=dict)  # by projection and name: keys
    recomputes: Sequence[RecomputeReading] = ()


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event that could not be decoded; its content stays in the database."""

    topic: str
    partition: int
    offset: int
    reason: str
    stored_at: str
    resolved: bool


class TargetStatus(Protocol):
    """Reads, and nothing else."""

    def read(self) -> TargetReading:
        """One consistent look. SelarasError (unavailable) when the target is away."""

    def stored_events(self, limit: int) -> Sequence[StoredEvent]:
        """The newest undecodable events."""
