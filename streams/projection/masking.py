"""Legacy values behind a mask, for messages and key states."""

from itertools import groupby

LONGEST = 40  # characters of a masked value
SHOWN = frozenset(" !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


def _shape(character: str) -> str:
    if character.isnumeric():
        return "9"
    return character if character in SHOWN else "x"


def masked(value: object, *, is_open: bool = False) -> str | None:
    """The value's shape (``99/99/9999``), or the value itself where the column may be shown; 40 characters at most."""
    if value is None:
        return None
    text = str(value)
    if not is_open:
        shape = [(mark, len(list(run))) for mark, run in groupby(_shape(c) for c in text)]
        text = "".join(mark * count if mark != "x" or count <= 3 else f"x{{{count}}}" for mark, count in shape)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
