"""A captured table, as far as its events must be understood."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LegacyTable:
    """Name, columns in order and primary key; a table without a key is mirrored as a multiset of contents."""

    name: str
    columns: Sequence[str]
    key: tuple[str, ...]

    @property
    def is_keyless(self) -> bool:
        """Whether rows can be told apart by their content alone."""
        return not self.key
