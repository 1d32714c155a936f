"""Example tables: code lists, flags, regions."""

from typing import Any

import pytest

from streams.projection.converters import CONVERTERS, Reference, Refusal

REFUSED = Refusal
REFERENCE = Reference(
    regions={"32": None, "32.01": None, "32.01.01.1001": None, "92.71": "96.71", "96.71": None},
    codes={
        "L2": {"01": "01", "pt": "01", "17": "17", "perseorangan": "17", "21": "21"},
        "L3": {"01": "01", "02": "02", "n": ""},
        "L14": {"01": "01", "aktif": "01", "belum aktif": "02", "06": "06"},
        "L18": {"01": "01", "11": "01", "12": "02", "14": "03", "17": "04", "21": "01"},
        "L26": {"01": "01", "05": "05"},
    },
)


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


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("3201000000", "32.01"),
        ("3201011001", "32.01.01.1001"),
        ("3200000000", "32"),
        (3200000000, "32"),
        ("9271000000", "96.71"),
        ("9671000000", "96.71"),
        ("9401000000", REFUSED),
        ("32.01", REFUSED),
        ("320100000", REFUSED),
    ],
)
def test_wil(value: object, expected: object) -> None:
    check("WIL", value, expected)


def test_wil_follows_one_successor_only() -> None:
    reference = Reference(regions={"11": "12", "12": "13", "13": None})
    assert CONVERTERS["WIL"].call(reference, {}, "1100000000") == "12"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("FLAG", "Y", True),
        ("FLAG", "t", True),
        ("FLAG", 1, True),
        ("FLAG", "N", False),
        ("FLAG", "0", False),
        ("FLAG", "F", False),
        ("FLAG", "X", REFUSED),
        ("ASAL", "3.2", "OSS_1_0"),
        ("ASAL", "4.0", "OSS_1_1"),
        ("ASAL", "4.2.9", "OSS_1_1"),
        ("ASAL", "4.3", "OSS_RBA"),
        ("ASAL", "4.10", "OSS_RBA"),
        ("ASAL", "baru", REFUSED),
    ],
)
def test_flags_and_versions(name: str, value: object, expected: object) -> None:
    check(name, value, expected)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("L14", "01", "01"),
        ("L14", "1", "01"),
        ("L14", 1, "01"),
        ("L14", " AKTIF ", "01"),
        ("L14", "Belum  aktif", "02"),
        ("L14", "", None),
        ("L14", "07", REFUSED),
        ("L3", "N", None),
        ("L99", "01", REFUSED),
    ],
)
def test_code(name: str, value: object, expected: object) -> None:
    check("CODE", value, expected, list=name)


@pytest.mark.parametrize(
    ("actor", "company", "expected"),
    [
        (11, "01", "01"),
        ("12", "", "02"),
        (13, "", "02"),
        (13, "Perseorangan", "02"),
        (13, "01", "01"),
        (14, "", "03"),
        (17, "", "04"),
        (21, "21", "01"),
        (21, "01", REFUSED),
        (0, "", REFUSED),
        (None, "", None),
    ],
)
def test_jenis_pelaku(actor: object, company: object, expected: object) -> None:
    check("JENIS_PELAKU", (actor, company), expected)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("01", "N"), "01"),
        (("01", "Y"), "04"),
        (("01", "N", "Y"), "03"),
        (("05", ""), "05"),
        (("06", "N"), REFUSED),
        (("01", "?"), REFUSED),
    ],
)
def test_jenis_proyek(values: tuple[object, ...], expected: object) -> None:
    check("JENIS_PROYEK", values, expected)


@pytest.mark.parametrize(
    ("values", "expected"), [(("01", "Y"), "01"), (("01", "N"), None), (("", "Y"), None), (("9", "Y"), REFUSED)]
)
def test_jenis_api(values: tuple[object, ...], expected: object) -> None:
    check("JENIS_API", values, expected)
