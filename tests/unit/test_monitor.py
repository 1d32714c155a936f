"""The monitor's loop: turns, troubles, beats; and its duties on twins."""

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from streams.adapters.memory.capture import ManualClock
from streams.drift.difference import Check
from streams.drift.verdict import Reason, Verdicts
from streams.errors import ErrorKind, SelarasError
from streams.ports.drift_progress import ScanPart, TouchedKeys
from streams.services.monitor import MOST_DELAY_S, Monitor, MonitorEvent
from streams.services.monitor_duties import ScanDuty, TouchedKeysDuty, UnknownKeysDuty


@dataclass
class Listed:
    """A duty with so many bites to do; a bite may fail."""

    name: str
    waiting: int = 0
    fails: SelarasError | None = None
    rest_s: float = 1.0
    bites: int = 0

    def bite(self) -> bool:
        self.bites += 1
        if self.fails:
            raise self.fails
        self.waiting = max(0, self.waiting - 1)
        return self.waiting > 0


@dataclass
class Progress:
    """Lists and unknown keys, and what was said of the monitor's life."""

    lists: list[TouchedKeys] = field(default_factory=list)
    held: dict[str, list[str]] = field(default_factory=dict)
    beats: list[str] = field(default_factory=list)
    away: bool = False

    def beat(self, state: str) -> None:
        if self.away:
            raise SelarasError(ErrorKind.UNAVAILABLE, "The target does not answer.")
        self.beats.append(state)

    def touched(self, check: Check, limit: int) -> TouchedKeys | None:
        assert (check, limit) == (Check.PROJECTION, 100)
        return self.lists[0] if self.lists else None

    def unknown(self, check: Check, limit: int) -> Mapping[str, Sequence[str]]:
        assert (check, limit) == (Check.PROJECTION, 100)
        return self.held

    def done(self, check: Check, lists: Collection[int]) -> None: ...

    def put_unknown(self, check: Check, table: str, keys: Mapping[str, Reason]) -> None: ...

    def settled(self, check: Check, table: str, keys: Collection[str]) -> None: ...


@dataclass
class Book:
    """What was recorded."""

    verdicts: list[Verdicts] = field(default_factory=list)
    lists: list[int] = field(default_factory=list)
    parts: list[ScanPart] = field(default_factory=list)

    def record(self, verdicts: Sequence[Verdicts], lists: Collection[int] = (), part: ScanPart | None = None) -> None:
        self.verdicts += verdicts
        self.lists += lists
        self.parts += [part] if part else []


def same(table: str, keys: Collection[str]) -> Verdicts:
    return Verdicts(Check.PROJECTION, table, same=tuple(sorted(keys)))


def all_same(keys: Mapping[str, Collection[str]]) -> list[Verdicts]:
    return [same(table, found) for table, found in keys.items()]


def monitor(duties: Sequence[Listed], progress: Progress, clock: ManualClock, told: list[MonitorEvent]) -> Monitor:
    return Monitor(duties, progress, clock, told.append)


def test_every_duty_that_is_due_gets_a_bite_and_the_one_with_more_goes_on() -> None:
    clock = ManualClock()
    urgent, seldom = Listed("urgent", waiting=3), Listed("seldom", rest_s=10.0)
    told = monitor([urgent, seldom], Progress(), clock, [])
    assert told.round()
    assert (urgent.bites, seldom.bites) == (1, 1)
    assert told.round()
    assert not told.round()
    assert (urgent.bites, seldom.bites) == (3, 1)
    clock.pause(1.0)
    told.round()
    assert (urgent.bites, seldom.bites) == (4, 1)
    clock.pause(9.0)
    told.round()
    assert seldom.bites == 2


def test_a_side_that_is_away_is_said_once_waited_for_and_hinders_no_other_duty() -> None:
    clock, told = ManualClock(), list[MonitorEvent]()
    broken = Listed("capture", fails=SelarasError(ErrorKind.UNAVAILABLE, "The legacy database does not answer."))
    other, progress = Listed("projection", rest_s=0.0), Progress()
    runs = monitor([broken, other], progress, clock, told)
    for _ in range(100):
        runs.round()
        clock.pause(1.0)
    assert [(event.duty, event.trouble) for event in told] == [("capture", "The legacy database does not answer.")]
    assert other.bites == 100
    assert 100 / MOST_DELAY_S <= broken.bites < 40
    assert progress.beats[-1] == "waits: capture"
    broken.fails = None
    clock.pause(MOST_DELAY_S)
    runs.round()
    assert told[-1] == MonitorEvent("capture", "")
    assert runs.troubles == {}


@pytest.mark.parametrize("kind", [ErrorKind.STALE, ErrorKind.GAP, ErrorKind.UNKNOWN])
def test_whatever_else_goes_wrong_ends_the_monitor(kind: ErrorKind) -> None:
    runs = monitor([Listed("any", fails=SelarasError(kind, "No."))], Progress(), ManualClock(), [])
    with pytest.raises(SelarasError, match="No"):
        runs.run(threading.Event())


def test_without_the_target_there_is_no_beat_and_no_end() -> None:
    clock, progress = ManualClock(), Progress(away=True)
    runs = monitor([], progress, clock, [])
    runs.round()
    progress.away = False
    clock.pause(1.0)
    runs.round()
    assert progress.beats == ["running"]


def test_it_ends_when_it_is_told_to() -> None:
    stopping = threading.Event()
    stopping.set()
    duty = Listed("never")
    monitor([duty], Progress(), ManualClock(), []).run(stopping)
    assert duty.bites == 0


def test_touched_lists_are_judged_and_given_back_with_their_verdicts() -> None:
    book = Book()
    touched = TouchedKeys(Check.PROJECTION, (4, 5), {"nib": frozenset({"b", "a"}), "proyek": frozenset()})
    duty = TouchedKeysDuty(Check.PROJECTION, Progress([touched]), all_same, book, 100)
    assert duty.bite()
    assert (book.verdicts, book.lists) == ([same("nib", ["a", "b"])], [4, 5])
    assert not TouchedKeysDuty(Check.PROJECTION, Progress(), all_same, book, 100).bite()


def test_keys_without_a_verdict_are_asked_again_but_not_at_once() -> None:
    book = Book()
    duty = UnknownKeysDuty(Check.PROJECTION, Progress(held={"nib": ["a"]}), all_same, book, 100)
    assert not duty.bite()
    assert book.verdicts == [same("nib", ["a"])]


def test_a_scan_goes_on_where_it_stopped_takes_one_table_after_the_other_and_rests_by_its_share() -> None:
    clock, book = ManualClock(), Book()
    parts = {("nib", ""): "k", ("nib", "k"): None, ("orang", ""): None}
    asked: list[tuple[str, str]] = []

    class Scans:
        def next_after(self, check: Check, table: str) -> str:
            done = [part for part in book.parts if (part.check, part.table) == (check, table)]
            return (done[-1].last or "") if done else ""

    def look(table: str, after: str) -> tuple[Verdicts, ScanPart]:
        asked.append((table, after))
        clock.pause(2.0)
        return same(table, []), ScanPart(Check.PROJECTION, table, after, parts[table, after], 1)

    duty = ScanDuty(Check.PROJECTION, ("nib", "orang"), Scans(), look, book, clock, share=0.25)
    for _ in range(4):
        assert not duty.bite()
        assert duty.rest_s == pytest.approx(6.0)
    assert asked == [("nib", ""), ("nib", "k"), ("orang", ""), ("nib", "")]


def test_a_reason_that_holds_for_a_whole_table_is_remembered_once() -> None:
    clock, book = ManualClock(), Book()
    pending = Verdicts(Check.PROJECTION, "nib", unknown=dict.fromkeys(["a", "b"], Reason.RECOMPUTE_PENDING))
    mixed = Verdicts(Check.PROJECTION, "nib", ("c",), unknown={"a": Reason.RECOMPUTE_PENDING})

    class Scans:
        def next_after(self, check: Check, table: str) -> str:
            return f"{check} {table}"

    for said in (pending, mixed):
        part = ScanPart(Check.PROJECTION, "nib", "", "b", 2)
        duty = ScanDuty(Check.PROJECTION, ("nib",), Scans(), lambda _t, _a, v=said, p=part: (v, p), book, clock, 1.0)
        duty.bite()
    assert book.verdicts[0].unknown == {"*": Reason.RECOMPUTE_PENDING}
    assert book.verdicts[1] == mixed
    assert len(book.parts) == 1


def test_its_last_word_when_it_is_told_to_end_is_that_it_stopped() -> None:
    stopping, progress = threading.Event(), Progress()
    stopping.set()
    monitor([], progress, ManualClock(), []).run(stopping)
    assert progress.beats == ["stopped"]


def test_reasons_of_single_legacy_rows_stay_with_these_rows() -> None:
    """A key that stands for a whole table would be asked for again as if it were a row's number."""
    clock, book = ManualClock(), Book()
    said = Verdicts(Check.CAPTURE, "tr_oss_proyek", unknown=dict.fromkeys(["1", "2"], Reason.UNDECODABLE))
    part = ScanPart(Check.CAPTURE, "tr_oss_proyek", "", None, 2)

    class Scans:
        def next_after(self, check: Check, table: str) -> str:
            return f"{check} {table}"

    ScanDuty(Check.CAPTURE, ("tr_oss_proyek",), Scans(), lambda _t, _a: (said, part), book, clock, 1.0).bite()
    assert (book.verdicts, book.parts) == ([said], [part])
