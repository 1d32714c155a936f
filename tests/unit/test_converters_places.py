"""Example tables: coordinates, estates, extent."""

from decimal import Decimal
from typing import Any

import pytest

from streams.projection.converters import CONVERTERS, Reference, Refusal

REFERENCE = Reference(
    codes={
        "L16": {"01": "01", "02": "02", "dalam kawasan": "01"},
        "L21": {"01": "01", "02": "02", "03": "03", "kek": "02"},
        "JENIS_LOKASI": {"01": "01", "02": "02", "y": "01", "n": "02"},
    }
)


def convert(name: str, *values: object) -> object:
    return CONVERTERS[name].call(REFERENCE, {}, *values)


def reason(name: str, *values: object) -> str:
    with pytest.raises(Refusal) as caught:
        convert(name, *values)
    assert caught.value.rule == name
    return caught.value.reason


@pytest.mark.parametrize(
    ("text", "latitude", "longitude"),
    [
        ("-6.2,106.8", "-6.2", "106.8"),
        (" -6.200000 , 106.816666 ", "-6.2", "106.816666"),
        ("-6.2 106.8", "-6.2", "106.8"),
        ("-6.2;106.8", "-6.2", "106.8"),
        ("-6,2 106,8", "-6.2", "106.8"),
        ("-6,2; 106,8", "-6.2", "106.8"),
        ("106.8,-6.2", "-6.2", "106.8"),
        ("106.8 +5.5", "5.5", "106.8"),
        ("-6,107", "-6", "107"),
        ("-6.12345678,106.87654321", "-6.123457", "106.876543"),
        ("-11.5,94.5", "-11.5", "94.5"),
        ("6.5,141.5", "6.5", "141.5"),
    ],
)
def test_a_point_is_two_numbers_swapped_or_not(text: str, latitude: str, longitude: str) -> None:
    assert convert("LINTANG", text) == Decimal(latitude)
    assert convert("BUJUR", text) == Decimal(longitude)
    assert str(convert("LINTANG", text)).partition(".")[2] == f"{Decimal(latitude):.6f}".partition(".")[2]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("0,0", "0,0"),
        ("0.000000, -0.0", "0,0"),
        ("51.5,-0.1", "outside"),
        ("-6.2,80", "outside"),
        ("-11.500001,100", "outside"),
        ("-6.2", "two numbers"),
        ("-6,2", "outside"),
        ("-6,2,106,8", "two numbers"),
        ("-6.2,106.8,-6.3,106.9", "two numbers"),
        ("6°12'S 106°48'E", "two numbers"),
        ("٦,١٠٦", "two numbers"),
    ],
)
def test_points_that_are_refused(text: str, sentence: str) -> None:
    assert sentence in reason("LINTANG", text)
    assert sentence in reason("BUJUR", text)


@pytest.mark.parametrize("text", [None, "", "-"])
def test_no_point_is_no_fault(text: object) -> None:
    assert convert("LINTANG", text) is convert("BUJUR", text) is None


@pytest.mark.parametrize(
    ("values", "inside", "kind"),
    [
        (("01", ""), True, None),
        (("01", "012"), True, None),
        (("02", ""), False, None),
        (("02", "000"), False, None),
        (("02",), False, None),
        (("02", "012"), True, "02"),
        (("03",), True, "03"),
        (("KEK", ""), True, "02"),
        (("Dalam  Kawasan",), True, None),
        (("", "012"), True, None),
        (("", ""), None, None),
    ],
)
def test_two_lists_behind_one_name(values: tuple[object, ...], inside: Any, kind: Any) -> None:
    assert convert("DALAM_KAWASAN", *values) is inside
    assert convert("JENIS_KAWASAN", *values) == kind


def test_estates_that_no_list_knows_are_refused() -> None:
    assert "L21" in reason("DALAM_KAWASAN", "04")
    assert "L21" in reason("JENIS_KAWASAN", "?", "012")


@pytest.mark.parametrize(("value", "expected"), [("01", True), ("y", True), ("02", False), ("N", False), ("", None)])
def test_lintas_wilayah(value: object, expected: object) -> None:
    assert convert("LINTAS_WILAYAH", value) is expected
    assert "JENIS_LOKASI" in reason("LINTAS_WILAYAH", "03")
