"""A captured table, as far as its events must be understood."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class LegacyTable:
    """Name, columns in order and primary key; a table without a key is mirrored as a multiset of contents.

    ``types``: SQL type by column, as the mirror holds it; values of a column without one are not checked.
    """

    name: str
    columns: Sequence[str]
    key: tuple[str, ...]
    types: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_keyless(self) -> bool:
        """Whether rows can be told apart by their content alone."""
        return not self.key
