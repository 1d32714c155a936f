"""The barrier: proof that everything committed before a moment is applied."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from secrets import token_hex

from streams.errors import ErrorKind, SelarasError
from streams.ports.capture import AppliedPositions, Clock, CommittedOffset, CommittedOffsets, EndOffsets, LegacyMarks

Offsets = Mapping[tuple[str, int], int]
"""By topic and partition, an offset."""

_POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class Behind:
    """A partition that is not where it must be."""

    topic: str
    partition: int
    end: int  # offset that must be reached
    applied: int | None  # offset of the next record to apply; None if the target stores no position


@dataclass(frozen=True, slots=True)
class BarrierResult:
    """Whether the barrier was passed, and if not, what it hung on."""

    passed: bool
    position: int | None  # LSN of the token; None if it could not be written
    ends: Offsets  # end offsets that had to be reached; empty if they were not yet known
    behind: Sequence[Behind]  # partitions that did not reach them
    hung: str  # "", "token", "captured", "ends" or "applied"
    reason: str  # why it hung, a sentence; empty when passed
    seconds: Mapping[str, float] = field(default_factory=dict)  # how long each step took


def behind(ends: Offsets, applied: Offsets) -> list[Behind]:
    """The partitions whose applied position does not reach the end; a missing one counts unless there is nothing."""
    late = []
    for (topic, partition), end in sorted(ends.items()):
        position = applied.get((topic, partition))
        if end > 0 and (position is None or position < end):
            late.append(Behind(topic, partition, end, position))
    return late


def beyond(ends: Offsets, applied: Offsets) -> list[tuple[str, int]]:
    """Partitions whose applied position lies above the end: the topic is not the one it belongs to."""
    return sorted(key for key, end in ends.items() if applied.get(key, 0) > end)


def captured(offset: CommittedOffset | None, position: int) -> str:
    """Empty if everything committed before ``position`` is in the topics, else why that is not proven."""
    if offset is None:
        return "Connect has not committed any offset yet."
    if offset.snapshot:
        return "The initial snapshot is not over."
    if offset.reread:
        return "An incremental snapshot is open."
    if offset.commit is None or offset.commit < position:
        return "Connect's committed offset has not reached the token."
    return ""


@dataclass(frozen=True, slots=True)
class BarrierParts:
    """The outside world of a barrier."""

    marks: LegacyMarks
    offsets: CommittedOffsets
    ends: EndOffsets
    applied: AppliedPositions
    clock: Clock


class Barrier:
    """Token, committed offset, end offsets of *all* data partitions, applied positions: in this order.

    Connect commits an offset only after the broker acknowledged every record before it. A token found in its own
    topic would prove nothing about other partitions.
    """

    def __init__(self, topics: Sequence[str], parts: BarrierParts) -> None:
        self._topics = topics
        self._parts = parts

    def pass_(self, timeout: float) -> BarrierResult:
        """Wait up to ``timeout`` seconds. Parts that are away are asked again until then."""
        return _Passage(self._topics, self._parts, timeout).run()


class _Passage:
    """One attempt: what was learnt so far, and when it must end."""

    def __init__(self, topics: Sequence[str], parts: BarrierParts, timeout: float) -> None:
        self._topics = topics
        self._parts = parts
        self._deadline = parts.clock.now() + timeout
        self._seconds: dict[str, float] = {}
        self._position: int | None = None
        self._ends: Offsets = {}
        self._behind: Sequence[Behind] = ()

    def run(self) -> BarrierResult:
        """Step after step; the first that does not succeed in time ends it."""
        steps: Mapping[str, Callable[[], str]] = {
            "token": self._write_token,
            "captured": self._is_captured,
            "ends": self._read_ends,
            "applied": self._is_applied,
        }
        for name, step in steps.items():
            reason = self._until(name, step)
            if reason:
                return self._result(name, reason)
        return self._result("", "")

    def _until(self, name: str, step: Callable[[], str]) -> str:
        clock = self._parts.clock
        begun = clock.now()
        while True:
            try:
                reason = step()
            except SelarasError as error:
                if error.kind is not ErrorKind.UNAVAILABLE:
                    raise
                reason = error.sentence
            self._seconds[name] = clock.now() - begun
            if not reason or clock.now() >= self._deadline:
                return reason
            clock.pause(_POLL_S)

    def _write_token(self) -> str:
        self._position = self._parts.marks.token(token_hex(16))
        return ""

    def _is_captured(self) -> str:
        assert self._position is not None
        return captured(self._parts.offsets.offset(), self._position)

    def _read_ends(self) -> str:
        ends = self._parts.ends.end_offsets(self._topics)
        missing = sorted(set(self._topics) - {topic for topic, _ in ends})
        if missing:
            return f"The broker does not know {', '.join(missing)}."
        self._ends = ends
        return ""

    def _is_applied(self) -> str:
        applied = self._parts.applied.positions()
        # With traffic the target runs past ends read earlier; only ends read *after* the positions convict.
        ahead = beyond(self._ends, applied) and beyond(self._parts.ends.end_offsets(self._topics), applied)
        if ahead:
            names = ", ".join(f"{topic}/{partition}" for topic, partition in ahead)
            raise SelarasError(
                ErrorKind.GAP,
                f"Positions in the target lie beyond the end of {names}: these topics were made anew.",
                "Run `selaras capture remove`, then `selaras capture apply`, and load anew.",
            )
        self._behind = behind(self._ends, applied)
        if not self._behind:
            return ""
        worst = max(self._behind, key=lambda item: item.end - (item.applied or 0))
        return (
            f"{len(self._behind)} partitions are not applied up to their end, most of all"
            f" {worst.topic}/{worst.partition} ({worst.applied if worst.applied is not None else 'no position'}"
            f" of {worst.end})."
        )

    def _result(self, hung: str, reason: str) -> BarrierResult:
        return BarrierResult(
            passed=not hung,
            position=self._position,
            ends=self._ends,
            behind=tuple(self._behind),
            hung=hung,
            reason=reason,
            seconds=self._seconds,
        )
