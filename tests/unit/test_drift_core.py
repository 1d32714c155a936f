"""Causes, likenesses and the life of an entry: small tables that must not drift themselves."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.drift.cause import Cause, Evidence, cause
from streams.drift.coverage import Coverage
from streams.drift.difference import Check, Difference, Kind
from streams.drift.entry import ALLOWED, UNSETTLED, EntryState
from streams.drift.likeness import likeness
from streams.drift.verdict import Verdicts

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expected", "found", "said"),
    [
        (Decimal("10.55"), Decimal("10.5"), "rounding"),
        (Decimal("1000"), Decimal("1001"), ""),
        ("0123", "123", "type"),
        ("01234", "01235", ""),
        (NOON, NOON + timedelta(hours=7), "time zone"),
        (NOON, NOON.astimezone(timezone(timedelta(hours=7))).replace(tzinfo=UTC), "time zone"),
        (NOON, NOON + timedelta(minutes=7), ""),
        (date(2026, 3, 4), "2026-03-04", "type"),
        (date(2026, 3, 4), date(2026, 3, 5), ""),
        ("PT MAJU", "PT MAJU ", "trailing blank"),
        ("PT MAJU", "Pt Maju", "case"),
        ("PT MAJU", "PT MUNDUR", ""),
        (None, "", ""),
        (True, "True", "type"),
        (1, 1, ""),
    ],
)
def test_a_likeness_is_told_where_there_is_one(expected: object, found: object, said: str) -> None:
    assert likeness(expected, found) == said


@given(st.one_of(st.none(), st.text(), st.integers(), st.decimals(allow_nan=False), st.datetimes(), st.booleans()))
def test_equal_values_have_no_likeness(value: object) -> None:
    assert likeness(value, value) == ""


def _cause(check: Check, kind: Kind, *, likeness: str = "", state: str = "", **evidence: bool) -> Cause:
    return cause(Difference(check, "nib", "1", kind, {}, likeness, state), Evidence(**evidence))


def test_the_strongest_evidence_names_the_cause() -> None:
    different = Kind.DIFFERENT
    assert _cause(Check.PROJECTION, different, foreign=True, recomputed=False) is Cause.FOREIGN_WRITE
    assert _cause(Check.FOREIGN, Kind.WRITE) is Cause.FOREIGN_WRITE
    assert _cause(Check.CAPTURE, different, likeness="case") is Cause.MISSED_CHANGE
    assert _cause(Check.CAPTURE, different, foreign=True) is Cause.FOREIGN_WRITE
    assert _cause(Check.PROJECTION, different, recomputed=False, likeness="case") is Cause.MAPPING_CHANGED
    assert _cause(Check.PROJECTION, Kind.LEFT_OVER, state="quarantined") is Cause.IN_QUARANTINE
    assert _cause(Check.PROJECTION, Kind.LEFT_OVER, state="waiting") is Cause.WAITING
    assert _cause(Check.PROJECTION, Kind.LEFT_OVER, state="absent") is Cause.UNKNOWN
    assert _cause(Check.PROJECTION, different, likeness="rounding") is Cause.TYPE_OR_ROUNDING
    assert _cause(Check.PROJECTION, different) is Cause.UNKNOWN


def test_every_state_has_its_ways_out_and_all_lead_back_to_open() -> None:
    assert set(ALLOWED) == set(EntryState)
    for state, ways in ALLOWED.items():
        assert state not in ways
        assert state is EntryState.OPEN or EntryState.OPEN in ways
    assert set(EntryState) - {EntryState.ACCEPTED, EntryState.VERIFIED} == UNSETTLED


@pytest.mark.parametrize(
    ("total", "scanned", "pending", "unknown", "running", "share"),
    [
        (100, 100, 0, 0, True, 1.0),
        (100, 100, 10, 5, True, 0.85),
        (100, 100, 0, 0, False, 0.0),
        (100, 40, 60, 0, True, 0.0),
        (100, 120, 0, 0, True, 1.0),
        (0, 0, 0, 0, True, 1.0),
        (0, 0, 1, 0, True, 0.0),
    ],
)
def test_coverage_never_says_more_than_was_looked_at(
    total: int, scanned: int, pending: int, unknown: int, running: bool, share: float
) -> None:
    found = Coverage(Check.CAPTURE, "nib", total, scanned, pending, unknown, NOON, running)
    assert found.share == pytest.approx(share)


def test_coverage_of_what_was_never_looked_at_is_nothing() -> None:
    assert Coverage(Check.CAPTURE, "nib", 0, 0, 0, 0, None, running=True).share == 0.0
    assert Coverage(Check.CAPTURE, "nib", 0, 0, 0, 0, None, running=True).age_s(NOON) is None
    assert Coverage(Check.CAPTURE, "nib", 1, 1, 0, 0, NOON, running=True).age_s(NOON + timedelta(seconds=5)) == 5.0


def test_a_key_that_differs_twice_counts_once() -> None:
    twice = tuple(Difference(Check.PROJECTION, "nib", "1", kind) for kind in (Kind.DIFFERENT, Kind.STATE))
    assert Verdicts(Check.PROJECTION, "nib", ("2",), twice).keys == 2
