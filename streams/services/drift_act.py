"""One difference from its planting to its end: found with its cause, repaired through the pipeline, verified."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from streams.drift.entry import Entry, EntryState
from streams.ports.capture import Clock
from streams.ports.drift_act import PlantedRow, Planting
from streams.ports.drift_ledger import Ledger, Wanted

LOOK_EVERY_S = 0.1
Report = Callable[[str], None]
Mend = Callable[[Sequence[int]], None]
"""Repairs these entries of the ledger."""


@dataclass(frozen=True, slots=True)
class Act:
    """How it went: the entries that were opened for the row, and how long it took to find and to verify them, seconds;
    None where it did not happen in time.
    """

    planted: PlantedRow
    entries: tuple[Entry, ...]
    found_s: float | None
    verified_s: float | None

    @property
    def went_well(self) -> bool:
        """Whether it was found, repaired and verified."""
        return self.found_s is not None and self.verified_s is not None


@dataclass(frozen=True, slots=True)
class DriftAct:
    """Plays it once, while the monitor runs."""

    planting: Planting
    ledger: Ledger
    mend: Mend
    clock: Clock

    def play(self, deadline_s: float, report: Report) -> Act:
        """Plant, wait until found, repair, wait until verified; each wait ends after ``deadline_s``."""
        planted = self.planting.plant()
        report(f"planted: {planted.deed}")
        begun = self.clock.now()
        found = self._until(deadline_s, lambda: self._unsettled(planted))
        if not found:
            report("the monitor has not found it in time")
            return Act(planted, (), None, None)
        found_s = self.clock.now() - begun
        for entry in found:
            report(
                f"found after {found_s:.1f} s: entry {entry.id}, {entry.difference.check} check, "
                f"{entry.difference.kind}, cause: {entry.cause}"
            )
        self.mend([entry.id for entry in found])
        report("repaired through the pipeline; waiting until the monitor has verified it")
        begun = self.clock.now()
        left = self._until(deadline_s, lambda: self._verified(planted))
        if not left:
            report("the monitor has not verified it in time")
            return Act(planted, found, found_s, None)
        verified_s = self.clock.now() - begun
        report(f"verified after {verified_s:.1f} s")
        return Act(planted, left, found_s, verified_s)

    def _unsettled(self, planted: PlantedRow) -> tuple[Entry, ...]:
        return tuple(entry for entry in self._of(planted) if entry.state is not EntryState.VERIFIED)

    def _verified(self, planted: PlantedRow) -> tuple[Entry, ...]:
        return () if self._unsettled(planted) else self._of(planted)

    def _of(self, planted: PlantedRow) -> tuple[Entry, ...]:
        return tuple(self.ledger.entries(Wanted(tables=(planted.table,), key=planted.key)))

    def _until(self, deadline_s: float, ask: Callable[[], tuple[Entry, ...]]) -> tuple[Entry, ...]:
        end = self.clock.now() + deadline_s
        while not (found := ask()) and self.clock.now() < end:
            self.clock.pause(LOOK_EVERY_S)
        return found
