"""Whether two values that differ are the same but for their form: what hints at a type or rounding error."""

from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

_MOST_ROUNDED = Decimal(1)  # rounding takes less than one whole unit away
_ZONES = frozenset(timedelta(minutes=15 * quarters) for quarters in range(-14 * 4, 14 * 4 + 1) if quarters)


def likeness(expected: object, found: object) -> str:
    """ "rounding", "time zone", "trailing blank", "case" or "type"; '' where the values have nothing in common.

    Equal values have no likeness: they do not differ.
    """
    if expected is None or found is None or expected == found:
        return ""
    if isinstance(expected, datetime) and isinstance(found, datetime):
        return "time zone" if _shifted(expected, found) else ""
    if isinstance(expected, date) or isinstance(found, date):
        return "type" if str(expected) == str(found) else ""
    if not isinstance(expected, bool) and not isinstance(found, bool):
        one, other = _number(expected), _number(found)
        if one is not None and other is not None:
            return _of_numbers(one, other, texts=isinstance(expected, str) and isinstance(found, str))
    return _of_texts(str(expected), str(found), typed=type(expected) is not type(found))


def _shifted(one: datetime, other: datetime) -> bool:
    if (one.tzinfo is None) != (other.tzinfo is None):
        one, other = one.replace(tzinfo=None), other.replace(tzinfo=None)
    return one - other in _ZONES


def _number(value: object) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _of_numbers(one: Decimal, other: Decimal, *, texts: bool) -> str:
    if one == other:
        return "type"
    if texts:
        return ""  # numbers in texts are codes and identifiers: one digit less is another code
    return "rounding" if abs(one - other) < _MOST_ROUNDED else ""


def _of_texts(one: str, other: str, *, typed: bool) -> str:
    if one == other:
        return "type" if typed else ""
    if one.strip() == other.strip():
        return "trailing blank"
    if one.casefold() == other.casefold():
        return "case"
    return ""
