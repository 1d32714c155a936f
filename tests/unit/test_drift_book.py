"""What becomes of verdicts: noted with their cause, settled, remembered; all or nothing."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import pytest

from streams.adapters.memory.drift import MemoryDriftStore, MemoryLedger
from streams.drift.cause import Cause
from streams.drift.coverage import Look, covers_all, overlaid
from streams.drift.difference import WHOLE_TABLE, Check, Difference, Kind
from streams.drift.entry import EntryState
from streams.drift.verdict import Reason, Verdicts
from streams.ports.drift_progress import ScanPart
from streams.ports.drift_store import Known
from streams.services.drift_again import LedgerKeysDuty
from streams.services.drift_book import DriftBook

NOW = datetime.now(UTC)
SOON = NOW + timedelta(minutes=1)
P, F = Check.PROJECTION, Check.FOREIGN


def differing(*keys: str, kind: Kind = Kind.DIFFERENT, check: Check = P, at: datetime | None = None) -> Verdicts:
    return Verdicts(check, "nib", different=tuple(Difference(check, "nib", key, kind) for key in keys), at=at)


def states(store: MemoryDriftStore) -> dict[tuple[str, str, str], str]:
    found = store.state.entries.values()
    return {
        (e.difference.check.value, e.difference.key, e.difference.kind.value): e.state.value
        for e in sorted(found, key=lambda e: e.id)
    }


def test_verdicts_are_kept_with_what_they_looked_at() -> None:
    store = MemoryDriftStore()
    book = DriftBook(store)
    store.touch(P, "nib", ["a", "b", "c"])
    store.state.known[P, "nib", "b"] = Known(foreign=True, age_ms=12)
    verdicts = Verdicts(P, "nib", ("a",), differing("b").different, {"c": Reason.CHANGING})
    book.record([verdicts], lists=[1], part=ScanPart(P, "nib", "", "c", 3))
    (entry,) = store.state.entries.values()
    assert (entry.cause, entry.detected_ms) == (Cause.FOREIGN_WRITE, 12)
    assert store.state.lists[P] == {}
    assert list(store.state.unknown) == [(P, "nib", "c")]
    assert [(one.after, one.last) for one in store.state.looks[P, "nib"]] == [("", "c")]
    book.record([Verdicts(P, "nib", ("b", "c"))])
    assert (states(store), store.state.unknown) == ({("projection", "b", "different"): "verified"}, {})


def test_a_key_that_differs_in_another_way_differs_no_more_in_the_first() -> None:
    store = MemoryDriftStore()
    book = DriftBook(store)
    book.record([differing("a", kind=Kind.MISSING)])
    book.record([differing("a", kind=Kind.DIFFERENT)])
    assert states(store) == {("projection", "a", "missing"): "verified", ("projection", "a", "different"): "open"}


def test_a_sum_that_agrees_again_is_settled() -> None:
    store = MemoryDriftStore()
    book = DriftBook(store)
    book.record([differing("all", kind=Kind.TOTAL, check=Check.TOTALS)])
    book.record([Verdicts(Check.TOTALS, "nib", ("all",))])
    assert states(store) == {("totals", "all", "total"): "verified"}


def test_a_key_without_a_verdict_settles_nothing() -> None:
    store = MemoryDriftStore()
    book = DriftBook(store)
    book.record([differing("a")])
    book.record([Verdicts(P, "nib", unknown={"a": Reason.SIDE_DOWN})])
    assert states(store) == {("projection", "a", "different"): "open"}


def test_a_write_by_others_is_settled_when_its_row_is_right_and_not_before() -> None:
    store = MemoryDriftStore()
    book = DriftBook(store)
    book.record([differing("a", "b", kind=Kind.WRITE, check=F, at=NOW)])
    book.record([Verdicts(P, "nib", ("a", "b"), at=NOW - timedelta(seconds=1))])
    assert set(states(store).values()) == {"open"}
    book.record([differing("a", at=SOON), Verdicts(P, "nib", ("b",), at=SOON)])
    assert states(store) == {
        ("foreign", "a", "write"): "open",
        ("foreign", "b", "write"): "verified",
        ("projection", "a", "different"): "open",
    }


def test_a_write_that_emptied_a_table_names_the_cause_of_missing_rows_and_is_settled_by_a_whole_look() -> None:
    store = MemoryDriftStore()
    book = DriftBook(store)
    for key in "ab":
        store.state.known[P, "nib", key] = Known(emptied=True)
    book.record([differing(WHOLE_TABLE, kind=Kind.WRITE, check=F, at=NOW)])
    missing = replace_kinds(differing("a", kind=Kind.MISSING, at=SOON), differing("b", at=SOON))
    book.record([missing], part=ScanPart(P, "nib", "", None, 2))
    causes = {e.difference.key: e.cause for e in store.state.entries.values()}
    assert causes == {WHOLE_TABLE: Cause.FOREIGN_WRITE, "a": Cause.FOREIGN_WRITE, "b": Cause.UNKNOWN}
    assert states(store)["foreign", WHOLE_TABLE, "write"] == "open"
    later = SOON + timedelta(minutes=1)
    book.record([Verdicts(P, "nib", ("a", "b"), at=later)], part=ScanPart(P, "nib", "", None, 2))
    assert set(states(store).values()) == {EntryState.VERIFIED.value}


def test_keys_in_the_ledger_are_looked_at_again_in_turns_until_they_are_the_same() -> None:
    store = MemoryDriftStore()
    book = DriftBook(store)
    book.record([differing("a", "b", "c", "d", "e"), differing("w", kind=Kind.WRITE, check=F)])
    book.record([Verdicts(P, "nib", ("b",))])
    asked: list[list[str]] = []

    def judge(table: str, keys: Collection[str]) -> Verdicts:
        asked.append(sorted(keys))
        return differing(*sorted(keys)) if "c" in keys else Verdicts(P, table, tuple(keys))

    duty = LedgerKeysDuty(P, MemoryLedger(store.state, store.now), judge, book, limit=2)
    for _ in range(4):
        assert not duty.bite()
        duty.ledger = MemoryLedger(store.state, store.now)
    assert asked == [["a", "c"], ["d", "e"], ["a", "c"]]


def replace_kinds(one: Verdicts, other: Verdicts) -> Verdicts:
    return Verdicts(one.check, one.table, different=(*one.different, *other.different), at=one.at)


def test_lists_without_the_verdicts_of_one_check_are_refused() -> None:
    book = DriftBook(MemoryDriftStore())
    for verdicts in ([], [Verdicts(P, "nib"), Verdicts(Check.CAPTURE, "tr_oss_header")]):
        with pytest.raises(ValueError, match="lists of touched keys"):
            book.record(verdicts, lists=[1])


@pytest.mark.parametrize(
    ("there", "new", "left"),
    [
        ([], ("", "c", 3), [("", "c", 3)]),
        ([("", "c", 3)], ("c", None, 2), [("", "c", 3), ("c", None, 2)]),
        ([("", "f", 10), ("f", None, 5)], ("", "c", 4), [("", "c", 4), ("c", "f", 6), ("f", None, 5)]),
        ([("", "c", 4), ("c", "f", 6), ("f", None, 5)], ("c", "h", 8), [("", "c", 4), ("c", "h", 8), ("h", None, 3)]),
        ([("", "c", 4), ("c", None, 6)], ("", None, 11), [("", None, 11)]),
        ([("", None, 10)], ("c", "f", 2), [("", "c", 8), ("c", "f", 2), ("f", None, 0)]),
        ([("", "c", 4), ("c", None, 6)], ("c", "d", 9), [("", "c", 4), ("c", "d", 9), ("d", None, 0)]),
    ],
)
def test_a_new_look_takes_the_place_of_what_it_covers(
    there: list[tuple[str, str | None, int]], new: tuple[str, str | None, int], left: list[tuple[str, str | None, int]]
) -> None:
    found = overlaid([Look(*one, NOW) for one in there], Look(*new, SOON))
    assert [(one.after, one.last, one.keys) for one in found] == left


@pytest.mark.parametrize(
    ("looks", "is_whole"),
    [
        ([], False),
        ([("", None)], True),
        ([("", "c"), ("c", None)], True),
        ([("", "c"), ("d", None)], False),
        ([("a", None)], False),
        ([("", "c")], False),
    ],
)
def test_the_whole_is_covered_when_no_gap_is_left(looks: list[tuple[str, str | None]], is_whole: bool) -> None:
    assert covers_all([Look(after, last, 1, NOW) for after, last in looks]) is is_whole
