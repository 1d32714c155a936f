"""Lists of NIBs, prefixes, natural keys, deed numbers, documents' dates, fees, capacities."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.projection.converters import CONVERTERS, Reference, Refusal

REFERENCE = Reference()
PARTS = st.lists(st.text(alphabet="ab|\\/", max_size=4), min_size=3, max_size=3)


def convert(name: str, *values: object, **arguments: object) -> object:
    return CONVERTERS[name].call(REFERENCE, arguments, *values)


def reason(name: str, *values: object, **arguments: object) -> str:
    with pytest.raises(Refusal) as caught:
        convert(name, *values, **arguments)
    assert caught.value.rule == name
    return caught.value.reason


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("9999000000017", ("9999000000017",)),
        (" 9999000000025 , 9999000000017,, -", ("9999000000025", "9999000000017")),
        ("9999000000017,9999000000017", ("9999000000017",)),
        ("9999000000017;9999000000025\r\n123", ("9999000000017", "9999000000025", "123")),
        (9999000000017, ("9999000000017",)),
        (None, ()),
        ("", ()),
        (" , ", ()),
    ],
)
def test_a_list_of_nibs_is_a_tuple(value: object, expected: tuple[str, ...]) -> None:
    assert CONVERTERS["DAFTAR_NIB"].many
    assert convert("DAFTAR_NIB", value) == expected


def test_a_list_that_cannot_be_stored_is_refused() -> None:
    assert "cannot store" in reason("DAFTAR_NIB", "1,2\0")


@pytest.mark.parametrize(
    ("value", "length", "expected"),
    [
        ("R-201903041011121234567", 21, "R-2019030410111212345"),
        (" R-2019030410111212345 ", 21, "R-2019030410111212345"),
        ("R-1", 21, "R-1"),
        ("-", 21, None),
        (12345, 2, "12"),
    ],
)
def test_awalan(value: object, length: int, expected: object) -> None:
    assert convert("AWALAN", value, length=length) == expected


@pytest.mark.parametrize("arguments", [{}, {"length": 0}, {"length": "21"}])
def test_a_prefix_needs_a_length(arguments: dict[str, object]) -> None:
    assert "length" in reason("AWALAN", "R-1", **arguments)


def test_gabung() -> None:
    assert convert("GABUNG", " I-1 ", "50", "2019-03-04 10:11:12") == "I-1|50|2019-03-04 10:11:12"
    assert convert("GABUNG", "a", None, "-", 7) == "a|||7"
    assert convert("GABUNG", None, "-") is None
    assert convert("GABUNG", "a|b", "c\\", separator="/") == "a|b/c\\\\"
    assert "separator" in reason("GABUNG", "a", separator="")
    assert "separator" in reason("GABUNG", "a", separator="\\")


@given(one=PARTS, two=PARTS)
def test_different_keys_stay_different(one: list[str], two: list[str]) -> None:
    assert (convert("GABUNG", *one) == convert("GABUNG", *two)) == (one == two)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("12", "12"),
        ("No. 12", "12"),
        ("no 12", "12"),
        ("NOMOR : 12/2019", "12/2019"),
        ("Nomor AHU-0012345.AH.01.01 Tahun 2019", "AHU-0012345.AH.01.01Tahun2019"),
        ("No.No. 7", "7"),
        ("12 &amp; 13", "12&13"),
        ("NOTARIS-7", "NOTARIS-7"),
        ("-", None),
        ("No. -", None),
        (12, "12"),
    ],
)
def test_nomor_akta(value: object, expected: object) -> None:
    assert convert("NOMOR_AKTA", value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("20190304", date(2019, 3, 4)), (20190304, date(2019, 3, 4)), ("", None), ("00000000", None), (None, None)],
)
def test_tgl_dokumen(value: object, expected: object) -> None:
    assert convert("TGL_DOKUMEN", value) == expected


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("2019-03-", "cut off"),
        ("2019-03", "cut off"),
        ("04/03/20", "cut off"),
        ("20191304", "no such day"),
        ("19000101", "bounds"),
        ("2019-03-04", "eight digits"),
        ("2019 304", "known form"),
    ],
)
def test_documents_dates_that_are_refused(value: object, sentence: str) -> None:
    assert sentence in reason("TGL_DOKUMEN", value)


def test_a_documents_date_has_the_mappings_bound() -> None:
    assert "bounds" in reason("TGL_DOKUMEN", "20300101", max_year=2025)


@pytest.mark.parametrize(
    ("value", "expected"), [("50000", "50000"), ("Rp 1.500.000,00", "1500000"), ("0", "0"), ("-", None), (None, None)]
)
def test_nominal(value: object, expected: str | None) -> None:
    found = convert("NOMINAL", value)
    assert (None if found is None else str(found)) == expected


@pytest.mark.parametrize(("value", "sentence"), [("1500,50", "cents"), ("-5", "negative"), ("2147483647", "mark")])
def test_fees_that_are_refused(value: object, sentence: str) -> None:
    assert sentence in reason("NOMINAL", value)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("KAPASITAS", "1250,5", "1250.50"),
        ("KAPASITAS", "1.500", "1.50"),
        ("KAPASITAS", "1.250,5", "1250.50"),
        ("KAPASITAS", "12,345", "12.35"),
        ("KAPASITAS", "0", "0.00"),
        ("TKDN", 40.125, "40.13"),
        ("TKDN", 100.0, "100.00"),
        ("TKDN", 0.0, "0.00"),
        ("TKDN", "35,5 %", "35.50"),
    ],
)
def test_capacities_and_local_content(name: str, value: object, expected: str) -> None:
    assert convert(name, value) == Decimal(expected)
    assert str(convert(name, value)) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [("KAPASITAS", "-1"), ("KAPASITAS", "5 ton"), ("KAPASITAS", "1.250.000"), ("TKDN", 100.01), ("TKDN", -1.0)],
)
def test_quantities_that_are_refused(name: str, value: object) -> None:
    assert reason(name, value)
    assert convert(name, None) is None


@pytest.mark.parametrize(("value", "expected"), [("3201000000", "3201000000"), (9271000000, "9271000000"), ("", None)])
def test_wilayah_asal(value: object, expected: object) -> None:
    assert convert("WILAYAH_ASAL", value) == expected
    assert "ten digits" in reason("WILAYAH_ASAL", "32.01")
