"""Region codes of the home ministry."""

from collections.abc import Mapping
from functools import lru_cache

from streams.projection.converters.legacy_value import given, is_digits
from streams.projection.converters.registry import Reference, Refusal, Value, converter


@converter("WIL", inputs=1, reversible=False)
def wil(reference: Reference, _arguments: Mapping[str, object], value: object) -> Value:
    """The dotted code in force from the legacy's ten digits: ``3201000000`` -> ``32.01``, ``9271000000`` ->
    ``92.71`` -> its successor ``96.71``. The successor is followed once. Placeholders become NULL.

    Refuses other forms and codes that the region list does not hold (statistics-office codes are no regions).
    """
    text = given("WIL", value)
    if text is None:
        return None
    code = _dotted("WIL", text)
    try:
        return reference.regions[code] or code
    except KeyError:
        raise Refusal("WIL", "the region is not in the list") from None


@converter("WILAYAH_ASAL", inputs=1, reversible=True)
def wilayah_asal(_reference: Reference, _arguments: Mapping[str, object], value: object) -> Value:
    """The legacy's ten digits as they are, to be kept beside the code in force (interface field ``*_daerah_id``).

    Any ten digits pass, so that the original survives where `WIL` refuses it. Placeholders become NULL. Refuses
    other forms.
    """
    text = given("WILAYAH_ASAL", value)
    if text is not None:
        _dotted("WILAYAH_ASAL", text)
    return text


@lru_cache(16384)
def _dotted(rule: str, text: str) -> str:
    if len(text) != 10 or not is_digits(text):
        raise Refusal(rule, "the region code is not made of ten digits")
    levels = [text[:2], text[2:4], text[4:6], text[6:]]
    while len(levels) > 1 and not levels[-1].strip("0"):
        levels.pop()
    return ".".join(levels)
