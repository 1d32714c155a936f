"""Capture: from the legacy database's log into the topics."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from streams.errors import ErrorKind, SelarasError
from streams.ports.capture import (
    CaptureIdentity,
    Clock,
    CommittedOffset,
    CommittedOffsets,
    Connector,
    ConnectorState,
    EndOffsets,
    LegacySetup,
    LegacySlots,
    SlotState,
    Topics,
)
from streams.services.capture_identity import check_slot
from streams.services.capture_plan import CapturePlan

T = TypeVar("T")
_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class CaptureParts:
    """The outside world of a capture."""

    setup: LegacySetup
    slots: LegacySlots
    topics: Topics
    connector: Connector
    offsets: CommittedOffsets
    ends: EndOffsets
    clock: Clock


@dataclass(frozen=True, slots=True)
class CaptureStatus:
    """What is known of a capture; a part that could not be reached is None and named in ``unknown`` with the reason."""

    connector: ConnectorState | None = None
    slot: SlotState | None = None
    offset: CommittedOffset | None = None
    snapshot: str | None = None  # "not begun", "running" or "done"
    missing_topics: tuple[str, ...] | None = None
    faults: tuple[str, ...] = ()  # why the log cannot be followed without a gap
    unknown: Mapping[str, str] = field(default_factory=dict)

    @property
    def healthy(self) -> bool:
        """Connector and tasks run, the slot is being read, no gap, nothing unknown."""
        running = self.connector is not None and self.connector.running
        return running and self.slot is not None and self.slot.active and not self.faults and not self.unknown


class Capture:
    """Registers, watches and removes one capture."""

    def __init__(self, plan: CapturePlan, parts: CaptureParts) -> None:
        self.plan = plan
        self._parts = parts

    def apply(self, deadline_s: float = 60.0) -> CaptureIdentity:
        """Make what is missing and wait until the log is being read; repeating it changes nothing.

        SelarasError (configuration) with every fault at once if the preconditions do not hold, (gap) if parts are left
        over from another capture, (unavailable) if it does not run before the deadline.
        """
        plan, parts = self.plan, self._parts
        faults = [*parts.setup.faults(plan.publication, plan.tables), *self._topic_faults()]
        if faults:
            raise SelarasError(
                ErrorKind.CONFIGURATION,
                "Capture cannot start:\n" + "\n".join(f"- {fault}" for fault in faults),
                "Mend these, then run `selaras capture apply` again.",
            )
        state = parts.connector.state()
        self._refuse_leftovers(registered=state is not None)
        # The publication must be there before the slot: the log is decoded with the catalog of its own time.
        parts.setup.create_publication(plan.publication, plan.tables)
        parts.topics.create(plan.topics)
        changed = parts.connector.configure(plan.config)
        if state is not None and not changed and not state.running:
            parts.connector.resume()
        self._wait_until_reading(deadline_s)
        return self.identity()

    def identity(self) -> CaptureIdentity:
        """The fingerprint as it is now, to be remembered or compared."""
        legacy = self._parts.setup.identity(self.plan.slot, self.plan.publication)
        return CaptureIdentity(legacy, self._parts.topics.identify(list(self.plan.topics)))

    def status(self) -> CaptureStatus:
        """Everything that can be learnt now; never raises for a part that is away."""
        plan, parts, unknown = self.plan, self._parts, dict[str, str]()
        connector = _learn("connector", parts.connector.state, unknown)
        slot = _learn("slot", lambda: parts.slots.slot(plan.slot), unknown)
        offset = _learn("offset", parts.offsets.offset, unknown) if connector is not None else None
        present = _learn("topics", lambda: parts.topics.identify(list(plan.topics)), unknown)
        snapshot = None
        if "offset" not in unknown and "connector" not in unknown:
            snapshot = "not begun" if offset is None else "running" if offset.snapshot else "done"
        return CaptureStatus(
            connector=connector,
            slot=slot,
            offset=offset,
            snapshot=snapshot,
            missing_topics=None if present is None else tuple(name for name in plan.topics if name not in present),
            faults=tuple(check_slot(slot, offset)) if connector is not None and "slot" not in unknown else (),
            unknown=unknown,
        )

    def pause(self) -> None:
        """Stop reading. The legacy server keeps its log meanwhile: its disk fills until ``resume``."""
        self._parts.connector.pause()

    def resume(self) -> None:
        """Read on where it stopped."""
        self._parts.connector.resume()

    def remove(self, deadline_s: float = 60.0) -> None:
        """Take away connector, offsets, slot, publication and topics with all records. Repeating it finishes it."""
        plan, parts = self.plan, self._parts
        parts.connector.remove()
        deadline = parts.clock.now() + deadline_s
        while not parts.slots.drop_slot(plan.slot):
            if parts.clock.now() > deadline:
                raise SelarasError(
                    ErrorKind.UNAVAILABLE,
                    f"The replication slot {plan.slot} is still being read; the connector is already removed.",
                    "Run `selaras capture remove` again.",
                )
            parts.clock.pause(_POLL_S)
        parts.setup.drop_publication(plan.publication)
        parts.topics.delete(list(plan.topics))

    def _topic_faults(self) -> list[str]:
        present = self._parts.topics.identify(list(self.plan.topics))
        return [
            f"Topic {name} has {present[name].partitions} partitions instead of {count}; the count is fixed for the"
            " life of a capture (setting kafka.partitions)."
            for name, count in self.plan.topics.items()
            if name in present and present[name].partitions != count
        ]

    def _refuse_leftovers(self, *, registered: bool) -> None:
        slot = self._parts.slots.slot(self.plan.slot)
        if registered:
            faults = check_slot(slot, self._parts.offsets.offset())
        else:
            names = [] if slot is None else [f"replication slot {self.plan.slot}"]
            ends = self._parts.ends.end_offsets(self.plan.data_topics)
            names += [f"topic {topic}" for topic in self.plan.data_topics if _has_records(topic, ends)]
            faults = [f"{', '.join(names)}: left over from another capture."] if names else []
        if faults:
            raise SelarasError(
                ErrorKind.GAP,
                "Capture cannot go on: " + " ".join(faults),
                "" if registered else "Run `selaras capture remove`, then `selaras capture apply` again.",
            )

    def _wait_until_reading(self, deadline_s: float) -> None:
        clock = self._parts.clock
        deadline = clock.now() + deadline_s
        while True:
            state = self._parts.connector.state()
            slot = self._parts.slots.slot(self.plan.slot)
            if state is not None and state.running and slot is not None and slot.active:
                return
            if state is not None and state.failure:
                raise SelarasError(
                    ErrorKind.CONFIGURATION,
                    f"Connector {self.plan.connector} failed ({state.failure}).",
                    "Read `selaras stack logs connect`, mend the cause, then run `selaras capture apply` again.",
                )
            if clock.now() > deadline:
                said = "does not exist" if state is None else f"is {state.connector}, tasks {list(state.tasks)}"
                raise SelarasError(
                    ErrorKind.UNAVAILABLE,
                    f"After {deadline_s:.0f} s the legacy log is still not read: the connector {said}, the slot is"
                    f" {'missing' if slot is None else 'active' if slot.active else 'idle'}.",
                    "Read `selaras stack logs connect`, then run `selaras capture apply` again.",
                )
            clock.pause(_POLL_S)


def _has_records(topic: str, ends: Mapping[tuple[str, int], int]) -> bool:
    return any(end > 0 for (name, _), end in ends.items() if name == topic)


def _learn(name: str, ask: Callable[[], T], unknown: dict[str, str]) -> T | None:
    try:
        return ask()
    except SelarasError as error:
        unknown[name] = error.sentence
        return None
