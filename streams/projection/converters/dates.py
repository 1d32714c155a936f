"""Dates and times that the legacy keeps as text."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache

from streams.projection.converters.legacy_value import given, is_digits
from streams.projection.converters.registry import Reference, Refusal, Value, converter

WIB = timezone(timedelta(hours=7), "WIB")
FIRST_YEAR = 1945
LAST_YEAR = 2100
_CUT_OFF = re.compile(r"\d{4}[-/]\d{2}[-/]?|\d{2}[-/]\d{2}[-/]\d{2}", re.ASCII)


@converter("TGL", inputs=1, reversible=False, parameters=frozenset({"max_year"}))
def tgl(_reference: Reference, arguments: Mapping[str, object], value: object) -> Value:
    """A date from ``YYYY-MM-DD``, ``dd/mm/yyyy``, ``dd-mm-yyyy`` or ``YYYYMMDD``; placeholders become NULL.

    Also takes the ``YYYY-MM-DDZ`` that change capture makes of a DATE column. ``max_year`` (default 2100) is
    fixed by the mapping and never "today". Refuses other forms, days that do not exist, years before 1945 or
    after ``max_year``.
    """
    text = given("TGL", value)
    return None if text is None else read_date(text, "TGL", arguments.get("max_year", LAST_YEAR))


@converter("TGL_DOKUMEN", inputs=1, reversible=False, parameters=frozenset({"max_year"}))
def tgl_dokumen(_reference: Reference, arguments: Mapping[str, object], value: object) -> Value:
    """A date from ``YYYYMMDD``, the form of the interface's ``tgl_dokumen`` (a column of eight characters); eight
    zeros and placeholders become NULL. ``max_year`` as in `TGL`.

    Refuses a longer form that was cut off at eight characters (``2019-03-``, ``04/03/20``): its day or its century
    is gone. Refuses other forms, days and years as `TGL` does.
    """
    text = given("TGL_DOKUMEN", value)
    if text is None or text == "00000000":
        return None
    if _CUT_OFF.fullmatch(text):
        raise Refusal("TGL_DOKUMEN", "the date was cut off at eight characters")
    if len(text) != 8:
        raise Refusal("TGL_DOKUMEN", "the date is not made of eight digits")
    return read_date(text, "TGL_DOKUMEN", arguments.get("max_year", LAST_YEAR))


def read_date(text: str, rule: str, max_year: object = LAST_YEAR) -> date:
    """The day that the text tells; raises the refusal in the name of ``rule``."""
    found = _day(text, max_year)
    if isinstance(found, str):
        raise Refusal(rule, found)
    return found


@lru_cache(16384)
def _day(text: str, max_year: int) -> date | str:
    """The date, or why it is none."""
    if text[4:5] == text[7:8] == "-" and len(text) == 10:
        try:
            found = date.fromisoformat(text)
        except ValueError:
            pass  # why is told below
        else:
            if FIRST_YEAR <= found.year <= max_year:
                return found
    parts = _year_month_day(text)
    if parts is None or not all(map(is_digits, parts)):
        return "the date is not written in a known form"
    year, month, day = map(int, parts)
    if not FIRST_YEAR <= year <= max_year:
        return "the year is out of bounds"
    try:
        return date(year, month, day)
    except ValueError:
        return "the calendar has no such day"


def _year_month_day(text: str) -> tuple[str, str, str] | None:
    if len(text) == 11 and text[10] == "Z":
        text = text[:10]
    if len(text) == 10 and text[4] == text[7] == "-":
        return text[:4], text[5:7], text[8:]
    if len(text) == 10 and text[2] == text[5] and text[2] in "/-":
        return text[6:], text[3:5], text[:2]
    if len(text) == 8:
        return text[:4], text[4:6], text[6:]
    return None


@converter("WAKTU", inputs=1, reversible=False)
def waktu(_reference: Reference, _arguments: Mapping[str, object], value: object) -> Value:
    """A point in time (+07:00) from local western Indonesian text ``YYYY-MM-DD HH:MM[:SS[.ffffff]]`` (or ``T``);
    a date alone is its midnight. Placeholders become NULL.

    A ``Z`` at the end is the false one that change capture puts behind a column without time zone: it is dropped,
    not obeyed. Refuses other forms, other zones and years before 1945 or after 2100.
    """
    text = given("WAKTU", value)
    if text is None:
        return None
    found = _time(text)
    if isinstance(found, str):
        raise Refusal("WAKTU", found)
    return found


def read_time(text: str, rule: str) -> datetime:
    """The time that the text tells; raises the refusal in the name of ``rule``."""
    found = _time(text)
    if isinstance(found, str):
        raise Refusal(rule, found)
    return found


@lru_cache(16384)
def _time(text: str) -> datetime | str:
    """The time, or why it is none. A key and the columns made of it tell the same time, one after the other."""
    local = text.removesuffix("Z")
    if len(local) == 10:
        local += "T00:00"
    if len(local) < 16 or local[4] != "-" or local[7] != "-" or local[10] not in " T" or local[13] != ":":
        return "the time is not written in a known form"
    try:
        moment = datetime.fromisoformat(local)
    except ValueError:
        return "the time is not written in a known form"
    if moment.tzinfo is not None and moment.utcoffset() != WIB.utcoffset(None):
        return "the time is given in another zone"
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        return "the year is out of bounds"
    return datetime.combine(moment, moment.time(), WIB)  # many times faster than replace
