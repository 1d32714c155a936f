"""Persons: identity numbers, the keyed hash that finds a person again, citizenship."""

import hmac
import re
from calendar import monthrange
from collections.abc import Mapping
from functools import lru_cache

from streams.projection.converters.codes import listed, read_flag
from streams.projection.converters.legacy_value import given, is_digits
from streams.projection.converters.registry import IdentityKeys, Reference, Refusal, Value, converter

KTP, PASSPORT = "01", "02"
ABSENT = object()  # the second input was not given: the first is the number
_SEPARATORS = str.maketrans("", "", " .-")
_PASSPORT = re.compile(r"[A-Z0-9]{5,20}", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_NIK_DIGITS, _NIB_DIGITS = 16, 13
_FEMALE = 40  # added to the day of birth
_LEAP_YEAR = 2000


@converter("NIK", inputs=None, reversible=False)
def nik(reference: Reference, _arguments: Mapping[str, object], first: object, second: object = ABSENT) -> Value:
    """The identity number as it is hashed and encrypted, from ``number`` or ``type, number``: never map it to a column
    that is not encrypted, except where the law makes it the tax number.

    ``type``: list L4, 01 KTP (also when none is given) or 02 passport. A NIK has sixteen digits (blanks, dots and
    hyphens are dropped): a regency of the region list, replaced ones too; a date of birth that exists, women's day
    plus 40; a serial. A passport number has 5 to 20 letters and digits, and becomes upper case. Placeholders become
    NULL. Refuses other lengths, a NIB in this column, letters or a passport under type 01, unknown types and regions.
    """
    found = identity_of("NIK", reference, first, second)
    return None if found is None else found[1]


@converter("IDENTITAS_KUNCI", inputs=None, reversible=False)
def identitas_kunci(
    reference: Reference, _arguments: Mapping[str, object], first: object, second: object = ABSENT
) -> Value:
    """The keyed hash (HMAC-SHA256, 64 hexadecimal digits) of type and identity number, for the same inputs as `NIK`:
    it names the person without telling the number. The same person has the same hash under the same keys.

    Placeholders become NULL. Refuses as `NIK` does, and when no keys are configured.
    """
    return identity_key("IDENTITAS_KUNCI", reference, first, second)


def identity_key(rule: str, reference: Reference, first: object, second: object = ABSENT) -> str | None:
    """The keyed hash as told at `IDENTITAS_KUNCI`; raises the refusal in the name of ``rule``."""
    found = identity_of(rule, reference, first, second)
    return None if found is None else keyed_hash(keys_of(rule, reference).hmac_key, "\x1f".join(found))


@lru_cache(16384)
def keyed_hash(key: bytes, text: str) -> str:
    """HMAC-SHA256, hexadecimal. Several projections ask for the same person's, one after the other."""
    return hmac.digest(key, text.encode(), "sha256").hex()


def keys_of(rule: str, reference: Reference) -> IdentityKeys:
    """The configured keys; raises the refusal in the name of ``rule`` when there are none."""
    if reference.identity is None:
        raise Refusal(rule, "the keys are not configured")
    return reference.identity


def identity_of(rule: str, reference: Reference, first: object, second: object = ABSENT) -> tuple[str, str] | None:
    """Type (01 or 02) and number in their one form, None without a number; inputs and refusals as told at `NIK`."""
    named, number = (None, first) if second is ABSENT else (first, second)
    text = given(rule, number)
    if text is None:
        return None
    said = given(rule, named)
    kind = KTP if said is None else listed(rule, reference, "L4", said)
    if kind == PASSPORT:
        passport = text.translate(_SEPARATORS).upper()
        if not _PASSPORT.fullmatch(passport):
            raise Refusal(rule, "a passport number has 5 to 20 letters and digits")
        return PASSPORT, passport
    if kind != KTP:
        raise Refusal(rule, "the type is neither an identity card nor a passport")
    return KTP, _nik(rule, reference, text)


def _nik(rule: str, reference: Reference, text: str) -> str:
    digits, regency, fault = _read_nik(text)
    if not fault and regency not in reference.regions:
        fault = "the NIK names a regency that is not in the region list"
    if fault:
        raise Refusal(rule, fault)
    return digits


@lru_cache(16384)
def _read_nik(text: str) -> tuple[str, str, str]:
    """The digits, their regency, and what is wrong with their form. Several rules read the same person's."""
    digits = text if is_digits(text) else text.translate(_SEPARATORS)
    return digits, f"{digits[:2]}.{digits[2:4]}", _form_fault(digits)


def _form_fault(digits: str) -> str:
    if not is_digits(digits):
        return "letters or signs stand in the NIK: it may be a passport number"
    if len(digits) == _NIB_DIGITS:
        return "the number has thirteen digits: it may be a NIB in the wrong column"
    if len(digits) != _NIK_DIGITS:
        return "the NIK is not made of sixteen digits"
    if len(set(digits)) == 1 or digits[12:] == "0000":
        return "the NIK is a placeholder"
    return "" if _is_birth_date(digits[6:12]) else "the NIK tells a date of birth that does not exist"


@lru_cache(65536)
def _is_birth_date(digits: str) -> bool:
    day, month, year = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    if not 1 <= month <= 12:
        return False
    last = monthrange(_LEAP_YEAR + year, month)[1]  # 1900 and 2000 differ in one day: taken as leap, as 2000 was
    return 1 <= day <= last or 1 <= day - _FEMALE <= last


@converter("KEWARGANEGARAAN", inputs=None, reversible=False, parameters=frozenset({"list", "unknown"}))
def kewarganegaraan(
    reference: Reference, arguments: Mapping[str, object], said: object, country: object = None
) -> Value:
    """Citizenship, two letters (ISO 3166, as UN/EDIFACT has it), from whether a person is foreign and, optionally, the
    country of origin.

    ``said``: the flag ``flag_asing`` (as `FLAG`, yes is foreign), or with ``list: L6`` the code ``kebangsaan``: 01
    Indonesian, 02 foreign. Not foreign: ID. Foreign: the country; where none is given, the code ``unknown`` of the
    mapping. Nothing said: the country, NULL if that is missing too. Refuses a foreigner without country and without
    ``unknown``, what contradicts the country, and countries that are not two letters.
    """
    foreign = _is_foreign(reference, arguments, said)
    code = given("KEWARGANEGARAAN", country)
    if code is not None:
        code = code.upper()
        if not _COUNTRY.fullmatch(code):
            raise Refusal("KEWARGANEGARAAN", "the country is not a code of two letters")
        if foreign is not None and foreign == (code == "ID"):
            raise Refusal("KEWARGANEGARAAN", "citizenship and country of origin contradict each other")
        return code
    if not foreign:
        return None if foreign is None else "ID"
    unknown = arguments.get("unknown")
    if not isinstance(unknown, str):
        raise Refusal("KEWARGANEGARAAN", "the person is foreign, but no country is given")
    return unknown


def _is_foreign(reference: Reference, arguments: Mapping[str, object], said: object) -> bool | None:
    name = arguments.get("list")
    if not isinstance(name, str):
        return read_flag("KEWARGANEGARAAN", said)
    text = given("KEWARGANEGARAAN", said)
    return None if text is None else listed("KEWARGANEGARAAN", reference, name, text) != "01"
