"""Licences by the code maps that are shipped: status, kind, verification, authority, origin; other code lists."""

from pathlib import Path

import pytest

from streams.adapters.files.reference_files import read_reference
from streams.projection.converters import CONVERTERS, Refusal

REFERENCE = read_reference(Path(__file__).parents[2] / "schemas" / "reference").reference
GROUPS = {
    "DRAF": "00 99 0",
    "PROSES": "05 09 10 11 12 20 30 31 32 33 34 40 41 42 43 44 45 49",
    "TERBIT": "50 51 57 60 80",
    "TERBIT_SEMENTARA": "52",
    "DITOLAK": "90 93",
    "DIBEKUKAN": "70",
    "DICABUT": "91",
    "DIBATALKAN": "92",
}


def convert(name: str, *values: object, **arguments: object) -> object:
    return CONVERTERS[name].call(REFERENCE, arguments, *values)


def reason(name: str, *values: object) -> str:
    with pytest.raises(Refusal) as caught:
        convert(name, *values)
    assert caught.value.rule == name
    return caught.value.reason


@pytest.mark.parametrize(("status", "group"), [(s, group) for group, all_ in GROUPS.items() for s in all_.split()])
def test_every_status_has_its_group(status: str, group: str) -> None:
    assert convert("STATUS_IZIN", status) == status.zfill(2)
    assert convert("STATUS_KELOMPOK", status) == group


@pytest.mark.parametrize("status", ["35", "47", "81", "82", "98", "x"])
def test_statuses_that_nobody_explains_are_refused(status: str) -> None:
    assert "L10" in reason("STATUS_IZIN", status)
    assert "L10" in reason("STATUS_KELOMPOK", status)


def test_a_status_that_lost_a_digit_is_not_guessed() -> None:
    assert "two digits" in reason("STATUS_IZIN", "5")
    assert convert("STATUS_IZIN", " disetujui ") == "50"
    assert convert("STATUS_IZIN", 50) == "50"
    assert convert("STATUS_KELOMPOK", "") is None


@pytest.mark.parametrize(
    ("kind", "flag", "risk", "expected"),
    [
        ("01", "N", None, "DASAR"),
        ("01", "Y", "T", "DASAR"),
        ("1", "N", "R", "DASAR"),
        ("02", "N", "R", "NIB"),
        ("02", "N", "MR", "SS"),
        ("02", "", "MT", "SS"),
        ("02", "N", "T", "IZIN"),
        ("02", "Y", None, "PB_UMKU"),
        ("03", "N", None, "PB_UMKU"),
        ("03", "Y", "T", "PB_UMKU"),
        ("04", "N", "T", "SS"),
        ("K02", "N", "", "SS"),
        ("k03", "N", "R", "PB_UMKU"),
        ("", "Y", "R", "PB_UMKU"),
        ("", "N", "R", None),
    ],
)
def test_jenis_perizinan(kind: object, flag: object, risk: object, expected: object) -> None:
    assert convert("JENIS_PERIZINAN", kind, flag, risk) == expected


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (("02", "N", ""), "risk"),
        (("02", "N", "X"), "risk"),
        (("02", "?", "R"), "flag"),
        (("05", "N", "R"), "L27"),
    ],
)
def test_kinds_that_are_refused(values: tuple[object, ...], sentence: str) -> None:
    assert sentence in reason("JENIS_PERIZINAN", *values)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("MT", "50", "N"), True),
        (("MT", "50", "O"), True),
        (("MT", "60", "T"), True),
        (("MT", "50", "Y"), False),
        (("MT", "50", "Y", "-"), False),
        (("MT", "50", "Y", "503/1/2019"), True),
        (("MT", "50", ""), False),
        (("MT", "20", "N", "503/1/2019"), False),
        (("MT", "70", "N"), False),
        (("MR", "50", "N"), False),
        (("T", "47", "?"), False),
        ((None, "50", "N"), None),
    ],
)
def test_terverifikasi(values: tuple[object, ...], expected: object) -> None:
    assert convert("TERVERIFIKASI", *values) is expected


def test_verification_needs_a_known_risk_status_and_flag() -> None:
    assert "risk" in reason("TERVERIFIKASI", "X", "50", "N")
    assert "L10" in reason("TERVERIFIKASI", "MT", "47", "N")
    assert "L28" in reason("TERVERIFIKASI", "MT", "50", "?")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("00",), "00"),
        (("0",), "00"),
        (("01", 11), "01"),
        (("02", "11"), "02"),
        (("Provinsi",), "01"),
        (("00", 17), "00"),
        (("02", 17), "01"),
        (("03", "17"), "02"),
        (("", 17), None),
    ],
)
def test_kewenangan(values: tuple[object, ...], expected: object) -> None:
    assert convert("KEWENANGAN", *values) == expected


def test_authorities_of_the_other_message_are_refused() -> None:
    assert "KEWENANGAN" in reason("KEWENANGAN", "03")
    assert "franchise" in reason("KEWENANGAN", "01", 17)


def test_asal_izin_and_tingkat() -> None:
    assert convert("ASAL_IZIN", "Y") == "PRA_OSS"
    assert convert("ASAL_IZIN", "N") == "OSS_1_1"
    assert convert("ASAL_IZIN", "N", otherwise="OSS_1_0") == "OSS_1_0"
    assert convert("ASAL_IZIN", "") is None
    assert convert("TINGKAT", "11") == "UTAMA"
    assert "TINGKAT" in reason("TINGKAT", "12")


@pytest.mark.parametrize(
    ("list_", "value", "expected"),
    [
        ("L4", "KTP", "01"),
        ("L4", "paspor", "02"),
        ("L6", "WNA", "02"),
        ("L7", "Akta Pendirian", "01"),
        ("L7", "12", "12"),
        ("L13", "2", "02"),
        ("L24", "03", "03"),
        ("L25", "Tersebar", "02"),
        ("L28", "t", "T"),
        ("L28", "Komitmen", "Y"),
    ],
)
def test_code_lists(list_: str, value: object, expected: object) -> None:
    assert convert("CODE", value, list=list_) == expected


@pytest.mark.parametrize(("list_", "value"), [("L4", "03"), ("L7", "03"), ("L13", "03"), ("L25", "03"), ("L28", "X")])
def test_codes_that_the_lists_do_not_hold(list_: str, value: object) -> None:
    with pytest.raises(Refusal, match=list_):
        convert("CODE", value, list=list_)
