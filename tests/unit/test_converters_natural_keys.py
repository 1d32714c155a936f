"""Natural keys: times, persons, companies, deeds, projects whose id was cut off."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.projection.converters import CONVERTERS, IdentityKeys, Reference, Refusal
from streams.projection.declaration import Input, Source, Term
from streams.projection.keys import KeyMaker, split

KEYS = IdentityKeys(bytes(32), bytes(range(64)), "test")
REFERENCE = Reference(
    regions={"32.01": None},
    codes={"L4": {"01": "01", "02": "02"}, "L7": {"01": "01", "02": "02"}, "L13": {"01": "01", "02": "02"}},
    identity=KEYS,
)
NIK, NIB, NPWP = "3201014512909001", "9999000000017", "99.800.123.4-999.000"
NUMBERS = st.text(alphabet="0123456789|\\ No.a", max_size=8)
DAYS = st.sampled_from(["2019-03-04", "04/03/2019", "-", "", "20190304", "2019-02-30"])


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
        ("2019-03-04 10:11:12", "2019-03-04 10:11:12"),
        ("2019-03-04T10:11:12Z", "2019-03-04 10:11:12"),
        ("2019-03-04 10:11", "2019-03-04 10:11:00"),
        ("2019-03-04", "2019-03-04 00:00:00"),
        ("2019-03-04 10:11:12.500", "2019-03-04 10:11:12.500000"),
        ("-", None),
    ],
)
def test_waktu_kunci(value: str, expected: object) -> None:
    assert convert("WAKTU_KUNCI", value) == expected
    assert expected is None or convert("WAKTU", expected) == convert("WAKTU", value)


def test_a_time_cut_off_is_no_key() -> None:
    assert "form" in reason("WAKTU_KUNCI", "2019-03-04 10:11:1")


def test_a_person_is_known_by_the_number() -> None:
    assert convert("KUNCI_ORANG", "01", NIK, "Siti") == convert("IDENTITAS_KUNCI", "01", NIK)
    assert convert("KUNCI_ORANG", None, None, "-") is None
    assert "without an identity number" in reason("KUNCI_ORANG", "01", "", "Siti")
    assert "sixteen" in reason("KUNCI_ORANG", "01", NIK + "7", "Siti")


def test_a_shareholder_is_a_person_or_a_company() -> None:
    person = convert("KUNCI_PEMEGANG", "01", "01", NIK, "Siti")
    assert person == convert("IDENTITAS_KUNCI", "01", NIK)
    assert convert("KUNCI_PEMEGANG", "02", "", "", "PT Maju") is None
    assert convert("KUNCI_BADAN", "01", NPWP, "Siti") is None
    assert convert("KUNCI_BADAN", "02", NPWP, "PT Maju") not in (None, person)
    assert convert("KUNCI_PEMEGANG", "", "", "", "") is None
    assert "person or a company" in reason("KUNCI_PEMEGANG", "", "", "", "PT Maju")
    assert "L13" in reason("KUNCI_PEMEGANG", "09", "01", NIK, "Siti")
    assert "without an identity number" in reason("KUNCI_PEMEGANG", "01", "01", "", "Siti")


def test_a_company_is_known_by_its_tax_number_or_else_its_name() -> None:
    by_number = convert("KUNCI_BADAN", "02", NPWP, "PT Maju")
    assert by_number == convert("KUNCI_BADAN", "02", "998001234999000", "PT Mundur")
    by_name = convert("KUNCI_BADAN", "02", "", "PT  Maju<br>")
    assert by_name == convert("KUNCI_BADAN", "02", "123", "pt maju")
    assert by_name != by_number
    assert "neither" in reason("KUNCI_BADAN", "02", "-", "-")


def test_a_person_s_id_is_that_of_the_mapping_of_persons() -> None:
    key = convert("IDENTITAS_KUNCI", "01", NIK)
    assert convert("ORANG_ID", "01", NIK, namespace="orang") == convert("UUID5", key, namespace="orang")
    assert convert("ORANG_ID", "01", "", namespace="orang") is None
    assert "sixteen" in reason("ORANG_ID", "01", "123", namespace="orang")


def test_who_shares_a_tax_number_is_found_without_telling_it() -> None:
    key = convert("NPWP_KUNCI", NPWP)
    assert key == convert("NPWP_KUNCI", "0998001234999000")
    assert isinstance(key, str)
    assert len(key) == 64
    assert convert("NPWP_KUNCI", "998001235999000") is None
    assert CONVERTERS["NPWP_KUNCI"].call(Reference(), {}, NPWP) is None


def test_a_nik_stands_in_no_open_column() -> None:
    assert convert("NPWP_ORANG", NPWP) == "0998001234999000"
    assert convert("NPWP_ORANG", NIK) is None
    assert convert("NPWP_ORANG", "-") is None
    assert "zeros" in reason("NPWP_ORANG", "0" * 15)


@pytest.mark.parametrize(("value", "expected"), [("1111", "01111"), (1111, "01111"), (" 47112 ", "47112"), ("x", "x")])
def test_kbli_teks(value: object, expected: str) -> None:
    assert convert("KBLI_TEKS", value) == expected


@given(
    project=st.text(alphabet="R-0123|\\?", min_size=1, max_size=24), code=st.sampled_from(["1111", "47112", "", "-"])
)
def test_a_product_finds_the_key_of_its_projects(project: str, code: str) -> None:
    parts = (
        Term("AWALAN", (Input("p", "id"),), {"length": 21}),
        Term("KBLI_TEKS", (Input("p", "kbli"),), optional=True),
    )
    made = KeyMaker(Source("p", "t", "", parts=parts), REFERENCE).keys({"id": project, "kbli": code}, "1")
    found = convert("KUNCI_PROYEK", project, code)
    assert made == (() if found is None else (found,))


def test_a_cut_off_id_and_a_whole_one_have_one_key() -> None:
    whole = convert("KUNCI_PROYEK", "R-201903041011121234567", "1111")
    assert whole == convert("KUNCI_PROYEK", "R-2019030410111212345", "01111") == "R-2019030410111212345|01111"
    assert convert("KUNCI_PROYEK", "-", "01111") is None


@settings(deadline=None)
@given(number=NUMBERS, day=DAYS)
def test_an_approval_finds_the_key_of_its_deed(number: str, day: str) -> None:
    names = ("nib", "kind", "number", "day")
    parts = (
        Term("NIB13", (Input("l", "nib"),)),
        Term("CODE", (Input("l", "kind"),), {"list": "L7"}, optional=True),
        Term("NOMOR_AKTA", (Input("l", "number"),), optional=True),
        Term("TGL", (Input("l", "day"),), optional=True),
    )
    row = dict(zip(names, (NIB, "1", number, day), strict=True))
    (made,) = KeyMaker(Source("l", "t", "", parts=parts), REFERENCE).keys(row, "7")
    found = convert("KUNCI_AKTA", *row.values())
    assert made == ("?l:7" if found is None else found)
    assert found is None or split(str(found))[:2] == [NIB, "01"]


def test_a_deed_that_cannot_be_read_has_no_key() -> None:
    assert convert("KUNCI_AKTA", NIB, "01", "No. 12", "04/03/2019") == f"{NIB}|01|12|2019-03-04"
    assert convert("KUNCI_AKTA", "12", "01", "12", "-") is None
    assert convert("KUNCI_AKTA", NIB, "01", "12", "2019-02-30") is None
    assert convert("KUNCI_AKTA", None, "01", "12", "-") is None


def test_without_keys_the_keyed_rules_refuse() -> None:
    without = Reference(regions=REFERENCE.regions, codes=REFERENCE.codes)
    for name, values in (("KUNCI_BADAN", ("02", NPWP, "PT")), ("KUNCI_ORANG", ("01", NIK, "Siti"))):
        with pytest.raises(Refusal, match="not configured"):
            CONVERTERS[name].call(without, {}, *values)
