"""KBLI: business classification codes of the 2017 edition into those of 2020, and what hangs on them."""

import re
from collections.abc import Mapping
from functools import lru_cache

from streams.projection.converters.legacy_value import given, is_digits
from streams.projection.converters.registry import Reference, Refusal, Value, converter

_WORD = re.compile(r"[^\W\d_]+")
_HALF = 0.5


@converter("KBLI", inputs=None, reversible=False, parameters=frozenset({"numeric"}))
def kbli(reference: Reference, arguments: Mapping[str, object], code: object, business: object = None) -> Value:
    """The 2020 code of a 2017 code, always by the conversion table: an equal code may have another meaning.

    Feed it the original only: converting a converted code gives a third, valid and wrong one. Four digits get
    back their lost zero, since the legacy interface typed the code as a number; ``numeric: false`` forbids it
    for text columns that never were one. ``business`` (optional): what the actor wrote about the business.
    Refuses unknown codes, splits (one 2017 code, several of 2020), codes that only a person may convert, and a
    re-used code whose ``business`` describes its 2020 meaning.
    """
    return _convert("KBLI", reference, arguments, code, business)


@converter("KBLI_ASAL", inputs=1, reversible=False, parameters=frozenset({"numeric"}))
def kbli_asal(_reference: Reference, arguments: Mapping[str, object], code: object) -> Value:
    """The original 2017 code, five digits, as it must be kept beside the converted one. Refuses other forms."""
    return _five_digits("KBLI_ASAL", arguments, code)


@converter("RISIKO", inputs=None, reversible=False, parameters=frozenset({"numeric"}))
def risiko(reference: Reference, arguments: Mapping[str, object], code: object, business: object = None) -> Value:
    """Risk class (R, MR, MT, T) of the converted KBLI; NULL when the table does not know it. Takes the original
    2017 code and refuses as `KBLI` does.
    """
    converted = _convert("RISIKO", reference, arguments, code, business)
    return None if converted is None else reference.kbli_risk.get(converted)


def _convert(
    rule: str, reference: Reference, arguments: Mapping[str, object], code: object, business: object
) -> str | None:
    original = _five_digits(rule, arguments, code)
    if original is None:
        return None
    targets = reference.kbli_conversion.get(original)
    if targets is None:
        raise Refusal(rule, "the code is not known in the 2017 edition")
    if not targets:
        raise Refusal(rule, "the code may be converted by a person only")
    if len(targets) > 1:
        raise Refusal(rule, "the code was split: a verifier must choose among several 2020 codes")
    if original in reference.kbli_reused and isinstance(business, str):
        _refuse_new_meaning(rule, reference, original, business)
    return targets[0]


def _five_digits(rule: str, arguments: Mapping[str, object], code: object) -> str | None:
    text = given(rule, code)
    if text is None:
        return None
    if len(text) == 4 and (not isinstance(code, str) or arguments.get("numeric", True)):
        text = "0" + text
    if len(text) != 5 or not is_digits(text):
        raise Refusal(rule, "the code is not made of five digits")
    return text


def _refuse_new_meaning(rule: str, reference: Reference, original: str, business: str) -> None:
    """A text that names the 2020 meaning of a re-used code says that the code was of the 2020 edition already."""
    written = _words(business)
    as_2017 = _share(_words(reference.kbli_reused[original]), written)
    as_2020 = _share(_words(reference.kbli_titles_2020.get(original, "")), written)
    if as_2020 >= _HALF and as_2020 > as_2017:
        raise Refusal(rule, "the description contradicts the 2017 meaning of a code that was used again in 2020")


@lru_cache(1024)
def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


def _share(title: frozenset[str], written: frozenset[str]) -> float:
    return len(title & written) / len(title) if title else 0.0
