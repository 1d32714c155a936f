"""Text: copies, placeholders, cleaning."""

import html
import re
from collections.abc import Mapping

from streams.projection.converters.legacy_value import PLACEHOLDERS, as_text, storable
from streams.projection.converters.registry import Reference, Refusal, Value, converter

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_BREAK = re.compile(r"<\s?/?\s?br\s?/?\s?>", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NUMBER_WORD = re.compile(r"no(?:mor|mer)?(?:\s*[.:]\s*|\s+|(?=\d))", re.IGNORECASE)
_PASSES = 8


@converter("COPY", inputs=1, reversible=True, parameters=frozenset({"length"}))
def copy(_reference: Reference, arguments: Mapping[str, object], value: object) -> Value:
    """The value as it is: text stays text (blanks and all), a number stays a number.

    ``length``: refuse text of any other length. Refuses what the target cannot store.
    """
    if not isinstance(value, str):
        if value is None or (isinstance(value, int) and as_text("COPY", value)):
            return value
        return as_text("COPY", value)
    if "length" in arguments and len(value) != arguments["length"]:
        raise Refusal("COPY", "the text has not the length that is prescribed")
    return storable("COPY", value)


@converter("NULL0", inputs=1, reversible=True)
def null0(_reference: Reference, _arguments: Mapping[str, object], value: object) -> Value:
    """Text without blanks around it; ``''``, ``-``, ``--``, ``null`` and the zero dates become NULL.

    Refuses only what the target cannot store.
    """
    text = as_text("NULL0", value)
    return None if text is None or text in PLACEHOLDERS else storable("NULL0", text)


@converter("TXT", inputs=1, reversible=True, parameters=frozenset({"max_length"}))
def txt(_reference: Reference, arguments: Mapping[str, object], value: object) -> Value:
    """Clean text: trimmed, runs of blanks collapsed, line feeds and ``<br>`` become a blank, ``&amp;`` and its
    kind decoded (only with their semicolon: "M&GT" is a name). Case stays. What is left blank, or a placeholder
    as in `NULL0`, becomes NULL.

    ``max_length``: cut there. Refuses text that was escaped over and over. Cleaning clean text changes nothing.
    """
    text = value if isinstance(value, str) else as_text("TXT", value)
    if text is None:
        return None
    if not is_clean(text):
        text = clean(text)
    if "max_length" in arguments and isinstance(limit := arguments["max_length"], int):
        text = text[:limit].rstrip()
    return None if text in PLACEHOLDERS else text


@converter("NOMOR_AKTA", inputs=1, reversible=False)
def nomor_akta(_reference: Reference, _arguments: Mapping[str, object], value: object) -> Value:
    """The number of a deed or of its approval (interface field ``no_legal``), written one way: cleaned as by `TXT`, a
    leading ``No.``, ``No``, ``Nomor`` or ``Nomor:`` taken away, and all blanks, so that the same deed sent again has
    the same number. Case stays. What is left blank becomes NULL. Cleaning a clean number changes nothing.

    Refuses only what `TXT` refuses.
    """
    text = as_text("NOMOR_AKTA", value)
    if text is None:
        return None
    number = _bare_number(text)
    while number != text:  # taking blanks away can leave another leading word or entity
        text, number = number, _bare_number(number)
    return None if number in PLACEHOLDERS else number


def _bare_number(text: str) -> str:
    number = clean(text, "NOMOR_AKTA")
    while found := _NUMBER_WORD.match(number):
        number = number[found.end() :]
    return number.replace(" ", "")


def is_clean(text: str) -> bool:
    """Whether `clean` would surely give the text back as it is; of some it does without this saying so."""
    return (
        text.isprintable()
        and "  " not in text
        and "&" not in text
        and "<" not in text
        and text[:1] != " "
        and text[-1:] != " "
    )


def clean(text: str, rule: str = "TXT") -> str:
    """Decode, strip and collapse until nothing changes any more: ``&amp;lt;br&amp;gt;`` is seen in the wild."""
    for _ in range(_PASSES):
        decoded = _ENTITY.sub(lambda match: html.unescape(match.group()), text)
        cleaned = " ".join(_CONTROL.sub(" ", _BREAK.sub(" ", decoded)).split())
        if cleaned == text:
            return storable(rule, cleaned)
        text = cleaned
    raise Refusal(rule, "the text was escaped too many times over")
