"""What is worth a person's look without being wrong enough to refuse: rules that say why, or nothing.

A reason never holds the value itself: it is shown and kept, and values may be personal data. What such a rule can't
read it refuses, which here means that it finds nothing: the column's own rule tells that fault.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from streams.projection.converters.dates import read_date
from streams.projection.converters.identifiers import npwp16
from streams.projection.converters.legacy_value import given, is_digits
from streams.projection.converters.money import amount
from streams.projection.converters.quantities import persen
from streams.projection.converters.registry import Reference, Refusal, Value, converter
from streams.projection.converters.text import clean, is_clean

_OVERFLOWED = frozenset({"2147483647", "-2147483648", "9" * 15})
_CONTINUED = "[\u0080-\u00bf\u20ac\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u017d\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u017e\u0178]"  # noqa: E501
_MISREAD = re.compile(f"\ufffd|[\u00c2-\u00df]{_CONTINUED}|[\u00e0-\u00ef]{_CONTINUED}{{2}}")
_LARGEST = 10**18
_ZERO = Decimal(0)


@converter("LEBIH_DARI", inputs=1, reversible=False, required=frozenset({"batas"}))
def lebih_dari(_reference: Reference, arguments: Mapping[str, object], value: object) -> Value:
    """A finding when a whole number, such as ``SOURCE._rows``, is above ``batas``. Nothing given: nothing found.

    Refuses what is no whole number, and a mapping without ``batas``.
    """
    text = given("LEBIH_DARI", value)
    if text is None:
        return None
    limit = arguments.get("batas")
    if not isinstance(limit, int) or not is_digits(text) or len(text) > len(str(_LARGEST)):
        raise Refusal("LEBIH_DARI", "the value or the limit is not a whole number of at least 0")
    return f"there are {int(text)} where at most {limit} are expected" if int(text) > limit else None


@converter("BERLAINAN", inputs=1, reversible=False)
def berlainan(_reference: Reference, _arguments: Mapping[str, object], differ: object) -> Value:
    """A finding when ``SOURCE._differ.COLUMN`` says that the live rows of the key hold different values. Refuses
    nothing.
    """
    return "the live rows differ in it" if differ is True else None


@converter("BERBEDA", inputs=2, reversible=False)
def berbeda(_reference: Reference, _arguments: Mapping[str, object], one: object, other: object) -> Value:
    """A finding when two values are both given and differ as texts, cleaned as by `TXT`, in any case. Refuses as `TXT`
    does.
    """
    first, second = given("BERBEDA", one), given("BERBEDA", other)
    if first is None or second is None:
        return None
    one, other = (text if is_clean(text) else clean(text, "BERBEDA") for text in (first, second))
    return None if one.casefold() == other.casefold() else "two sources do not say the same"


@converter("NPWP_BERBEDA", inputs=2, reversible=False)
def npwp_berbeda(reference: Reference, _arguments: Mapping[str, object], one: object, other: object) -> Value:
    """A finding when two tax numbers are both given and are not the same to `NPWP16`. A NIK beside a number of the old
    form is none: a person has both. Refuses as `NPWP16` does.
    """
    first, second = (_as("NPWP_BERBEDA", npwp16, reference, value) for value in (one, other))
    if not isinstance(first, str) or not isinstance(second, str) or first == second:
        return None
    return "two sources give different tax numbers" if (first[0] == "0") == (second[0] == "0") else None


@converter("JUMLAH_BEDA", inputs=None, reversible=False, parameters=frozenset({"toleransi"}))
def jumlah_beda(
    _reference: Reference, arguments: Mapping[str, object], total: object, part: object, *more: object
) -> Value:
    """A finding when a total differs from the sum of its parts by more than ``toleransi`` rupiah (default 1). What is
    not given counts as 0; nothing given at all: nothing found. Refuses amounts as `UANG` does.
    """
    texts = [given("JUMLAH_BEDA", value) for value in (total, part, *more)]
    if not any(texts):
        return None
    whole, *parts = [amount(text, "JUMLAH_BEDA") if text else _ZERO for text in texts]
    tolerance = _tolerance(arguments)
    return "the total differs from the sum of its parts" if abs(whole - sum(parts)) > tolerance else None


@converter("MELEBIHI", inputs=2, reversible=False)
def melebihi(_reference: Reference, _arguments: Mapping[str, object], value: object, limit: object) -> Value:
    """A finding when an amount is above another that bounds it (paid-up capital above the authorised). A bound that is
    not given, or 0 (the legacy's default), bounds nothing. Refuses amounts as `UANG` does.
    """
    bound = _rupiah("MELEBIHI", given("MELEBIHI", limit))
    if not bound or _rupiah("MELEBIHI", given("MELEBIHI", value)) <= bound:
        return None
    return "the amount is above the one that bounds it"


@converter("BAGIAN_BEDA", inputs=3, reversible=False, parameters=frozenset({"toleransi"}))
def bagian_beda(
    reference: Reference, arguments: Mapping[str, object], percent: object, part: object, rest: object
) -> Value:
    """A finding when a percentage differs from ``part`` of ``part`` and ``rest`` by more than ``toleransi`` points
    (default 1). No percentage, or no amounts: nothing found. Refuses what `PERSEN` and `UANG` refuse.
    """
    said = _as("BAGIAN_BEDA", persen, reference, percent)
    share = _rupiah("BAGIAN_BEDA", given("BAGIAN_BEDA", part))
    whole = share + _rupiah("BAGIAN_BEDA", given("BAGIAN_BEDA", rest))
    if not isinstance(said, Decimal) or not whole:
        return None
    off = abs(said - 100 * share / whole) > _tolerance(arguments)
    return "the percentage differs from what the amounts say" if off else None


@converter("URUTAN_TANGGAL", inputs=2, reversible=False)
def urutan_tanggal(_reference: Reference, _arguments: Mapping[str, object], first: object, second: object) -> Value:
    """A finding when the second of two dates lies before the first (valid until, issued). One of them missing: nothing
    found. Refuses dates as `TGL` does.
    """
    texts = [given("URUTAN_TANGGAL", first), given("URUTAN_TANGGAL", second)]
    earlier, later = (None if text is None else read_date(text, "URUTAN_TANGGAL") for text in texts)
    if earlier is None or later is None or later >= earlier:
        return None
    return "the second date lies before the first"


@converter("MUNGKIN_TERPOTONG", inputs=1, reversible=False, required=frozenset({"panjang"}))
def mungkin_terpotong(_reference: Reference, arguments: Mapping[str, object], value: object) -> Value:
    """A finding when a text is exactly as long as its legacy column, ``panjang`` characters: what did not fit was cut
    off without a word. Refuses numbers that no column holds.
    """
    length = len(value) if isinstance(value, str) else len(given("MUNGKIN_TERPOTONG", value) or "")
    if not length or length != arguments.get("panjang"):
        return None
    return f"the text fills its column of {length} characters: it is probably cut off"


@converter("TEKS_RUSAK", inputs=None, reversible=False)
def teks_rusak(_reference: Reference, _arguments: Mapping[str, object], value: object, *more: object) -> Value:
    """A finding when one of the texts holds bytes of UTF-8 that were read as latin1 or windows-1252 (a dash becomes
    three signs), or the mark of unreadable bytes. Refuses nothing.
    """
    rotten = any(isinstance(text, str) and not text.isascii() and _MISREAD.search(text) for text in (value, *more))
    return "the text was read in the wrong character set" if rotten else None


@converter("NILAI_LUAPAN", inputs=1, reversible=False)
def nilai_luapan(_reference: Reference, _arguments: Mapping[str, object], value: object) -> Value:
    """A finding when a number is the mark of an overflowed column: 2147483647, -2147483648, or fifteen nines. Refuses
    numbers that no column holds.
    """
    found = given("NILAI_LUAPAN", value) in _OVERFLOWED
    return "the number is the mark of an overflowed column" if found else None


@converter("NILAI_TERTENTU", inputs=1, reversible=False, required=frozenset({"antara"}))
def nilai_tertentu(_reference: Reference, arguments: Mapping[str, object], value: object) -> Value:
    """A finding when a code is one of the list ``antara``: codes that are right, but leave a question open. Refuses
    numbers that no column holds.
    """
    among = arguments.get("antara")
    text = given("NILAI_TERTENTU", value)
    found = text is not None and isinstance(among, list | tuple) and text in among
    return "the code leaves a question open that a person must answer" if found else None


def _rupiah(rule: str, text: str | None) -> Decimal:
    return amount(text, rule) if text else _ZERO


def _tolerance(arguments: Mapping[str, object]) -> int:
    tolerance = arguments.get("toleransi", 1)
    return tolerance if isinstance(tolerance, int) else 1


def _as(rule: str, call: Callable[..., Value], reference: Reference, value: object) -> Value:
    """What another rule makes of the value; its refusal in the name of ``rule``."""
    try:
        return call(reference, {}, value)
    except Refusal as refusal:
        raise Refusal(rule, refusal.reason) from None
