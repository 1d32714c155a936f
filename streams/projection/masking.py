"""Legacy values behind a mask, for messages and key states."""

from itertools import groupby

LONGEST = 40  # characters of a masked value
SHOWN = frozenset(" !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


def _shape(character: str) -> str:
    if character.isnumeric():
        return "#"
    return character if character in SHOWN else "x"


def _may_be_shown(text: str) -> bool:
    """People type names and numbers into fields for codes, dates and amounts as well: those are refused, and so shown.

    So even there a value is shown only if it can be neither: three letters at most, ten digits at most, and no
    telephone number.
    """
    digits = "".join(character for character in text if character.isnumeric())
    letters = sum(character not in SHOWN and not character.isnumeric() for character in text)
    return letters <= 3 and len(digits) <= 10 and not (len(digits) >= 9 and digits.startswith(("0", "62")))


def masked(value: object, *, is_open: bool = False) -> str | None:
    """The value's shape (``##/##/####``), or the value itself where it may be shown; 40 characters at most."""
    if value is None:
        return None
    text = str(value)
    if not (is_open and _may_be_shown(text)):
        shape = [(mark, len(list(run))) for mark, run in groupby(_shape(c) for c in text)]
        text = "".join(mark * count if mark != "x" or count <= 3 else f"x{{{count}}}" for mark, count in shape)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
