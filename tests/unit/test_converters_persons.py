"""Identity numbers by their form, the keyed hash, citizenship."""

import hashlib
import hmac

import pytest

from streams.projection.converters import CONVERTERS, IdentityKeys, Reference, Refusal

KEYS = IdentityKeys(bytes(range(32)), bytes(64), "v1")
CODES = {
    "L4": {"01": "01", "02": "02", "ktp": "01", "paspor": "02"},
    "L6": {"01": "01", "02": "02", "wni": "01", "wna": "02"},
}
REFERENCE = Reference(regions={"32": None, "32.01": None, "92.71": "96.71", "96.71": None}, codes=CODES, identity=KEYS)
MAN, WOMAN = "3201010512909001", "3201014512909001"


def convert(name: str, *values: object, **arguments: object) -> object:
    return CONVERTERS[name].call(REFERENCE, arguments, *values)


def reason(name: str, *values: object, **arguments: object) -> str:
    with pytest.raises(Refusal) as caught:
        convert(name, *values, **arguments)
    assert caught.value.rule == name
    return caught.value.reason


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((MAN,), MAN),
        ((WOMAN,), WOMAN),
        (("01", WOMAN), WOMAN),
        (("KTP", WOMAN), WOMAN),
        (("", WOMAN), WOMAN),
        ((" 3201.01-451290.9001 ",), WOMAN),
        (("9271010512909001",), "9271010512909001"),
        (("9671010512909001",), "9671010512909001"),
        (("3201013004909001",), "3201013004909001"),
        (("3201016902009001",), "3201016902009001"),
        (("02", "x 123-4567"), "X1234567"),
        (("Paspor", "E1234"), "E1234"),
        (("02", ""), None),
        ((None,), None),
        (("-",), None),
    ],
)
def test_nik(values: tuple[object, ...], expected: object) -> None:
    assert convert("NIK", *values) == expected


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (("320101451290900",), "sixteen"),
        (("32010145129090017",), "sixteen"),
        (("9999000000017",), "NIB"),
        (("X9999999",), "passport"),
        (("01", "X9999999"), "passport"),
        (("320101451290900X",), "letters"),
        (("٣201014512909001",), "letters"),
        (("3201018112909001",), "date of birth"),
        (("3201017212909001",), "date of birth"),
        (("3201010012909001",), "date of birth"),
        (("3201013113909001",), "date of birth"),
        (("3201013104909001",), "date of birth"),
        (("3201017102009001",), "date of birth"),
        (("3201010512900000",), "placeholder"),
        (("1" * 16,), "placeholder"),
        (("6571010512909001",), "region list"),
        (("02", "X12"), "5 to 20"),
        (("02", "X" * 21), "5 to 20"),
        (("03", WOMAN), "L4"),
    ],
)
def test_identity_numbers_that_are_refused(values: tuple[object, ...], sentence: str) -> None:
    assert sentence in reason("NIK", *values)
    assert sentence in reason("IDENTITAS_KUNCI", *values)


def test_the_hash_is_keyed_and_tells_types_apart() -> None:
    found = convert("IDENTITAS_KUNCI", "01", WOMAN)
    assert found == hmac.new(KEYS.hmac_key, f"01\x1f{WOMAN}".encode(), hashlib.sha256).hexdigest()
    assert found == convert("IDENTITAS_KUNCI", WOMAN) == convert("IDENTITAS_KUNCI", None, f" {WOMAN} ")
    assert isinstance(found, str)
    assert len(found) == 64
    assert found != convert("IDENTITAS_KUNCI", MAN)
    assert found != convert("IDENTITAS_KUNCI", "02", WOMAN)
    other = Reference(regions=REFERENCE.regions, identity=IdentityKeys(bytes(32), KEYS.siv_key, "v2"))
    assert found != CONVERTERS["IDENTITAS_KUNCI"].call(other, {}, WOMAN)


def test_without_keys_only_what_needs_them_is_refused() -> None:
    bare = Reference(regions=REFERENCE.regions, codes=CODES)
    assert CONVERTERS["NIK"].call(bare, {}, WOMAN) == WOMAN
    assert CONVERTERS["IDENTITAS_KUNCI"].call(bare, {}, "-") is None
    with pytest.raises(Refusal, match="the keys are not configured"):
        CONVERTERS["IDENTITAS_KUNCI"].call(bare, {}, WOMAN)


def test_keys_never_show_themselves_and_have_their_sizes() -> None:
    keys = IdentityKeys(b"h" * 32, b"s" * 64, "v1")
    assert repr(keys) == "IdentityKeys(version='v1')"
    assert "hhh" not in repr(Reference(identity=keys))
    for wrong in ((b"h" * 31, b"s" * 64, "v1"), (b"h" * 32, b"s" * 32, "v1"), (b"h" * 32, b"s" * 64, "v:1")):
        with pytest.raises(ValueError, match="keys") as caught:
            IdentityKeys(*wrong)
        assert "hhh" not in str(caught.value)


@pytest.mark.parametrize(
    ("values", "arguments", "expected"),
    [
        (("N", "ID"), {}, "ID"),
        (("N",), {}, "ID"),
        (("0", ""), {}, "ID"),
        (("Y", "sg"), {}, "SG"),
        (("", "SG"), {}, "SG"),
        (("", ""), {}, None),
        (("01",), {"list": "L6"}, "ID"),
        (("wni",), {"list": "L6"}, "ID"),
        (("02", "MY"), {"list": "L6"}, "MY"),
        (("02",), {"list": "L6", "unknown": "XX"}, "XX"),
        (("Y", ""), {"unknown": "XX"}, "XX"),
    ],
)
def test_kewarganegaraan(values: tuple[object, ...], arguments: dict[str, object], expected: object) -> None:
    assert convert("KEWARGANEGARAAN", *values, **arguments) == expected


@pytest.mark.parametrize(
    ("values", "arguments", "sentence"),
    [
        (("Y",), {}, "no country"),
        (("02",), {"list": "L6"}, "no country"),
        (("N", "SG"), {}, "contradict"),
        (("Y", "ID"), {}, "contradict"),
        (("Y", "SGP"), {}, "two letters"),
        (("?",), {}, "neither"),
        (("03",), {"list": "L6"}, "L6"),
    ],
)
def test_citizenships_that_are_refused(values: tuple[object, ...], arguments: dict[str, object], sentence: str) -> None:
    assert sentence in reason("KEWARGANEGARAAN", *values, **arguments)
