"""Example tables: money, counts, areas, percentages."""

from decimal import Decimal
from typing import Any

import pytest

from streams.projection.converters import CONVERTERS, Reference, Refusal

REFUSED = Refusal
REFERENCE = Reference(codes={"L17": {"m2": "01", "ha": "02"}})


def convert(name: str, *values: object, **arguments: object) -> object:
    return CONVERTERS[name].call(REFERENCE, arguments, *values)


def check(name: str, values: Any, expected: object, **arguments: object) -> None:
    values = values if isinstance(values, tuple) else (values,)
    if expected is REFUSED:
        with pytest.raises(Refusal) as caught:
            convert(name, *values, **arguments)
        assert caught.value.rule == name
    else:
        found = convert(name, *values, **arguments)
        assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize("value", [None, "", "   ", "-", "null", "0000-00-00"])
def test_placeholders_count_as_zero_where_a_number_must_stand(value: object) -> None:
    check("UANG0", value, Decimal(0))
    check("INT0", value, 0)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1500000000", "1500000000.00"),
        ("1500000000     ", "1500000000.00"),
        ("1.500.000.000", "1500000000.00"),
        ("Rp 1.500.000.000,00", "1500000000.00"),
        ("Rp. 1.500.000,-", "1500000.00"),
        ("1.500", "1500.00"),
        ("1500.5", "1500.50"),
        ("1500,75", "1500.75"),
        ("1.5E+9", "1500000000.00"),
        (1500000000.0, "1500000000.00"),
        (1234.56, "1234.56"),
        (0, "0.00"),
        ("-5000", REFUSED),
        (-1.0, REFUSED),
        ("999999999999999", REFUSED),
        ("2147483647", REFUSED),
        (2147483647, REFUSED),
        ("1.500.000.000.0", REFUSED),
        ("Rp 1.500.000.00", REFUSED),
        ("1500000.000", REFUSED),
        ("1,500,000", REFUSED),
        ("1.2345E+2", "123.45"),
        ("1.23456E+2", REFUSED),
        ("1E+99", REFUSED),
        ("9" * 19, REFUSED),
        ("²", REFUSED),
        (0.1 + 0.2, REFUSED),
        (2.0**60, REFUSED),
        (float("inf"), REFUSED),
    ],
)
def test_uang(value: object, expected: Any) -> None:
    check("UANG", value, expected if expected is REFUSED else Decimal(expected))
    check("UANG0", value, expected if expected is REFUSED else Decimal(expected))


@pytest.mark.parametrize(
    ("capital", "actor", "expected"),
    [
        ("2500000000", 11, "02"),
        ("1000000000", 11, "01"),
        ("1000000001", 11, "02"),
        ("5000000000", "11", "02"),
        ("10000000000", 11, "03"),
        ("10000000001", 11, "04"),
        ("99000000000", 13, "01"),
        ("0", 12, None),
        ("-", 11, None),
        ("-1", 11, REFUSED),
    ],
)
def test_skala(capital: object, actor: object, expected: object) -> None:
    check("SKALA", (capital, actor), expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("12", 12),
        ("007", 7),
        (3.0, 3),
        ("2147483647", 2147483647),
        ("2147483648", REFUSED),
        ("-1", REFUSED),
        ("5 orang", REFUSED),
    ],
)
def test_int0(value: object, expected: object) -> None:
    check("INT0", value, expected)


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        ("1.5", "02", "15000.00"),
        ("1,5", "ha", "15000.00"),
        ("1.500", "01", "1.50"),
        ("1.500,75", "m2", "1500.75"),
        ("12.345", "01", "12.35"),
        ("0", "", "0.00"),
        ("10", "", REFUSED),
        ("10", "99", REFUSED),
        ("1.500.000", "01", REFUSED),
        ("99999999999999", "02", REFUSED),
        ("luas", "01", REFUSED),
    ],
)
def test_area(value: object, unit: object, expected: Any) -> None:
    check("AREA", (value, unit), expected if expected is REFUSED else Decimal(expected))


def test_an_area_that_is_not_given_needs_no_unit() -> None:
    check("AREA", ("-", ""), None)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("49,5", "49.50"), ("100", "100.00"), ("33.3333 %", "33.33"), ("100.01", REFUSED), ("-1", REFUSED)],
)
def test_persen(value: object, expected: Any) -> None:
    check("PERSEN", value, expected if expected is REFUSED else Decimal(expected))
