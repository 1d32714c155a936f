"""Names and values in SQL text: quoted, so that nothing but a name or a value can come of them."""

from collections.abc import Collection, Iterable


def quoted(name: str) -> str:
    """The name as an identifier."""
    return '"' + name.replace('"', '""') + '"'


def listed(names: Iterable[str], prefix: str = "") -> str:
    """Several identifiers, with a table's alias before each where one is given."""
    return ", ".join(prefix + quoted(name) for name in names)


def one_of(column: str, values: Collection[str]) -> str:
    """The condition that a column has one of these values, written as texts: for SQL that travels as text."""
    texts = ", ".join("'" + value.replace("'", "''") + "'" for value in sorted(values))
    return f"{quoted(column)} in ({texts})"
