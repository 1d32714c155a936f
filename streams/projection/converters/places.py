"""Sites of projects: coordinates, industrial estates, extent."""

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from streams.projection.converters.codes import listed
from streams.projection.converters.legacy_value import given
from streams.projection.converters.registry import Reference, Refusal, Value, converter

_COMMA = re.compile(r"([+-]?\d{1,3}(?:\.\d{1,20})?)\s*[,;]\s*([+-]?\d{1,3}(?:\.\d{1,20})?)", re.ASCII)
_BLANK = re.compile(r"([+-]?\d{1,3}(?:[.,]\d{1,20})?)(?:\s*;\s*|\s+)([+-]?\d{1,3}(?:[.,]\d{1,20})?)", re.ASCII)
_SOUTH, _NORTH = Decimal("-11.5"), Decimal("6.5")
_WEST, _EAST = Decimal("94.5"), Decimal("141.5")
_POLE = 90
_MICRODEGREE = Decimal("0.000001")
_INSIDE, _OUTSIDE = "01", "02"


@converter("LINTANG", inputs=1, reversible=False)
def lintang(_reference: Reference, _arguments: Mapping[str, object], value: object) -> Value:
    """The latitude, degrees, numeric(9,6), from the interface's ``lat_lng``: two numbers with a comma, semicolon or
    blanks between (``-6.2,106.8``; with a blank or semicolon decimal commas too). When the first is beyond the pole,
    the two were swapped and are taken so. Placeholders become NULL.

    Refuses other forms, several points, 0,0, and places outside Indonesia (-11.5 to 6.5 and 94.5 to 141.5 degrees).
    """
    return _point("LINTANG", value)[0]


@converter("BUJUR", inputs=1, reversible=False)
def bujur(_reference: Reference, _arguments: Mapping[str, object], value: object) -> Value:
    """The longitude, degrees, numeric(9,6), from the interface's ``lat_lng``. Accepts and refuses as `LINTANG`."""
    return _point("BUJUR", value)[1]


def _point(rule: str, value: object) -> tuple[Decimal, Decimal] | tuple[None, None]:
    text = given(rule, value)
    if text is None:
        return None, None
    found = _place(text)
    if isinstance(found, str):
        raise Refusal(rule, found)
    return found


@lru_cache(4096)
def _place(text: str) -> tuple[Decimal, Decimal] | str:
    """Latitude and longitude, or the reason why there are none."""
    found = _COMMA.fullmatch(text) or _BLANK.fullmatch(text)
    if found is None:
        return "the text is not two numbers in degrees"
    first, second = (Decimal(part.replace(",", ".")) for part in found.groups())
    if not first and not second:
        return "the place is 0,0"
    latitude, longitude = (second, first) if abs(first) > _POLE else (first, second)
    if not (_SOUTH <= latitude <= _NORTH and _WEST <= longitude <= _EAST):
        return "the place lies outside Indonesia"
    return latitude.quantize(_MICRODEGREE, ROUND_HALF_UP), longitude.quantize(_MICRODEGREE, ROUND_HALF_UP)


@converter("DALAM_KAWASAN", inputs=None, reversible=False)
def dalam_kawasan(reference: Reference, _arguments: Mapping[str, object], kind: object, estate: object = None) -> Value:
    """Whether a site lies inside an estate, from ``jenis_kawasan`` and, optionally, the estate's code ``kd_kawasan``.

    Two lists stand behind the one name. In a location the interface means L16 (01 inside, 02 outside), and so it is
    read. The kinds of L21 (01 KI, 02 KEK, 03 FTZ) are taken only where L16 can't be meant: 03, a label of L21, or 02
    beside the code of an estate, since nobody outside has one. A code of zeros is none. Nothing said: true beside the
    code of an estate, else NULL. Refuses what neither list holds.
    """
    return _estate("DALAM_KAWASAN", reference, kind, estate)[0]


@converter("JENIS_KAWASAN", inputs=None, reversible=False)
def jenis_kawasan(reference: Reference, _arguments: Mapping[str, object], kind: object, estate: object = None) -> Value:
    """The kind of estate (L21: 01 KI, 02 KEK, 03 FTZ) for the inputs of `DALAM_KAWASAN`, read as told there.

    NULL outside, and inside where only L16 spoke: its 01 says "inside" and not "KI". Refuses what neither list holds.
    """
    return _estate("JENIS_KAWASAN", reference, kind, estate)[1]


def _estate(rule: str, reference: Reference, kind: object, estate: object) -> tuple[bool | None, str | None]:
    """Whether inside, and the kind of estate where it is known."""
    code, text = given(rule, estate), given(rule, kind)
    has_code = bool(code and code.strip("0"))
    if text is None:
        return (True, None) if has_code else (None, None)
    try:
        place = listed(rule, reference, "L16", text)
    except Refusal:
        return True, listed(rule, reference, "L21", text)
    if place == _OUTSIDE and has_code:
        return True, listed(rule, reference, "L21", _OUTSIDE)
    return place == _INSIDE, None


@converter("LINTAS_WILAYAH", inputs=1, reversible=False)
def lintas_wilayah(reference: Reference, _arguments: Mapping[str, object], value: object) -> Value:
    """Whether a site extends over several regions, from ``jenis_lokasi``: 01 or Y it does, 02 or N it does not (list
    ``JENIS_LOKASI``; the interface writes the same field both ways). Placeholders become NULL. Refuses the rest.
    """
    text = given("LINTAS_WILAYAH", value)
    return None if text is None else listed("LINTAS_WILAYAH", reference, "JENIS_LOKASI", text) == "01"
