"""The encrypted identity number: the same number, the same bytes; nothing else opens them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.projection.converters import CONVERTERS, IdentityKeys, Reference, Refusal
from streams.projection.converters.identity import reveal

KEYS = IdentityKeys(bytes(32), bytes(range(64)), "v1")
CODES = {"L4": {"01": "01", "02": "02"}}
REFERENCE = Reference(regions={"32.01": None}, codes=CODES, identity=KEYS)
NIK = "3201014512909001"


def sealed(*values: object, keys: IdentityKeys | None = KEYS) -> object:
    reference = Reference(regions=REFERENCE.regions, codes=CODES, identity=keys)
    return CONVERTERS["IDENTITAS_ENC"].call(reference, {}, *values)


def stored(*values: object) -> bytes:
    text = sealed(*values)
    assert isinstance(text, str)
    assert text.startswith("\\x")
    return bytes.fromhex(text[2:])


def test_the_same_number_gives_the_same_bytes_and_comes_back() -> None:
    assert stored(NIK) == stored("01", f" {NIK} ") == stored("", NIK)
    assert stored(NIK).startswith(b"v1:")
    assert NIK.encode() not in stored(NIK)
    assert reveal(KEYS, "01", stored(NIK)) == NIK
    assert reveal(KEYS, "02", stored("02", "x1234567")) == "X1234567"


@settings(max_examples=50, deadline=None)
@given(number=st.text(alphabet="ABCXYZ0123456789", min_size=5, max_size=20))
def test_every_passport_number_comes_back(number: str) -> None:
    assert reveal(KEYS, "02", stored("02", number)) == number


def test_other_keys_types_and_changed_bytes_do_not_open() -> None:
    content = stored(NIK)
    changed = content[:-1] + bytes([content[-1] ^ 1])
    renamed = IdentityKeys(KEYS.hmac_key, bytes(64), "v1")
    for keys, kind, bytes_ in (
        (KEYS, "02", content),
        (KEYS, "01", changed),
        (renamed, "01", content),
        (IdentityKeys(KEYS.hmac_key, KEYS.siv_key, "v2"), "01", content),
        (KEYS, "01", b"v1:"),
        (KEYS, "01", b""),
    ):
        with pytest.raises(Refusal) as caught:
            reveal(keys, kind, bytes_)
        assert NIK not in str(caught.value)


def test_missing_numbers_are_null_and_missing_keys_a_refusal() -> None:
    assert sealed("-", keys=None) is None
    with pytest.raises(Refusal, match="the keys are not configured"):
        sealed(NIK, keys=None)


@pytest.mark.parametrize(
    "values", [("9999000000017",), ("01", "X9999999"), ("32010145129090017",), ("02", "X1"), ("3", NIK)]
)
def test_what_is_no_identity_number_is_refused_in_this_rules_name(values: tuple[object, ...]) -> None:
    with pytest.raises(Refusal) as caught:
        sealed(*values)
    assert caught.value.rule == "IDENTITAS_ENC"
    assert all(str(value) not in caught.value.reason for value in values)
