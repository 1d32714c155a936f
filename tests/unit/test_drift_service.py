"""What people decide about differences, and when drift is well."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from streams.adapters.memory.drift import MemoryDriftStore, MemoryLedger
from streams.drift.cause import Cause
from streams.drift.coverage import STOPPED, Coverage
from streams.drift.difference import Check, Difference, Kind
from streams.drift.entry import Entry, EntryState
from streams.drift.verdict import Reason, Verdicts
from streams.errors import SelarasError
from streams.ports.drift_ledger import Group
from streams.ports.drift_status import DriftReading, UnknownKeys
from streams.services import drift_told
from streams.services.drift import Drift, needed
from streams.services.drift_book import DriftBook

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
LOOKS = tuple(Coverage(check, "t", 1, 1, 0, 0, NOW, running=True) for check in (Check.PROJECTION, Check.CAPTURE))
WELL = DriftReading(NOW, "running", 0.5, LOOKS, (), ())
GROUP = Group(Check.PROJECTION, "nib", Kind.DIFFERENT, Cause.UNKNOWN, EntryState.OPEN, 2, NOW, NOW)
PAUSED = UnknownKeys(Check.CAPTURE, "t", Reason.PAUSED, 3, 1.0)


class Desk:
    """A ledger with two open entries, and a clock."""

    def __init__(self) -> None:
        self.now = NOW
        self.store = MemoryDriftStore(lambda: self.now)
        DriftBook(self.store).record([_differing("a", "b")])

    def read(self, _: float) -> DriftReading:
        """See the port ``DriftStatus``."""
        return replace(WELL, groups=MemoryLedger(self.store.state, self.store.now).groups())

    @property
    def drift(self) -> Drift:
        return Drift(self.store, MemoryLedger(self.store.state, self.store.now), self, lambda: self.now)

    def states(self) -> list[EntryState]:
        return [entry.state for entry in self.store.state.entries.values()]


def _differing(*keys: str) -> Verdicts:
    found = tuple(Difference(Check.PROJECTION, "nib", key, Kind.DIFFERENT) for key in keys)
    return Verdicts(Check.PROJECTION, "nib", different=found)


def test_an_acceptance_holds_through_its_last_day_whether_or_not_the_monitor_runs() -> None:
    desk = Desk()
    assert list(desk.drift.accept([1], NOW.date(), "budi", "known").moved) == [1]
    desk.now = datetime(2026, 3, 4, 23, 59, tzinfo=UTC)
    desk.drift.status()
    assert desk.states() == [EntryState.ACCEPTED, EntryState.OPEN]
    desk.now = datetime(2026, 3, 5, tzinfo=UTC)
    assert not desk.drift.status().is_well
    assert desk.states() == [EntryState.OPEN, EntryState.OPEN]


def test_what_is_accepted_can_be_accepted_anew() -> None:
    desk = Desk()
    desk.drift.accept([1], date(2026, 3, 9), "budi", "known")
    desk.drift.accept([1], date(2026, 4, 9), "siti", "still known")
    entry = desk.drift.entry(1)
    assert (entry.until, entry.by, entry.why) == (datetime(2026, 4, 10, tzinfo=UTC), "siti", "still known")
    assert [step.now.value for step in desk.drift.history(1)] == ["open", "accepted", "open", "accepted"]
    assert desk.drift.history_of_key("nib", "a") == desk.drift.history(1)


def test_what_can_not_be_moved_is_told_with_its_state() -> None:
    desk = Desk()
    DriftBook(desk.store).record([Verdicts(Check.PROJECTION, "nib", ("b",))])
    moved = desk.drift.explain([1, 2], "budi", "a test")
    assert (list(moved.moved), moved.refused) == ([1], {2: EntryState.VERIFIED})
    assert desk.states() == [EntryState.EXPLAINED, EntryState.VERIFIED]


@pytest.mark.parametrize(
    ("numbers", "until", "by", "why", "said"),
    [
        ([1], date(2026, 3, 3), "budi", "known", "has passed"),
        ([1], date(2026, 3, 9), " ", "known", "--by is empty"),
        ([1], date(2026, 3, 9), "budi", "", "--why is empty"),
        ([1, 7], date(2026, 3, 9), "budi", "known", "no entry 7"),
    ],
)
def test_a_wish_that_is_wrong_changes_nothing(
    numbers: Sequence[int], until: date, by: str, why: str, said: str
) -> None:
    desk = Desk()
    with pytest.raises(SelarasError, match=said):
        desk.drift.accept(numbers, until, by, why)
    assert desk.states() == [EntryState.OPEN, EntryState.OPEN]


@pytest.mark.parametrize(
    ("reading", "said"),
    [
        (WELL, []),
        (replace(WELL, groups=[replace(GROUP, state=EntryState.ACCEPTED)]), []),
        (replace(WELL, groups=[GROUP]), ["Differences that are not settled: 2"]),
        (replace(WELL, groups=[replace(GROUP, state=EntryState.EXPLAINED)]), ["Differences that are not settled: 2"]),
        (replace(WELL, groups=[replace(GROUP, state=EntryState.REPAIRED)]), ["Differences that are not settled: 2"]),
        (
            replace(WELL, unknown=[UnknownKeys(Check.CAPTURE, "t", Reason.PAUSED, 3, 1.0)]),
            ["Keys without a verdict: 3 paused"],
        ),
        (replace(WELL, seen_s=None), ["The monitor does not run. It never ran"]),
        (replace(WELL, seen_s=60.0), ["The monitor does not run. It said last, 60 s ago: running"]),
        (replace(WELL, said=STOPPED), ["The monitor does not run"]),
        (replace(WELL, coverage=[replace(LOOKS[1], running=False)]), ["The capture check waits for a side"]),
        (replace(WELL, behind_s={Check.CAPTURE: 29.0}), []),
        (replace(WELL, behind_s={Check.CAPTURE: 31.0}), ["The capture check is 31 s behind"]),
        (replace(WELL, coverage=[replace(LOOKS[0], oldest=None)]), ["Not wholly looked at yet by the projection"]),
    ],
)
def test_drift_is_well_when_everything_was_looked_at_and_nothing_is_open(
    reading: DriftReading, said: list[str]
) -> None:
    found = needed(reading)
    assert len(found) == len(said)
    assert all(line.startswith(start) for line, start in zip(found, said, strict=True))


@pytest.mark.parametrize("cause", Cause)
@pytest.mark.parametrize("state", EntryState)
def test_of_every_entry_can_be_told_why_and_what_next(cause: Cause, state: EntryState) -> None:
    for check in Check:
        one = Difference(check, "nib", "1", Kind.DIFFERENT, likeness="case")
        entry = Entry(7, one, cause, state, NOW, NOW + timedelta(1), evidence="UPDATE by rba_app")
        assert drift_told.evidence(entry).endswith(".")
        assert ("rba_app" in drift_told.evidence(entry)) is (cause is Cause.FOREIGN_WRITE)
        assert bool(drift_told.next_step(entry)) is (state is not EntryState.VERIFIED)


def test_every_kind_has_its_words() -> None:
    assert set(drift_told.KINDS) == set(Kind)
