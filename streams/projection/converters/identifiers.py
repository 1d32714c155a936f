"""Numbers that name somebody: NIB, tax numbers, and the derived ids of target rows."""

import re
import uuid
from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import sha1

from stdnum import luhn

from streams.projection.converters.codes import actor_type, read_flag
from streams.projection.converters.legacy_value import given, is_digits, storable
from streams.projection.converters.registry import Reference, Refusal, Value, converter

NAMESPACE = uuid.UUID("32c10b10-daaf-5926-88fa-76cbf039285a")
_SEPARATORS = str.maketrans("", "", " .-/")
_NIK = re.compile(
    r"(?!(\d)\1{15})[1-9]\d\d{4}(?:0[1-9]|[12]\d|3[01]|4[1-9]|[56]\d|7[01])(?:0[1-9]|1[0-2])\d{2}(?!0000)\d{4}",
    re.ASCII,
)
_VARIANTS = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}
_MOST_IDS = 4096
_PERSON = "02"
_NO_NIK = "the sixteen digits are not a person's NIK where one is allowed"
_NEEDS_NIK = "a person's tax number of fifteen digits needs the NIK to be converted"


@converter("NIB13", inputs=1, reversible=True)
def nib13(_reference: Reference, _arguments: Mapping[str, object], value: object) -> Value:
    """A NIB: thirteen digits as text; there is no public check digit.

    Refuses blanks, letters and other lengths; twelve digits are named apart (a zero lost in a spreadsheet), but
    never padded: they may also be a digit lost elsewhere.
    """
    if type(value) is str and len(value) == 13 and is_digits(value):
        return value
    if value is None:
        return None
    text = given("NIB13", value) or ""
    if len(text) == 13 and is_digits(text):
        return text
    if len(text) == 12 and is_digits(text):
        raise Refusal("NIB13", "the number has twelve digits: a leading zero may be lost")
    raise Refusal("NIB13", "the number is not made of thirteen digits")


@converter("NPWP16", inputs=None, reversible=False)
def npwp16(
    reference: Reference, _arguments: Mapping[str, object], number: object, actor: object = None, company: object = None
) -> Value:
    """The tax number of sixteen digits: punctuation stripped, ``0`` before a valid one of fifteen digits; sixteen
    digits that start otherwise are a person's NIK. Placeholders become NULL.

    ``actor`` and ``company`` (optional): legacy ``jenis_pelaku_usaha`` and ``jenis_perseroan``; they tell persons
    from entities. Refuses a wrong check digit, all zeros, a branch (suffix other than 000), a person's fifteen digits
    (the NIK is needed), an entity with a NIK, and other lengths.
    """
    text = given("NPWP16", number)
    if text is None:
        return None
    found, reason = _tax_number(text, _is_person("NPWP16", reference, actor, company))
    if found is None:
        raise Refusal("NPWP16", reason)
    return found


@converter("NPWP_STATUS", inputs=None, reversible=False)
def npwp_status(
    reference: Reference, _arguments: Mapping[str, object], number: object, actor: object = None, company: object = None
) -> Value:
    """What is known of the tax number by its form, for the same inputs as `NPWP16`: VALID, TIDAK_VALID, or BELUM_CEK
    when none is given or a person's number waits for the NIK. Refuses numbers that no column holds.
    """
    text = given("NPWP_STATUS", number)
    if text is None:
        return "BELUM_CEK"
    found, reason = _tax_number(text, _is_person("NPWP_STATUS", reference, actor, company))
    if found is not None:
        return "VALID"
    return "BELUM_CEK" if reason == _NEEDS_NIK else "TIDAK_VALID"


def _is_person(rule: str, reference: Reference, actor: object, company: object) -> bool | None:
    """None when the type of actor is not given or not known: that fault belongs to its own column."""
    try:
        kind = actor_type(rule, reference, actor, company)
    except Refusal:
        return None
    return None if kind is None else kind == _PERSON


def _tax_number(text: str, person: bool | None) -> tuple[str | None, str]:
    """The sixteen digits, or None and the reason."""
    digits, fault = _read_tax_number(text)
    if fault:
        return None, fault
    if len(digits) == 16 and digits[0] != "0":
        return (None, _NO_NIK) if person is False else (digits, "")
    return (None, _NEEDS_NIK) if person and len(digits) == 15 else (digits.zfill(16), "")


@lru_cache(4096)
def _read_tax_number(text: str) -> tuple[str, str]:
    """The digits, and what is wrong with them whoever they belong to."""
    digits = text.translate(_SEPARATORS)
    fault = _form_fault(digits)
    if not fault and len(digits) == 16 and digits[0] != "0":
        fault = "" if _NIK.fullmatch(digits) else _NO_NIK
    elif not fault:
        fault = _entity_fault(digits[-15:])
    return digits, fault


def _form_fault(digits: str) -> str:
    if not is_digits(digits) or len(digits) not in (15, 16):
        return "the tax number is not made of fifteen or sixteen digits"
    return "" if digits.strip("0") else "the tax number is all zeros"


def _entity_fault(digits: str) -> str:
    if not luhn.is_valid(digits[:9]):
        return "the check digit of the tax number is wrong"
    return "" if digits[12:] == "000" else "the tax number is that of a branch"


@converter("NITKU", inputs=2, reversible=False)
def nitku(_reference: Reference, _arguments: Mapping[str, object], branch: object, _number: object) -> Value:
    """The branch number of 22 digits: NULL when ``flag_cabang`` does not say that the project is a branch.

    Refuses every branch: its number is in the tax office's table alone and can't be derived from ``npwp_cabang``.
    """
    if read_flag("NITKU", branch):
        raise Refusal("NITKU", "the number of a branch must come from the tax office")
    return None


@converter("UUID5", inputs=None, reversible=False, required=frozenset({"namespace"}))
def uuid5(_reference: Reference, arguments: Mapping[str, object], part: object, *more: object) -> Value:
    """The id of a target row, derived from its natural key (one or more columns) within ``namespace``, as text: the
    same key gives the same id on every worker. NULL when a part of the key is missing.
    """
    derived = deriver(str(arguments.get("namespace", "")))
    if not more:
        text = given("UUID5", part)
        return None if text is None else derived(storable("UUID5", text))
    parts = [given("UUID5", value) for value in (part, *more)]
    key = [storable("UUID5", text) for text in parts if text is not None]
    if len(key) < len(parts):
        return None
    return derived("\x1f".join(key))


@lru_cache(64)
def deriver(namespace: str) -> Callable[[str], str]:
    """A function from a storable text to the id within the namespace; it remembers a few thousand of the last."""
    start = uuid.uuid5(NAMESPACE, namespace).bytes
    known: dict[str, str] = {}

    def derived(key: str) -> str:
        found = known.get(key)
        if found is None:
            # What uuid.uuid5 does, without an object in between: every row's id comes through here.
            text = sha1(start + key.encode(), usedforsecurity=False).hexdigest()
            variant = _VARIANTS[text[16]]
            found = f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{variant}{text[17:20]}-{text[20:32]}"
            if len(known) >= _MOST_IDS:
                known.clear()
            known[key] = found
        return found

    return derived
