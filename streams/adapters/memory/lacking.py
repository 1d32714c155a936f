"""The twin of what the mirror lacks."""

from collections.abc import Collection

from streams.adapters.memory.state import State


class MemoryLacking:
    """Implements the port ``Lacking``."""

    def __init__(self, state: State, keyless: Collection[str]) -> None:
        self._state = state
        self._keyless = keyless

    def columns(self) -> frozenset[tuple[str, str]]:
        """See the port."""
        known = self._state.lacking
        return frozenset(known | {(table, "") for table, _ in known if table in self._keyless})

    def tell(self, columns: Collection[tuple[str, str]]) -> None:
        """See the port."""
        self._state.lacking |= set(columns)
