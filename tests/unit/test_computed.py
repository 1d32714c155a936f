"""Samples of what differs: only columns that do, behind masks, whatever form the database gives a value."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from streams.projection.parse import parse_projection
from streams.services.computed import Computed, Sample, same, sample

MAPPING = parse_projection(
    {
        "target": "baru",
        "key": {"column": "nib", "rule": "NIB13"},
        "sources": {"lama": {"table": "lama", "key": "nib"}},
        "columns": {
            "nama": {"rule": "TXT", "from": "lama.nama"},
            "kode": {"rule": "TXT", "from": "lama.kode", "open": True},
        },
    },
    "",
)
NOON = datetime(2020, 1, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("held", "given"),
    [
        (NOON, "2020-01-02T12:00:00Z"),
        (NOON, "2020-01-02T19:00:00+07:00"),
        (date(2020, 1, 2), "2020-01-02"),
        (Decimal("5.00"), 5),
        (Decimal("5.00"), "5"),
        ("01  ", "01"),
        (None, None),
    ],
)
def test_one_value_in_two_forms_is_the_same(held: object, given: object) -> None:
    assert same(held, given)
    assert same(given, held)


@pytest.mark.parametrize(("held", "given"), [(None, ""), (NOON, "x"), (Decimal(5), "6"), ("a", "b"), (1, None)])
def test_two_values_are_not(held: object, given: object) -> None:
    assert not same(held, given)
    assert not same(given, held)


def test_a_sample_shows_open_columns_alone() -> None:
    before = {"nib": "1", "nama": "Budi", "kode": "01"}
    assert sample(MAPPING, "1", before, dict(before)) is None
    assert sample(MAPPING, "1", before, {**before, "nama": "Ani", "kode": "02"}) == Sample(
        "1", {"nama": "x{4}", "kode": "01"}, {"nama": "xxx", "kode": "02"}
    )
    assert sample(MAPPING, "1", None, before) == Sample("1", None, {"nib": "#", "nama": "x{4}", "kode": "01"})
    assert sample(MAPPING, "1", before, None) == Sample("1", {"nib": "#", "nama": "x{4}", "kode": "01"}, None)


def test_every_kind_of_difference_counts() -> None:
    counted = Computed(differing={"a": 1}, removed={"a": 2}, along={"b": 3}, rekeyed={"a.s": 4}, left_over={"a": 5})
    assert counted.changes == 15
    assert Computed().changes == 0
