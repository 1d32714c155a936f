"""One look at the whole run: what each stage knows, how old that is, and what could not be asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from streams.drift.coverage import STOPPED
from streams.errors import SelarasError
from streams.ports.capture import EndOffsets
from streams.ports.drift_status import DriftReading, DriftStatus
from streams.ports.status import TargetReading, TargetStatus
from streams.projection.schema_change import SchemaChange
from streams.services.capture import Capture, CaptureStatus
from streams.services.drift import ALIVE_S, runs, unsettled

T = TypeVar("T")
WORKER_SILENT_S = 5.0  # a worker reports every second


@dataclass(frozen=True, slots=True)
class Status:
    """The stages; a part that could not be reached is None, and ``unknown`` says why: unknown is not zero."""

    capture: CaptureStatus
    target: TargetReading | None
    behind: Mapping[str, int] | None  # by topic: events on the broker that are not applied yet
    workers_alive: int | None
    unknown: Mapping[str, str]
    schema: Sequence[SchemaChange] | None = ()  # how the legacy tables differ from what the mirror follows
    drift: DriftReading | None = None

    @property
    def healthy(self) -> bool:
        """Everything known, capture well, a worker alive, no table unknown."""
        return self.capture.healthy and self.target is not None and not advice(self)


def advice(status: Status) -> list[str]:
    """What needs a person, a sentence each with the next safe step; empty when all is known and well."""
    found = [f"{part} is unknown: {why} Next: selaras stack status" for part, why in status.unknown.items()]
    found += [f"{fault} Next: selaras capture status" for fault in status.capture.faults]
    connector = status.capture.connector
    if "connector" not in status.unknown and (connector is None or not connector.running):
        said = connector.connector.lower() if connector else "not registered"
        step = "resume" if said == "paused" else "apply"
        found.append(f"Capture is {said}: nothing new arrives. Next: selaras capture {step}")
    if status.workers_alive == 0:
        found.append("No worker is alive: nothing is applied, and nothing is lost. Next: selaras sync run")
    target = status.target
    if target is None:
        return found
    if target.recomputed is False:
        found.append("Not every key is computed under the mapping in force. Next: selaras sync recompute")
    for table, why in target.unknown_tables.items():
        found.append(f"Table {table} is unknown ({why}). Next: selaras load reread {table}")
    found += [f"{change.sentence} Next: {change.next_step}" for change in status.schema or () if change.needed]
    return found + _drifting(status.drift)


def _drifting(drift: DriftReading | None) -> list[str]:
    """A monitor that nobody started, or that was stopped, is no fault of the run: it is told where drift is shown."""
    found = []
    if drift is not None and unsettled(drift):
        found.append(f"Differences that are not settled: {unsettled(drift):,}. Next: selaras drift list")
    if drift is not None and drift.seen_s is not None and drift.said != STOPPED and not runs(drift):
        found.append(f"The monitor fell silent {drift.seen_s:,.0f} s ago. Next: selaras monitor run")
    return found


class StatusService:
    """Asks every stage, each on its own: one that is away hides nothing of the others."""

    def __init__(
        self,
        capture: Capture,
        ends: EndOffsets,
        target: TargetStatus,
        schema: Callable[[], Sequence[SchemaChange]],
        drift: DriftStatus,
    ) -> None:
        """``schema``: how the legacy tables differ from what the mirror follows."""
        self._capture = capture
        self._schema = schema
        self._ends = ends
        self._target = target
        self._drift = drift

    def read(self) -> Status:
        """Never raises for a part that is away."""
        unknown: dict[str, str] = {}
        capture = self._capture.status()
        unknown.update(capture.unknown)
        target = _learn("target", self._target.read, unknown)
        ends = _learn("broker", lambda: self._ends.end_offsets(self._capture.plan.data_topics), unknown)
        behind: dict[str, int] | None = None
        if target is not None and ends is not None:
            behind = {}
            for (topic, partition), end in sorted(ends.items()):
                left = max(0, end - target.positions.get((topic, partition), 0))
                behind[topic] = behind.get(topic, 0) + left
        alive = None
        if target is not None:
            alive = sum(w.state == "running" and w.seen_s < WORKER_SILENT_S for w in target.workers)
        # While the target is away, it is told once.
        schema = _learn("legacy schema", self._schema, unknown) if target is not None else None
        drift = _learn("drift", lambda: self._drift.read(ALIVE_S), unknown) if target is not None else None
        return Status(capture, target, behind, alive, unknown, schema, drift)


def _learn(name: str, ask: Callable[[], T], unknown: dict[str, str]) -> T | None:
    try:
        return ask()
    except SelarasError as error:
        unknown[name] = error.sentence
        return None
