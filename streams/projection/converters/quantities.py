"""Counts, areas and percentages."""

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from streams.projection.converters.legacy_value import given, is_digits
from streams.projection.converters.registry import Reference, Refusal, Value, converter

_DECIMAL = re.compile(r"\d{1,14}(?:[.,]\d{1,20})?", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}(?:\.\d{3})+,\d{1,20}", re.ASCII)
_HUNDREDTH = Decimal("0.01")
_SQUARE_METRES = {"01": 1, "02": 10_000}
_AREA_DIGITS = 14
_INTEGER_MAX = 2_147_483_647


@converter("INT0", inputs=1, reversible=True)
def int0(_reference: Reference, _arguments: Mapping[str, object], value: object) -> Value:
    """A whole number of at least 0; what is not given counts as 0.

    Refuses anything but digits, and numbers above 2147483647.
    """
    text = given("INT0", value)
    if text is None:
        return 0
    if not is_digits(text) or len(text) > 10 or (number := int(text)) > _INTEGER_MAX:
        raise Refusal("INT0", "the value is not a whole number of the size of an integer")
    return number


@converter("AREA", inputs=2, reversible=False)
def area(reference: Reference, _arguments: Mapping[str, object], value: object, unit: object) -> Value:
    """Square metres, numeric(16,2), from a number and its unit (L17: 01 square metre, 02 hectare, or a label).

    Dot and comma are decimal signs here; with both, the dot groups thousands. Not given: NULL; 0 needs no unit.
    Refuses a number above 0 without a known unit, and what is no number.
    """
    text = given("AREA", value)
    if text is None:
        return None
    number = _decimal("AREA", text)
    if not number:
        return Decimal("0.00")
    symbol = given("AREA", unit)
    if symbol is None:
        raise Refusal("AREA", "the unit of the area is missing")
    code = reference.codes.get("L17", {}).get(symbol.casefold(), symbol)
    factor = _SQUARE_METRES.get(code)
    if factor is None:
        raise Refusal("AREA", "the unit of the area is unknown")
    metres = (number * factor).quantize(_HUNDREDTH, ROUND_HALF_UP)
    if metres.adjusted() >= _AREA_DIGITS:
        raise Refusal("AREA", "the area has more digits than the target holds")
    return metres


@converter("PERSEN", inputs=1, reversible=False)
def persen(_reference: Reference, _arguments: Mapping[str, object], value: object) -> Value:
    """A percentage from 0 to 100, numeric(5,2), with decimal comma or dot, with or without ``%``; placeholders
    become NULL. Refuses what is no number or lies outside.
    """
    return _percent("PERSEN", value)


@converter("TKDN", inputs=1, reversible=False)
def tkdn(_reference: Reference, _arguments: Mapping[str, object], value: object) -> Value:
    """The local content of a product in percent, numeric(5,2), from the interface's ``tkdn`` (DOUBLE) or a text as in
    `PERSEN`. NULL and placeholders become NULL. Refuses what is no number or not from 0 to 100.
    """
    return _percent("TKDN", value)


@converter("KAPASITAS", inputs=1, reversible=False)
def kapasitas(_reference: Reference, _arguments: Mapping[str, object], value: object) -> Value:
    """A capacity, numeric(20,2), from text with a decimal comma or dot: ``1250,5``, and a dot before three digits is a
    decimal sign here (``1.500`` is one and a half); with both signs the dot groups thousands (``1.250,5``).

    Rounded to hundredths. Placeholders become NULL. Refuses negative numbers, units and other text.
    """
    text = given("KAPASITAS", value)
    return None if text is None else _decimal("KAPASITAS", text).quantize(_HUNDREDTH, ROUND_HALF_UP)


def _percent(rule: str, value: object) -> Decimal | None:
    text = given(rule, value)
    if text is None:
        return None
    percent = _decimal(rule, text.removesuffix("%").rstrip()).quantize(_HUNDREDTH, ROUND_HALF_UP)
    if percent > 100:
        raise Refusal(rule, "the percentage is above 100")
    return percent


def _decimal(rule: str, text: str) -> Decimal:
    if _DECIMAL.fullmatch(text):
        return Decimal(text.replace(",", "."))
    if _GROUPED.fullmatch(text) and len(text) <= 30:
        return Decimal(text.replace(".", "").replace(",", "."))
    raise Refusal(rule, "the value is not a number of at least 0 in a known form")
