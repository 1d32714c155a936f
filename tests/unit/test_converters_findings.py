"""Rules that find what is worth a look: they give a reason without the value, or nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.projection.converters import CONVERTERS, Reference, Refusal

REFERENCE = Reference()
SIGNS = st.characters(min_codepoint=0x80, max_codepoint=0xD7FF)


def convert(name: str, *values: object, **arguments: object) -> object:
    return CONVERTERS[name].call(REFERENCE, arguments, *values)


def refused(name: str, *values: object, **arguments: object) -> bool:
    try:
        convert(name, *values, **arguments)
    except Refusal as refusal:
        assert refusal.rule == name
        return True
    return False


@pytest.mark.parametrize(("value", "found"), [(2, True), (1, False), ("3", True), (0, False), (None, False)])
def test_lebih_dari(value: object, found: bool) -> None:
    assert (convert("LEBIH_DARI", value, batas=1) is not None) == found


def test_more_than_needs_whole_numbers() -> None:
    assert refused("LEBIH_DARI", "x", batas=1)
    assert refused("LEBIH_DARI", 2)
    assert refused("LEBIH_DARI", "9" * 30, batas=1)


def test_berlainan() -> None:
    assert convert("BERLAINAN", True)
    assert convert("BERLAINAN", False) is None
    assert convert("BERLAINAN", None) is None


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ("PT Maju", "pt  maju ", False),
        ("Toko A &amp; B", "toko a & b", False),
        ("PT Maju", "PT Mundur", True),
        ("PT Maju", "-", False),
        (None, "PT Maju", False),
        (47112, "47112", False),
    ],
)
def test_berbeda(one: object, other: object, found: bool) -> None:
    assert (convert("BERBEDA", one, other) is not None) == found


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ("99.800.123.4-999.000", "998001234999000", False),
        ("998001234999000", "0998001234999000", False),
        ("998001234999000", "3201014512909001", False),  # a person's NIK beside the old number
        ("3201014512909001", "3201014512909002", True),
        ("998001234999000", "-", False),
    ],
)
def test_npwp_berbeda(one: object, other: object, found: bool) -> None:
    assert (convert("NPWP_BERBEDA", one, other) is not None) == found


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (("300", "100", "200"), False),
        (("301", "100", "200"), False),
        (("302", "100", "200"), True),
        (("0", "100"), True),
        (("100", "", "-", None), True),
        (("", "-"), False),
        (("1.500.000", "Rp 1.500.000,00"), False),
    ],
)
def test_jumlah_beda(values: tuple[object, ...], found: bool) -> None:
    assert (convert("JUMLAH_BEDA", *values) is not None) == found


def test_a_sum_has_a_tolerance_and_takes_amounts_alone() -> None:
    assert convert("JUMLAH_BEDA", "110", "100", toleransi=10) is None
    assert refused("JUMLAH_BEDA", "999999999999999", "1")


@pytest.mark.parametrize(("value", "limit", "found"), [("5", "4", True), ("4", "4", False), ("5", "0", False)])
def test_melebihi(value: str, limit: str, found: bool) -> None:
    assert (convert("MELEBIHI", value, limit) is not None) == found


@pytest.mark.parametrize(
    ("percent", "part", "rest", "found"),
    [("49,00", "49", "51", False), ("49", "50", "50", False), ("30%", "50", "50", True), ("30", "0", "0", False)],
)
def test_bagian_beda(percent: str, part: str, rest: str, found: bool) -> None:
    assert (convert("BAGIAN_BEDA", percent, part, rest) is not None) == found


def test_a_share_that_is_no_number_is_refused() -> None:
    assert refused("BAGIAN_BEDA", "banyak", "1", "1")
    assert convert("BAGIAN_BEDA", "", "1", "1") is None


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ("2019-03-04", "2024-03-04", False),
        ("2019-03-04", "03/03/2019", True),
        ("2019-03-04", "-", False),
        ("2019-03-04", "2019-03-04", False),
    ],
)
def test_urutan_tanggal(first: str, second: str, found: bool) -> None:
    assert (convert("URUTAN_TANGGAL", first, second) is not None) == found


def test_a_day_that_does_not_exist_has_no_order() -> None:
    assert refused("URUTAN_TANGGAL", "2019-02-30", "2019-03-01")


@pytest.mark.parametrize(("value", "found"), [("a" * 45, True), ("a" * 44, False), (" " * 45, True), ("", False)])
def test_mungkin_terpotong(value: str, found: bool) -> None:
    assert (convert("MUNGKIN_TERPOTONG", value, panjang=45) is not None) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("Jalan Merdeka \u00e2\u20ac\u201c 5", True),
        ("Caf\u00c3\u00a9", True),
        ("Toko \ufffd", True),
        ("Caf\u00e9 \u2013 Jalan Merdeka", False),
        ("", False),
        (None, False),
    ],
)
def test_teks_rusak(value: object, found: bool) -> None:
    assert (convert("TEKS_RUSAK", value) is not None) == found
    assert (convert("TEKS_RUSAK", "sound", value) is not None) == found


@given(sign=SIGNS)
def test_signs_read_as_latin1_are_noticed_up_to_three_bytes(sign: str) -> None:
    assert convert("TEKS_RUSAK", f"a{sign.encode().decode('latin1')}b")


@pytest.mark.parametrize(
    ("value", "found"),
    [(2147483647, True), ("999999999999999", True), (-2147483648, True), ("2147483646", False), (None, False)],
)
def test_nilai_luapan(value: object, found: bool) -> None:
    assert (convert("NILAI_LUAPAN", value) is not None) == found


def test_nilai_tertentu() -> None:
    assert convert("NILAI_TERTENTU", " 02 ", antara=["02"])
    assert convert("NILAI_TERTENTU", "01", antara=["02"]) is None
    assert convert("NILAI_TERTENTU", "02") is None


@pytest.mark.parametrize("name", ["LEBIH_DARI", "BERBEDA", "MUNGKIN_TERPOTONG", "TEKS_RUSAK", "NILAI_TERTENTU"])
def test_a_reason_never_tells_the_value(name: str) -> None:
    secret = "Q7secret\u00c3\u00a9"
    values = [secret, "other"][: CONVERTERS[name].least_inputs]
    try:
        found = str(convert(name, *values, batas=0, panjang=len(secret), antara=[secret]))
    except Refusal as refusal:
        found = str(refusal)
    assert "Q7" not in found
