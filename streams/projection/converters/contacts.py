"""Telephone, e-mail, postcode and neighbourhood numbers."""

import re
from collections.abc import Mapping

from streams.projection.converters.legacy_value import given, is_digits
from streams.projection.converters.registry import Reference, Refusal, Value, converter
from streams.projection.converters.text import clean

_TELEPHONE_SIGNS = str.maketrans("", "", " .-()")
_ADDRESS = re.compile(r"[^\s@\x00-\x1f\x7f-\x9f\ud800-\udfff]+@[^\s@\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_TELEPHONE_LENGTH = 20
_EMAIL_LENGTH = 254


@converter("TELP", inputs=1, reversible=False)
def telp(_reference: Reference, _arguments: Mapping[str, object], value: object) -> Value:
    """A telephone number, at most 20 characters: ``0812…`` and ``62812…`` become ``+62812…``; numbers of other
    countries keep their ``+``. What can't be read as one number stays as cleaned text. Placeholders become NULL.

    Refuses only text that is longer than the target holds.
    """
    text = given("TELP", value)
    if text is None:
        return None
    number = text.translate(_TELEPHONE_SIGNS)
    digits = number.removeprefix("+")
    if is_digits(digits) and 7 <= len(digits) <= 15:
        if digits.startswith("62"):
            return "+62" + digits[2:].lstrip("0")
        if number[0] == "+":
            return number
        if digits[0] == "0":
            return "+62" + digits.lstrip("0")
    kept = clean(text, "TELP")
    if len(kept) > _TELEPHONE_LENGTH:
        raise Refusal("TELP", "the text is no single number and longer than the target holds")
    return kept or None


@converter("EMAIL", inputs=1, reversible=False)
def email(_reference: Reference, _arguments: Mapping[str, object], value: object) -> Value:
    """An e-mail address in lower case, at most 254 characters; placeholders become NULL.

    Refuses text that is not one name, one ``@`` and one host (such as an address that was cut off before it).
    """
    text = given("EMAIL", value)
    if text is None:
        return None
    address = text.lower()
    if len(address) > _EMAIL_LENGTH or not _ADDRESS.fullmatch(address):
        raise Refusal("EMAIL", "the text is not one e-mail address")
    return address


@converter("KODE_POS", inputs=1, reversible=True)
def kode_pos(_reference: Reference, _arguments: Mapping[str, object], value: object) -> Value:
    """A postcode of five digits; placeholders become NULL. Refuses other forms."""
    text = given("KODE_POS", value)
    if text is not None and (len(text) != 5 or not is_digits(text)):
        raise Refusal("KODE_POS", "the postcode is not made of five digits")
    return text


@converter("RT", inputs=1, reversible=True)
def rt(_reference: Reference, _arguments: Mapping[str, object], value: object) -> Value:
    """The neighbourhood number: what stands before ``/`` or ``-`` in ``001/002``, as written, or NULL.

    Refuses other forms than at most three digits on each side.
    """
    return _neighbourhood("RT", value)[0]


@converter("RW", inputs=1, reversible=True)
def rw(_reference: Reference, _arguments: Mapping[str, object], value: object) -> Value:
    """The community number: what stands after ``/`` or ``-`` in ``001/002``, as written, or NULL. Refuses as `RT`."""
    return _neighbourhood("RW", value)[1]


def _neighbourhood(rule: str, value: object) -> tuple[str | None, str | None]:
    text = given(rule, value)
    if text is None:
        return None, None
    first, _, second = (part.strip() for part in text.replace("-", "/").partition("/"))
    if any(part and (len(part) > 3 or not is_digits(part)) for part in (first, second)):
        raise Refusal(rule, "the text is not two numbers of at most three digits")
    return first or None, second or None
