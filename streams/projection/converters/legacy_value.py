"""A legacy column value as text: placeholders for "nothing", numbers of numeric columns, what can't be stored."""

from datetime import date
from decimal import Decimal
from math import isfinite

from streams.projection.converters.registry import Refusal

PLACEHOLDERS = frozenset({"", "-", "--", "null", "NULL", "Null", "0000-00-00", "0000-00-00 00:00:00"})
_EXACT_IN_A_DOUBLE = 2**53
_BIGINT = 2**63


def given(rule: str, value: object) -> str | None:
    """The value as text without blanks around it; None when it is missing or a placeholder for "nothing"."""
    if type(value) is str:
        text = value.strip()
        return None if text in PLACEHOLDERS else text
    return None if value is None else given(rule, as_text(rule, value))


def as_text(rule: str, value: object) -> str | None:
    """The value as text without blanks around it; placeholders stay. Whole floats lose their ``.0``.

    Refuses numbers that no legacy column can hold exactly.
    """
    if value is None:
        return None
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int):
        if not -_BIGINT <= value < _BIGINT:
            raise Refusal(rule, "the number is larger than any legacy column holds")
        return str(int(value))
    if isinstance(value, float):
        return _float_text(rule, value)
    if isinstance(value, date | Decimal):
        return str(value)
    raise Refusal(rule, "the value is neither text nor a number")


def _float_text(rule: str, value: float) -> str:
    if not isfinite(value):
        raise Refusal(rule, "the number is not finite")
    if not value.is_integer():
        return repr(value)
    if abs(value) > _EXACT_IN_A_DOUBLE:
        raise Refusal(rule, "the number is too large to be exact in a floating-point column")
    return str(int(value))


def is_digits(text: str) -> bool:
    """Whether the text is made of the digits 0 to 9 alone (``str.isdigit`` also takes superscripts)."""
    return text.isascii() and text.isdigit()


def storable(rule: str, text: str) -> str:
    """The text, unless the target database cannot hold it (a NUL character, half a surrogate pair)."""
    if text.isprintable():
        return text
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise Refusal(rule, "the text holds a character that the target cannot store")
    return text
