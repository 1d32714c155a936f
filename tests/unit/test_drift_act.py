"""The act of the demo on twins: found, repaired, verified; and what is said when one of these does not happen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from streams.adapters.memory.capture import ManualClock
from streams.drift.cause import Cause
from streams.drift.difference import Check, Difference, Kind
from streams.drift.entry import Entry, EntryState
from streams.ports.drift_act import PlantedRow
from streams.ports.drift_ledger import Wanted
from streams.services.drift_act import Act, DriftAct
from tests.unit.test_drift_core import NOON

ROW = PlantedRow("proyek", "R-1", "one rupiah more for a project")


@dataclass
class Ledger:
    """Holds the entries of the row alone."""

    held: list[Entry] = field(default_factory=list)

    def entries(self, wanted: Wanted) -> Sequence[Entry]:
        assert (wanted.tables, wanted.key) == (("proyek",), "R-1")
        return self.held


class Planting:
    """Somebody else."""

    def plant(self) -> PlantedRow:
        return ROW


def entry(state: EntryState) -> Entry:
    difference = Difference(Check.PROJECTION, "proyek", "R-1", Kind.DIFFERENT)
    return Entry(7, difference, Cause.FOREIGN_WRITE, state, NOON, NOON)


def played(states: dict[float, EntryState], mend: Callable[[Sequence[int]], None]) -> tuple[Act, list[str]]:
    """``states``: of the entry from that second on."""
    clock, ledger, told = ManualClock(), Ledger(), list[str]()

    def on_pause() -> None:
        ledger.held = [entry(state) for at, state in sorted(states.items()) if at <= clock.time][-1:]

    clock.on_pause = on_pause
    return DriftAct(Planting(), ledger, mend, clock).play(5.0, told.append), told


def test_it_is_found_with_its_cause_repaired_and_verified() -> None:
    mended: list[int] = []
    act, told = played({1.0: EntryState.OPEN, 3.0: EntryState.VERIFIED}, mended.extend)
    assert act.went_well
    assert mended == [7]
    assert [one.state for one in act.entries] == [EntryState.VERIFIED]
    assert "cause: foreign write" in told[1]
    assert told[-1].startswith("verified after")


def test_what_is_not_found_in_time_is_said_and_nothing_is_mended() -> None:
    mended: list[int] = []
    act, told = played({60.0: EntryState.OPEN}, mended.extend)
    assert (act.went_well, act.found_s, mended) == (False, None, [])
    assert told[-1] == "the monitor has not found it in time"


def test_what_is_not_verified_in_time_is_said() -> None:
    act, told = played({1.0: EntryState.OPEN}, lambda _ids: None)
    assert (act.went_well, act.verified_s) == (False, None)
    assert told[-1] == "the monitor has not verified it in time"
