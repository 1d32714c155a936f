"""The monitor's progress: lists of touched keys, keys without a verdict, looks, coverage; on twin and PostgreSQL."""

from collections.abc import Mapping
from datetime import datetime

import pytest

from streams.drift.coverage import STOPPED, Coverage
from streams.drift.difference import Check
from streams.drift.verdict import Reason
from streams.ports.drift_progress import ScanPart
from tests.contract.drift_worlds import EARLIER, LATER, LATEST, NOW, DriftWorld

PROJECTION, CAPTURE = Check.PROJECTION, Check.CAPTURE


def touched(world: DriftWorld, check: Check, limit: int = 100) -> tuple[tuple[int, ...], Mapping[str, frozenset[str]]]:
    with world.store.transaction() as work:
        found = work.progress.touched(check, limit)
    return (found.lists, found.keys) if found else ((), {})


def scanned(world: DriftWorld, after: str, last: str | None, keys: int, at: datetime | None = None) -> None:
    with world.store.transaction() as work:
        work.scans.scanned(ScanPart(PROJECTION, "nib", after, last, keys), at)


def next_after(world: DriftWorld) -> str:
    with world.store.transaction() as work:
        return work.scans.next_after(PROJECTION, "nib")


def coverage(world: DriftWorld, total: int, table: str = "nib", check: Check = PROJECTION) -> Coverage:
    with world.store.transaction() as work:
        (found,) = work.scans.coverage({(check, table): total}, 60.0)
    return found


def beat(world: DriftWorld, state: str = "running") -> None:
    with world.store.transaction() as work:
        work.progress.beat(state)


@pytest.mark.parametrize("check", [PROJECTION, CAPTURE])
def test_lists_are_given_the_oldest_first_until_they_are_done(drift: DriftWorld, check: Check) -> None:
    assert touched(drift, check) == ((), {})
    drift.touch(check, "nib", ["a", "b"])
    drift.touch(check, "nib", ["b", "c"])
    drift.touch(check, "orang", ["d"])
    lists, keys = touched(drift, check)
    assert keys == {"nib": frozenset("abc"), "orang": frozenset("d")}
    assert touched(drift, check, 2) == (lists[:1], {"nib": frozenset("ab")})
    assert touched(drift, check, 3) == (lists[:2], {"nib": frozenset("abc")})
    with drift.store.transaction() as work:
        work.progress.done(check, lists[:2])
    assert touched(drift, check) == (lists[2:], {"orang": frozenset("d")})
    other = CAPTURE if check is PROJECTION else PROJECTION
    assert touched(drift, other) == ((), {})


def test_a_list_says_since_when_it_waits(drift: DriftWorld) -> None:
    drift.touch(PROJECTION, "nib", ["a"])
    with drift.store.transaction() as work:
        found = work.progress.touched(PROJECTION, 1)
    assert found is not None
    assert found.since is not None
    assert EARLIER < found.since < LATER or found.since > NOW


def test_keys_without_a_verdict_take_turns(drift: DriftWorld) -> None:
    with drift.store.transaction() as work:
        work.progress.put_unknown(PROJECTION, "nib", {"a": Reason.CHANGING})
    with drift.store.transaction() as work:
        work.progress.put_unknown(PROJECTION, "orang", {"b": Reason.PAUSED})
        work.progress.put_unknown(CAPTURE, "nib", {"c": Reason.SIDE_DOWN})
        work.progress.put_unknown(CAPTURE, "nib", {})
    turns = []
    for _ in range(3):
        with drift.store.transaction() as work:
            turns.append(work.progress.unknown(PROJECTION, 1))
    assert turns == [{"nib": ["a"]}, {"orang": ["b"]}, {"nib": ["a"]}]
    with drift.store.transaction() as work:
        work.progress.put_unknown(PROJECTION, "nib", {"a": Reason.SIDE_DOWN})
        work.progress.settled(PROJECTION, "orang", ["a", "b"])
        work.progress.settled(PROJECTION, "nib", [])
    with drift.store.transaction() as work:
        assert work.progress.unknown(PROJECTION, 9) == {"nib": ["a"]}
        assert work.progress.unknown(CAPTURE, 9) == {"nib": ["c"]}


def test_a_scan_goes_on_where_it_stopped_and_begins_anew_at_the_end(drift: DriftWorld) -> None:
    assert next_after(drift) == ""
    scanned(drift, "", "f", 10, EARLIER)
    assert next_after(drift) == "f"
    scanned(drift, "f", None, 5, NOW)
    assert next_after(drift) == ""
    scanned(drift, "", "c", 5, LATER)
    assert next_after(drift) == "c"


def test_nothing_is_covered_before_the_whole_was_looked_at(drift: DriftWorld) -> None:
    beat(drift)
    assert (coverage(drift, 0).share, coverage(drift, 0).oldest) == (0.0, None)
    scanned(drift, "", "f", 10, EARLIER)
    assert coverage(drift, 20).share == 0.5
    assert coverage(drift, 10).share == pytest.approx(10 / 11)  # an estimate that is too low makes nothing whole
    assert coverage(drift, 10).oldest is None
    scanned(drift, "f", None, 5, NOW)
    whole = coverage(drift, 20)
    assert (whole.share, whole.total, whole.oldest, whole.running) == (1.0, 20, EARLIER, True)
    assert coverage(drift, 3).total == 15


def test_an_empty_table_is_covered_once_it_was_looked_at(drift: DriftWorld) -> None:
    beat(drift)
    scanned(drift, "", None, 0)
    assert coverage(drift, 0).share == 1.0


def test_of_older_looks_the_rest_counts(drift: DriftWorld) -> None:
    beat(drift)
    scanned(drift, "", "f", 10, EARLIER)
    scanned(drift, "f", None, 5, NOW)
    scanned(drift, "", "c", 4, LATER)
    assert (coverage(drift, 0).total, coverage(drift, 0).oldest) == (15, EARLIER)
    scanned(drift, "c", "h", 7, LATER)
    assert (coverage(drift, 0).total, coverage(drift, 0).oldest) == (15, NOW)
    scanned(drift, "h", None, 4, LATEST)
    assert (coverage(drift, 0).total, coverage(drift, 0).oldest) == (15, LATER)


def test_pending_and_unknown_keys_are_not_covered(drift: DriftWorld) -> None:
    beat(drift)
    scanned(drift, "", None, 10)
    drift.touch(PROJECTION, "nib", ["a", "b"])
    drift.touch(PROJECTION, "nib", ["b", "c"])
    drift.touch(CAPTURE, "nib", ["e"])
    with drift.store.transaction() as work:
        work.progress.put_unknown(PROJECTION, "nib", {"d": Reason.CHANGING})
    found = coverage(drift, 0)
    assert (found.pending, found.unknown, found.share) == (3, 1, 0.6)
    assert coverage(drift, 0, check=CAPTURE).pending == 1


@pytest.mark.parametrize(
    ("said", "projection", "capture"),
    [
        ("running", True, True),
        ("waits: capture check of touched keys", True, False),
        ("waits: capture check of all keys, projection check of all keys", False, False),
        (STOPPED, False, False),
    ],
)
def test_a_check_that_waits_or_stopped_covers_nothing(
    drift: DriftWorld, said: str, projection: bool, capture: bool
) -> None:
    assert not coverage(drift, 1).running
    beat(drift, said)
    assert (coverage(drift, 1).running, coverage(drift, 1, check=CAPTURE).running) == (projection, capture)
    with drift.store.transaction() as work:
        assert not work.scans.coverage({(PROJECTION, "nib"): 1}, 0.0)[0].running


def test_looks_from_before_lists_were_dropped_unread_count_for_nothing(drift: DriftWorld) -> None:
    beat(drift)
    scanned(drift, "", "f", 10, EARLIER)
    scanned(drift, "f", None, 10, LATER)
    assert coverage(drift, 0).share == 1.0
    drift.forget(NOW)
    assert coverage(drift, 20).share == 0.5
    scanned(drift, "", "f", 10, LATEST)
    assert coverage(drift, 0).share == 1.0


def test_a_look_that_broke_is_not_kept(drift: DriftWorld) -> None:
    with pytest.raises(ZeroDivisionError), drift.store.transaction() as work:
        work.scans.scanned(ScanPart(PROJECTION, "nib", "", "f", 1))
        raise ZeroDivisionError
    assert next_after(drift) == ""
