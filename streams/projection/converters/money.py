"""Money in rupiah, as the legacy's CHAR(15), INT and DOUBLE columns hold it, and what follows from it."""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from streams.projection.converters.legacy_value import given, is_digits
from streams.projection.converters.registry import Reference, Refusal, Value, converter

_GROUPED = re.compile(r"(\d{1,3}(?:\.\d{3})+|\d+)(?:,(\d{1,2}|-))?", re.ASCII)
_DECIMAL_DOT = re.compile(r"\d+\.(?:\d{1,2}|\d{4,6})", re.ASCII)
_SCIENTIFIC = re.compile(r"(\d+(?:[.,]\d+)?)[eE]\+?(\d{1,2})", re.ASCII)
_CURRENCY = re.compile(r"(?:rp\.?|idr)\s*", re.IGNORECASE)
_CENT = Decimal("0.01")
_RUPIAH = Decimal(1)
_OVERFLOW_MARKS = frozenset({Decimal(999_999_999_999_999), Decimal(2_147_483_647)})
_OVERFLOW = "the amount is the mark of an overflowed column"
_DIGITS = 18
_MILLION = 1_000_000
_SCALES = ((1_000 * _MILLION, "01"), (5_000 * _MILLION, "02"), (10_000 * _MILLION, "03"))
_MICRO_ACTOR = "13"


@converter("UANG", inputs=1, reversible=False)
def uang(_reference: Reference, _arguments: Mapping[str, object], value: object) -> Value:
    """An amount, numeric(20,2), from ``1500000000``, ``1.500.000.000``, ``Rp 1.500.000.000,00``, ``1500000,-``,
    ``1500000.50`` or ``1.5E+9``; a dot before exactly three digits is a thousands sign. Placeholders become NULL.

    Refuses negative amounts, fractions of a cent, groups that are not of three digits (text that was cut off)
    and the marks of a full column: fifteen nines and 2147483647.
    """
    text = given("UANG", value)
    return None if text is None else amount(text)


@converter("UANG0", inputs=1, reversible=False)
def uang0(_reference: Reference, _arguments: Mapping[str, object], value: object) -> Value:
    """As `UANG`, but what is not given counts as 0: for columns that must hold an amount."""
    return amount(given("UANG0", value) or "0", "UANG0")


@converter("NOMINAL", inputs=1, reversible=False)
def nominal(_reference: Reference, _arguments: Mapping[str, object], value: object) -> Value:
    """A state fee (PNBP) in whole rupiah, numeric(20,0), in the forms of `UANG`. Placeholders become NULL.

    Refuses as `UANG` does, and cents: a fee has none.
    """
    text = given("NOMINAL", value)
    if text is None:
        return None
    rupiah = amount(text, "NOMINAL")
    whole = rupiah.quantize(_RUPIAH)
    if whole != rupiah:
        raise Refusal("NOMINAL", "a fee in rupiah has no cents")
    return whole


def amount(text: str, rule: str = "UANG") -> Decimal:
    """The amount that the text tells, with two decimals; raises the refusal in the name of ``rule``."""
    found = _amount(text)
    if isinstance(found, str):
        raise Refusal(rule, found)
    return found


@lru_cache(16384)
def _amount(text: str) -> Decimal | str:
    """The amount, or the reason why there is none."""
    bare = _CURRENCY.sub("", text, count=1) if text[0] in "RrIi" else text
    if bare[:1] == "-":
        return "the amount is negative"
    if is_digits(bare) and len(bare) <= _DIGITS:
        # Nearly every amount: whole rupiah of a size that fits, so that only the marks are left to be looked for.
        rupiah = Decimal(f"{bare}.00")
        return _OVERFLOW if rupiah in _OVERFLOW_MARKS else rupiah
    number = Decimal(bare) if is_digits(bare) else _number(bare)
    if number is None:
        return "the amount is not written in a known form"
    if number in _OVERFLOW_MARKS:
        return _OVERFLOW
    if number.adjusted() >= _DIGITS:
        return "the amount has more digits than the target holds"
    cents = number.quantize(_CENT)
    return cents if cents == number else "the amount has fractions of a cent"


def _number(text: str) -> Decimal | None:
    if found := _GROUPED.fullmatch(text):
        whole, cents = found.groups()
        return Decimal(f"{whole.replace('.', '')}.{cents if cents and cents != '-' else '0'}")
    if _DECIMAL_DOT.fullmatch(text):
        return Decimal(text)
    if found := _SCIENTIFIC.fullmatch(text):
        mantissa, exponent = found.groups()
        return Decimal(f"{mantissa.replace(',', '.')}E{exponent}")
    return None


@converter("SKALA", inputs=2, reversible=False)
def skala(_reference: Reference, _arguments: Mapping[str, object], capital: object, actor: object) -> Value:
    """Scale of a business (L31) from its capital and the legacy type of actor (L18): type 13 is micro, else by
    PP 7/2021 art. 35: up to Rp 1 billion 01, up to 5 billion 02, up to 10 billion 03, above 04.

    Capital that is not given or 0 (the legacy's default) tells nothing: NULL. Refuses capital as `UANG` does.
    """
    if given("SKALA", actor) == _MICRO_ACTOR:
        return "01"
    text = given("SKALA", capital)
    rupiah = amount(text, "SKALA") if text else 0
    if not rupiah:
        return None
    return next((scale for limit, scale in _SCALES if rupiah <= limit), "04")
