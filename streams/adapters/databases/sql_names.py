"""Names in SQL text: quoted, so that nothing but a name can come of them."""

from collections.abc import Iterable


def quoted(name: str) -> str:
    """The name as an identifier."""
    return '"' + name.replace('"', '""') + '"'


def listed(names: Iterable[str], prefix: str = "") -> str:
    """Several identifiers, with a table's alias before each where one is given."""
    return ", ".join(prefix + quoted(name) for name in names)
