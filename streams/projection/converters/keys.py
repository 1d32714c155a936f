"""Keys: lists of NIBs in one column, prefixes of ids that were cut off, natural keys of several columns."""

import re
from collections.abc import Mapping

from streams.projection.converters.legacy_value import given, storable
from streams.projection.converters.registry import Reference, Refusal, Value, converter

_BETWEEN = re.compile(r"[,;\r\n]")
_ESCAPE = "\\"


@converter("DAFTAR_NIB", inputs=1, reversible=False, many=True)
def daftar_nib(_reference: Reference, _arguments: Mapping[str, object], value: object) -> Value:
    """The items of ``data_nib``, a list with commas (semicolons and line ends are taken too), as a tuple of texts in
    their order: blanks around them dropped, empty ones and repetitions left out. Placeholders give an empty tuple.

    The items are not yet NIBs: each goes through `NIB13` by itself, so that a bad one does not take the others away.
    Refuses only what the target cannot store.
    """
    text = given("DAFTAR_NIB", value)
    if text is None:
        return ()
    items = (item for item in (given("DAFTAR_NIB", part) for part in _BETWEEN.split(text)) if item is not None)
    return tuple(dict.fromkeys(storable("DAFTAR_NIB", item) for item in items))


@converter("AWALAN", inputs=1, reversible=False, required=frozenset({"length"}))
def awalan(_reference: Reference, arguments: Mapping[str, object], value: object) -> Value:
    """The first ``length`` characters of a text without blanks around it: the key by which an id is found again whose
    column elsewhere was too short (``id_proyek``, 23 characters, stored as 21). Shorter text stays whole; a blank where
    it was cut is dropped, as it is from the shorter column.

    Placeholders become NULL. Refuses what the target cannot store, and a mapping without a positive length.
    """
    text = given("AWALAN", value)
    length = arguments.get("length")
    if text is None:
        return None
    if not isinstance(length, int) or length < 1:
        raise Refusal("AWALAN", "the mapping gives no length")
    return storable("AWALAN", text[:length].rstrip())


@converter("GABUNG", inputs=None, reversible=False, parameters=frozenset({"separator"}))
def gabung(_reference: Reference, arguments: Mapping[str, object], part: object, *more: object) -> Value:
    """A natural key of several columns as one text: the parts without blanks around them, ``separator`` (default
    ``|``) between. Missing parts are empty; NULL when all are missing.

    Different parts give different texts: a separator or backslash inside one of several gets a backslash before it.
    Refuses what the target cannot store, and a mapping whose separator is not one character other than a backslash.
    """
    parts = [given("GABUNG", value) for value in (part, *more)]
    if not any(text is not None for text in parts):
        return None
    separator = arguments.get("separator", "|")
    if not isinstance(separator, str) or len(separator) != 1 or separator == _ESCAPE:
        raise Refusal("GABUNG", "the mapping gives no separator of one character")
    if not more:
        return storable("GABUNG", parts[0] or "")
    texts = ((text or "").replace(_ESCAPE, _ESCAPE * 2).replace(separator, _ESCAPE + separator) for text in parts)
    return storable("GABUNG", separator.join(texts))
