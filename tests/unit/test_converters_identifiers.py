"""NIB, tax numbers, derived ids, and the traps of KBLI."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from streams.projection.converters import CONVERTERS, Reference, Refusal

VALID_15 = "998001234999000"
PUNCTUATED = "99.800.123.4-999.000"
VALID_NIK = "3201014512909001"
MOVES = {
    "66195": "66193",
    "66193": "66191",
    "66191": "66112",
    "66194": "66192",
    "66192": "66113",
    "46696": "46695",
    "46695": "46694",
    "46694": "46693",
    "55194": "55193",
    "55195": "55194",
}
REFERENCE = Reference(
    kbli_conversion={
        **{old: (new,) for old, new in MOVES.items()},
        "01111": ("01111",),
        "01441": ("01441", "01444", "01445"),
        "10000": (),
    },
    kbli_reused={"55194": "Vila", "66195": "Wali amanat"},
    kbli_titles_2020={"55194": "Apartemen hotel", "66195": "Penjamin emisi"},
    kbli_risk={"55193": "MR"},
    codes={"L18": {"11": "01", "12": "02"}, "L2": {}},
)


def convert(name: str, *values: object, **arguments: object) -> object:
    return CONVERTERS[name].call(REFERENCE, arguments, *values)


def reason(name: str, *values: object, **arguments: object) -> str:
    with pytest.raises(Refusal) as caught:
        convert(name, *values, **arguments)
    assert caught.value.rule == name
    return caught.value.reason


@pytest.mark.parametrize("value", ["9999000000017", " 9999000000017  ", 9999000000017])
def test_a_nib_is_thirteen_digits(value: object) -> None:
    assert convert("NIB13", value) == "9999000000017"


@pytest.mark.parametrize(
    "value", ["", "-", "99990000000171", "99990000000", "8,12E+12", "999900000001X", "٩999000000017"]
)
def test_nothing_else_is_a_nib(value: object) -> None:
    assert reason("NIB13", value) == "the number is not made of thirteen digits"


def test_a_nib_of_twelve_digits_is_named_and_not_padded() -> None:
    assert "twelve digits" in reason("NIB13", "220123456789")


@pytest.mark.parametrize(
    "values",
    [
        (VALID_15,),
        (PUNCTUATED,),
        ("0" + VALID_15,),
        (PUNCTUATED, 11, "01"),
        ("0" + VALID_15, 12, ""),
        (PUNCTUATED, 99, ""),
    ],
)
def test_an_entitys_tax_number_gets_its_zero(values: tuple[object, ...]) -> None:
    assert convert("NPWP16", *values) == "0998001234999000"
    assert convert("NPWP_STATUS", *values) == "VALID"


@pytest.mark.parametrize("values", [(VALID_NIK,), (VALID_NIK, 12, ""), (VALID_NIK, 13, "")])
def test_a_persons_tax_number_of_sixteen_digits_is_the_nik(values: tuple[object, ...]) -> None:
    assert convert("NPWP16", *values) == VALID_NIK
    assert convert("NPWP_STATUS", *values) == "VALID"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (("998001235999000",), "check digit"),
        (("0998001235999000",), "check digit"),
        (("0" * 15,), "all zeros"),
        (("0" * 16,), "all zeros"),
        (("998001234999001",), "branch"),
        (("99800123499900",), "fifteen or sixteen"),
        (("99.800.123.4-999.00X",), "fifteen or sixteen"),
        ((VALID_NIK, 11, "01"), "NIK"),
        (("3201018512909001",), "NIK"),
        (("3201014513909001",), "NIK"),
    ],
)
def test_tax_numbers_that_are_refused(values: tuple[object, ...], sentence: str) -> None:
    assert sentence in reason("NPWP16", *values)
    assert convert("NPWP_STATUS", *values) == "TIDAK_VALID"


def test_a_persons_fifteen_digits_wait_for_the_nik() -> None:
    assert "NIK" in reason("NPWP16", VALID_15, 12, "")
    assert convert("NPWP_STATUS", VALID_15, 12, "") == "BELUM_CEK"
    assert convert("NPWP_STATUS", "-") == "BELUM_CEK"


def test_a_branch_number_is_never_invented() -> None:
    assert convert("NITKU", "N", "") is None
    assert "tax office" in reason("NITKU", "Y", VALID_15)


def test_derived_ids_are_stable_and_kept_apart() -> None:
    one = convert("UUID5", "9999000000017", namespace="pelaku_usaha")
    assert one == "a216f77a-4656-507e-a08b-7b8a38ddb7dc"
    assert one == convert("UUID5", " 9999000000017 ", namespace="pelaku_usaha")
    assert one != convert("UUID5", "9999000000017", namespace="orang")
    assert convert("UUID5", "ab", "c", namespace="x") != convert("UUID5", "a", "bc", namespace="x")
    assert convert("UUID5", "a", None, namespace="x") is None


@pytest.mark.parametrize(("old", "new"), MOVES.items())
def test_a_moved_code_is_converted_from_the_original_however_often(old: str, new: str) -> None:
    assert [convert("KBLI", old) for _ in range(3)] == [new] * 3
    assert convert("KBLI_ASAL", old) == old


def test_converting_a_converted_code_would_walk_the_chain() -> None:
    once = convert("KBLI", "66195")
    assert once == "66193"
    assert convert("KBLI", once) == "66191"
    assert convert("KBLI_ASAL", "66195") == "66195"


@pytest.mark.parametrize("value", ["1111", 1111, 1111.0, " 01111  "])
def test_a_lost_zero_comes_back(value: object) -> None:
    assert convert("KBLI", value) == "01111"
    assert convert("KBLI_ASAL", value) == "01111"


def test_a_column_that_never_was_numeric_lost_no_zero() -> None:
    assert "five digits" in reason("KBLI", "1111", numeric=False)
    assert convert("KBLI", 1111, numeric=False) == "01111"


@pytest.mark.parametrize(
    ("code", "sentence"),
    [("01441", "split"), ("99999", "not known"), ("10000", "person"), ("111", "five digits"), ("A1111", "five digits")],
)
def test_kbli_refusals(code: str, sentence: str) -> None:
    assert sentence in reason("KBLI", code)
    assert sentence in reason("RISIKO", code)


def test_a_description_with_the_new_meaning_of_a_reused_code_is_a_contradiction() -> None:
    assert convert("KBLI", "55194", "Vila") == "55193"
    assert convert("KBLI", "55194", "Penginapan di tepi pantai") == "55193"
    assert convert("KBLI", "55194", None) == "55193"
    assert "contradicts" in reason("KBLI", "55194", "Usaha APARTEMEN HOTEL")


def test_risk_is_that_of_the_converted_code() -> None:
    assert convert("RISIKO", "55194") == "MR"
    assert convert("RISIKO", "55195") is None
    assert convert("RISIKO", None) is None


@given(st.text("0123456789", min_size=9, max_size=9).filter(lambda digits: digits.strip("0")))
def test_a_tax_number_is_valid_where_luhn_says_so(digits: str) -> None:
    assert (convert("NPWP_STATUS", f"{digits}999000") == "VALID") is luhn.is_valid(digits)
