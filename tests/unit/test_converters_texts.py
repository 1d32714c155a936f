"""Example tables: text, dates and times, contacts, tombstones."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from streams.projection.converters import CONVERTERS, Reference, Refusal

REFUSED = Refusal
REFERENCE = Reference()


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


PLACEHOLDERS = [None, "", "   ", "-", "--", "null", "0000-00-00", "0000-00-00 00:00:00"]


@pytest.mark.parametrize("value", PLACEHOLDERS)
@pytest.mark.parametrize(
    "name", ["NULL0", "TXT", "TGL", "WAKTU", "UANG", "NPWP16", "KBLI", "WIL", "FLAG", "TELP", "EMAIL"]
)
def test_placeholders_are_nothing(name: str, value: object) -> None:
    check(name, value, None)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("  PT  Maju\n Jaya ", "PT Maju Jaya"),
        ("Jl. Melati<br>No. 3<BR/>", "Jl. Melati No. 3"),
        ("Toko A &amp; B", "Toko A & B"),
        ("Toko A &amp;amp; B", "Toko A & B"),
        ("Toko&lt;br&gt;B", "Toko B"),
        ("PT M&GT", "PT M&GT"),
        ("Kel. \u00a0 Sari", "Kel. Sari"),
        ("a\x00b", "a b"),
        ("Câ€“", "Câ€“"),
        (7, "7"),
        ("&" + "amp;" * 50, REFUSED),
        ("half \ud800 pair", REFUSED),
    ],
)
def test_txt(value: object, expected: object) -> None:
    check("TXT", value, expected)


def test_txt_cuts_where_the_mapping_says() -> None:
    check("TXT", "abc def", "abc", max_length=4)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("COPY", " a  b ", " a  b "),
        ("COPY", "", ""),
        ("COPY", 12, 12),
        ("COPY", 12.0, "12"),
        ("COPY", "a\x00", REFUSED),
        ("COPY", 2**64, REFUSED),
        ("COPY", float("nan"), REFUSED),
        ("NULL0", " 503/12-IU ", "503/12-IU"),
    ],
)
def test_copies(name: str, value: object, expected: object) -> None:
    check(name, value, expected)


def test_copy_of_a_prescribed_length() -> None:
    check("COPY", "R-201903041011121234567", "R-201903041011121234567", length=23)
    check("COPY", "R-2019030410111212345", REFUSED, length=23)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2019-03-04", date(2019, 3, 4)),
        ("2019-03-04Z", date(2019, 3, 4)),
        ("04/03/2019", date(2019, 3, 4)),
        ("31-12-2019", date(2019, 12, 31)),
        ("20190304", date(2019, 3, 4)),
        (20190304, date(2019, 3, 4)),
        ("2019-13-04", REFUSED),
        ("12/31/2019", REFUSED),
        ("2019-02-29", REFUSED),
        ("2019-03-", REFUSED),
        ("2019-W01-1", REFUSED),
        ("4/3/2019", REFUSED),
        ("1944-12-31", REFUSED),
        ("2101-01-01", REFUSED),
        ("²019-03-04", REFUSED),
        ("SEUMUR HIDUP", REFUSED),
    ],
)
def test_tgl(value: object, expected: object) -> None:
    check("TGL", value, expected)


def test_tgl_has_the_bound_that_the_mapping_gives() -> None:
    check("TGL", "2030-01-01", REFUSED, max_year=2029)
    check("TGL", "2030-01-01", date(2030, 1, 1), max_year=2030)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2019-03-04 10:11:12", datetime(2019, 3, 4, 3, 11, 12, tzinfo=UTC)),
        ("2019-03-04 10:11", datetime(2019, 3, 4, 3, 11, tzinfo=UTC)),
        ("2019-03-04T10:11:12.123456Z", datetime(2019, 3, 4, 3, 11, 12, 123456, tzinfo=UTC)),
        ("2019-03-04T10:11:12+07:00", datetime(2019, 3, 4, 3, 11, 12, tzinfo=UTC)),
        ("2019-03-04Z", datetime(2019, 3, 3, 17, tzinfo=UTC)),
        ("2019-03-04T10:11:12+08:00", REFUSED),
        ("2019-03-04 10", REFUSED),
        ("2019-03-04 25:00:00", REFUSED),
        ("04/03/2019 10:11:12", REFUSED),
    ],
)
def test_waktu(value: object, expected: object) -> None:
    found = expected
    if expected is not REFUSED:
        found = convert("WAKTU", value)
        assert isinstance(found, datetime)
        assert found.utcoffset() == timedelta(hours=7)
    check("WAKTU", value, expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("081234567890", "+6281234567890"),
        ("6281234567890", "+6281234567890"),
        ("+62 812-3456-7890", "+6281234567890"),
        ("(021) 555.1234", "+62215551234"),
        ("+6565551234", "+6565551234"),
        ("021-5551234/35", "021-5551234/35"),
        ("0", "0"),
        ("021-5551234 ext 35 atau 36", REFUSED),
    ],
)
def test_telp(value: object, expected: object) -> None:
    check("TELP", value, expected)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("EMAIL", " Budi@Contoh.ID ", "budi@contoh.id"),
        ("EMAIL", "budi.contoh.id", REFUSED),
        ("EMAIL", "a@b@c", REFUSED),
        ("EMAIL", "a b@c", REFUSED),
        ("KODE_POS", "16911", "16911"),
        ("KODE_POS", 16911, "16911"),
        ("KODE_POS", "1691", REFUSED),
        ("RT", "001/002", "001"),
        ("RW", "001/002", "002"),
        ("RW", "001-002", "002"),
        ("RT", "-", None),
        ("RT", "/002", None),
        ("RW", "001", None),
        ("RT", "0001/2", REFUSED),
        ("RW", "1/2/3", REFUSED),
    ],
)
def test_contacts(name: str, value: object, expected: object) -> None:
    check(name, value, expected)


TIMES = ("2020-01-02 03:04:05", "2019-01-01 00:00:00")
DELETED = datetime(2020, 1, 1, 20, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("1", *TIMES), None),
        ((None, *TIMES), None),
        (("0", *TIMES), DELETED),
        (("", *TIMES), DELETED),
        (("1", "9", *TIMES), None),
        (("1", "3", *TIMES), DELETED),
        (("1", "4", *TIMES), DELETED),
        (("0", "5", *TIMES), DELETED),
        (("0", None, TIMES[0]), DELETED),
        (("0", None, None), REFUSED),
        (("0", "kemarin", None), REFUSED),
    ],
)
def test_tombstone(values: tuple[object, ...], expected: object) -> None:
    check("TOMBSTONE", values, expected)
