"""Values that hold only under a condition."""

from datetime import date, datetime

import pytest

from streams.projection.converters import CONVERTERS, Reference, Refusal

REFERENCE = Reference(
    codes={
        "L7": {"01": "01", "02": "02", "06": "06", "akta pendirian": "01"},
        "L10": {"00": "00", "50": "50", "20": "20"},
        "L27": {"01": "01", "02": "02", "04": "04"},
        "L28": {"Y": "Y", "N": "N"},
        "JENIS_PERIZINAN": {"01": "DASAR", "02 MT": "SS", "02 T": "IZIN", "04": "SS"},
        "STATUS_KELOMPOK": {"50": "TERBIT", "20": "PROSES"},
    }
)


def convert(name: str, *values: object, **arguments: object) -> object:
    return CONVERTERS[name].call(REFERENCE, arguments, *values)


def reason(name: str, *values: object, **arguments: object) -> str:
    with pytest.raises(Refusal) as caught:
        convert(name, *values, **arguments)
    assert caught.value.rule == name
    return caught.value.reason


def test_satu() -> None:
    assert convert("SATU", " R-1 ", False) == "R-1"
    assert convert("SATU", "R-1", None) == "R-1"
    assert convert("SATU", "-", False) is None
    assert "several" in reason("SATU", "R-1", True)


@pytest.mark.parametrize(
    ("one", "other", "expected"), [("a|1", "a|1", "x"), ("a|1", "a|2", None), (None, None, None), ("-", "-", None)]
)
def test_jika_sama(one: object, other: object, expected: object) -> None:
    assert convert("JIKA_SAMA", one, other, " x ") == expected


def test_what_belongs_to_a_row_may_be_a_date() -> None:
    assert convert("JIKA_SAMA", "a", "a", "04/03/2019", sebagai="tanggal") == date(2019, 3, 4)
    assert convert("JIKA_SAMA", "a", "a", "-", sebagai="tanggal") is None
    assert convert("JIKA_SAMA", "a", "b", "2019-02-30", sebagai="tanggal") is None
    assert "no such day" in reason("JIKA_SAMA", "a", "a", "2019-02-30", sebagai="tanggal")


@pytest.mark.parametrize(
    ("code", "expected"),
    [("01", "9999000000017"), ("1", "9999000000017"), ("Akta Pendirian", "9999000000017"), ("06", None), ("x", None)],
)
def test_bila(code: str, expected: object) -> None:
    assert convert("BILA", " 9999000000017 ", code, list="L7", antara=["01", "02"]) == expected


def test_without_a_list_the_code_is_taken_as_it_is() -> None:
    assert convert("BILA", "a", "02", antara=["02"]) == "a"
    assert convert("BILA", "a", "2", antara=["02"]) is None
    assert convert("BILA", "-", "02", antara=["02"]) is None
    assert convert("BILA", "a", "02") is None


def test_hidup() -> None:
    assert convert("HIDUP", "50", None) == "50"
    assert convert("HIDUP", "50", "2024-01-01T00:00:00Z") is None
    assert convert("HIDUP", "", None) is None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("Y", "1", None), True),
        (("Y", None, None), True),
        (("Y", "0", None), False),
        (("Y", "1", "2024-01-01T00:00:00Z"), False),
        (("N", "1", None), False),
        (("-", "1", None), None),
    ],
)
def test_hak_aktif(values: tuple[object, ...], expected: object) -> None:
    assert convert("HAK_AKTIF", *values) is expected


def test_migrasi_pada() -> None:
    moved = convert("MIGRASI_PADA", "Y", "2021-08-09 10:11:12")
    assert isinstance(moved, datetime)
    assert moved.isoformat() == "2021-08-09T10:11:12+07:00"
    assert convert("MIGRASI_PADA", "N", "2021-08-09 10:11:12") is None
    assert convert("MIGRASI_PADA", "Y", None) is None
    assert "form" in reason("MIGRASI_PADA", "Y", "kemarin")
    assert "flag" in reason("MIGRASI_PADA", "X", None)


def test_selesai() -> None:
    assert convert("SELESAI", "0", "2021-08-09 10:11:12") == date(2021, 8, 9)
    assert convert("SELESAI", "1", "2021-08-09 10:11:12") is None
    assert convert("SELESAI", None, "2021-08-09 10:11:12") is None
    assert "no time" in reason("SELESAI", "0", None)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("02", "N", "MT", "50", "N", "-"), True),
        (("02", "N", "MT", "50", "Y", "503/1"), True),
        (("02", "N", "MT", "20", "N", "-"), False),
        (("02", "N", "T", "50", "N", "503/1"), False),
        (("01", "N", "MT", "50", "N", "503/1"), False),
        (("04", "N", "MT", "50", "N"), True),
        (("", "N", "MT"), None),
    ],
)
def test_terverifikasi_ss(values: tuple[object, ...], expected: object) -> None:
    assert convert("TERVERIFIKASI_SS", *values) is expected


def test_a_certificate_of_unknown_risk_is_refused() -> None:
    assert "risk" in reason("TERVERIFIKASI_SS", "02", "N", None, "50", "N", "-")
