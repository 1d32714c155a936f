"""What fits a column, and what a message may show."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.projection.catalog import ColumnType
from streams.projection.converters import Refusal
from streams.projection.fit import fit_for
from streams.projection.masking import LONGEST, masked

FITTING = [
    (ColumnType("character", length=3), "abc", "abc"),
    (ColumnType("character", length=3), None, None),
    (ColumnType("smallint"), 32767, 32767),
    (ColumnType("integer"), -(2**31), -(2**31)),
    (ColumnType("numeric", precision=5, scale=2), Decimal("999.994"), Decimal("999.99")),
    (ColumnType("numeric", precision=5, scale=2), Decimal("0.005"), Decimal("0.01")),
    (ColumnType("numeric", precision=5, scale=2), 7, Decimal("7.00")),
    (ColumnType("date"), date(2019, 3, 4), date(2019, 3, 4)),
]
TOO_LARGE = [
    (ColumnType("character", length=3), "abcd"),
    (ColumnType("smallint"), 32768),
    (ColumnType("bigint"), -(2**63) - 1),
    (ColumnType("numeric", precision=5, scale=2), Decimal("1000")),
    (ColumnType("numeric", precision=5, scale=2), Decimal("-1000")),
    (ColumnType("numeric", precision=5, scale=2), Decimal("999.995")),
]


@pytest.mark.parametrize(("kind", "value", "expected"), FITTING)
def test_values_take_the_column_s_form(kind: ColumnType, value: object, expected: object) -> None:
    assert fit_for(kind)(value) == expected


@pytest.mark.parametrize(("kind", "value"), TOO_LARGE)
def test_values_that_do_not_fit_are_refused(kind: ColumnType, value: object) -> None:
    with pytest.raises(Refusal, match="FITS"):
        fit_for(kind)(value)


@given(text=st.text(max_size=80))
def test_a_closed_value_shows_neither_letters_nor_digits(text: str) -> None:
    shown = masked(text)
    assert shown is not None
    assert len(shown) <= LONGEST
    assert shown.isprintable()
    kept = [c for c in shown if c not in "#x{}0123456789…"]
    assert all(c in text and not c.isalnum() and c.isascii() for c in kept)
    hidden = shown.replace("x", "").replace("#", "")
    for word in (w for w in text.split() if w.isalpha() and len(w) > 1 and set(w) != {"x"}):
        assert word not in hidden


def test_masks() -> None:
    assert masked("31/02/2019") == "##/##/####"
    assert masked("Budi Santoso") == "x{4} x{7}"
    assert masked("½Ⅷ²٣") == "####"
    assert masked("a\nb") == "xxx"
    assert masked(12) == "##"
    assert masked(None) is None
    assert masked("K-1", is_open=True) == "K-1"
    assert masked("-" * 41, is_open=True) == "-" * 39 + "…"


@pytest.mark.parametrize("text", ["2019-13-45", "9101000000", "ZZ", "-5", "1.500,00", "K02"])
def test_an_open_value_of_few_digits_is_shown(text: str) -> None:
    assert masked(text, is_open=True) == text


@pytest.mark.parametrize("text", ["Siti Rahma", "3201234567890001", "081234567890", "+62 812-3456-789", "a@b.example"])
def test_even_an_open_value_that_may_name_a_person_is_masked(text: str) -> None:
    shown = masked(text, is_open=True)
    assert shown is not None
    assert not any(word in shown for word in ("Siti", "3201", "0812", "812", "example"))
