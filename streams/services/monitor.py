"""The monitor: duties done in short bites, the urgent ones first, for ever."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from streams.drift.coverage import STOPPED
from streams.errors import Reaction, SelarasError
from streams.ports.capture import Clock
from streams.ports.drift_progress import DriftProgress

IDLE_S = 0.05  # the shortest pause between two rounds that found nothing to do
BEAT_S = 1.0
MOST_DELAY_S = 5.0  # between two tries of a duty whose side is away


class Duty(Protocol):
    """A part of the monitor's work."""

    @property
    def name(self) -> str:
        """Shown to people."""

    @property
    def rest_s(self) -> float:
        """Seconds until the next bite, when the last one left nothing waiting."""

    def bite(self) -> bool:
        """Do a little of it; True when more waits. SelarasError (unavailable) when a side does not answer."""


@dataclass(frozen=True, slots=True)
class MonitorEvent:
    """Something that whoever runs the monitor should hear of: a duty that can't go on, or goes on again."""

    duty: str
    trouble: str  # empty when it goes on again


@dataclass(slots=True)
class _Turn:
    duty: Duty
    due: float
    trouble: str = ""
    delay: float = field(default=0.1)


class Monitor:
    """Gives each duty its turn, in the order given: of those that are due, the first that has more to do goes on."""

    def __init__(
        self, duties: Sequence[Duty], progress: DriftProgress, clock: Clock, report: Callable[[MonitorEvent], None]
    ) -> None:
        self._progress = progress
        self._clock = clock
        self._report = report
        self._turns = [_Turn(duty, clock.now()) for duty in duties]
        self._beat_due = clock.now()

    @property
    def troubles(self) -> dict[str, str]:
        """By duty that can't go on now, why."""
        return {turn.duty.name: turn.trouble for turn in self._turns if turn.trouble}

    def run(self, stopping: threading.Event) -> None:
        """Until ``stopping`` is set. A side that is away is waited for; SelarasError for whatever else goes wrong."""
        while not stopping.is_set():
            if not self.round():
                soonest = min((turn.due for turn in self._turns), default=0.0)
                stopping.wait(min(BEAT_S, max(IDLE_S, soonest - self._clock.now())))
        self._say(STOPPED)

    def round(self) -> bool:
        """One bite of every duty that is due; whether any of them has more waiting."""
        self._beat()
        busy = False
        for turn in self._turns:
            if turn.due <= self._clock.now():
                busy |= self._take(turn)
        return busy

    def _take(self, turn: _Turn) -> bool:
        try:
            more = turn.duty.bite()
        except SelarasError as error:
            if error.policy.reaction not in (Reaction.RETRY, Reaction.RESEEK):
                raise
            self._tell(turn, error.sentence)
            turn.due = self._clock.now() + turn.delay
            turn.delay = min(MOST_DELAY_S, 2 * turn.delay)
            return False
        self._tell(turn, "")
        turn.delay = 0.1
        turn.due = self._clock.now() + (0.0 if more else turn.duty.rest_s)
        return more

    def _tell(self, turn: _Turn, trouble: str) -> None:
        if bool(trouble) != bool(turn.trouble):
            self._report(MonitorEvent(turn.duty.name, trouble))
        turn.trouble = trouble

    def _beat(self) -> None:
        now = self._clock.now()
        if now < self._beat_due:
            return
        self._beat_due = now + BEAT_S
        waiting = ", ".join(sorted(self.troubles))
        self._say(f"waits: {waiting}" if waiting else "running")

    def _say(self, state: str) -> None:
        try:
            self._progress.beat(state)
        except SelarasError as error:
            # Without a beat the coverage turns unknown by itself: exactly what must be shown while the target is away.
            if error.policy.reaction not in (Reaction.RETRY, Reaction.RESEEK):
                raise
