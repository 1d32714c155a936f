"""From rows of the target to their keys: an id that is derived from a key can only be met by going over the keys."""

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from streams.projection.key_text import is_key_text
from streams.services.pages import Pages


@dataclass(frozen=True, slots=True)
class Met:
    """Of one table: keys by id; ``unkeyed``: ids that no key gives."""

    table: str
    keys: Mapping[str, str] = field(default_factory=dict)
    unkeyed: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Round:
    """One way over the keys of a table; ``late``: ids that were wanted when it was on its way already."""

    table: str
    wanted: set[str]
    pages: Iterator[Sequence[str]]
    late: set[str] = field(default_factory=set)


class KeySearch:
    """Looks for the keys of wanted ids, a page of keys at a step, so that whoever asks can do other things between."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._rounds: dict[str, _Round] = {}
        self._turns: deque[str] = deque()

    @property
    def is_busy(self) -> bool:
        """Whether something is still looked for."""
        return bool(self._turns)

    def want(self, table: str, ids: Collection[str]) -> Met:
        """Keys of these rows (primary keys as text), as far as they are known at once; the rest is looked for."""
        if table not in self._pages.plan.tables:
            return Met(table)
        if is_key_text(self._pages.plan.compiled(table).declaration):
            return Met(table, {one: one for one in ids})
        if not ids:
            return Met(table)
        if table in self._rounds:
            self._rounds[table].late |= set(ids) - self._rounds[table].wanted
            return Met(table)
        self._begin(table, set(ids))
        return Met(table)

    def step(self) -> Met | None:
        """Go over the next page; None when nothing is looked for."""
        if not self._turns:
            return None
        table = self._turns.popleft()
        going = self._rounds[table]
        page = next(going.pages, None)
        if page is None:
            del self._rounds[table]
            if going.late:
                self._begin(table, going.late)
            return Met(table, unkeyed=frozenset(going.wanted))
        keys = self._met(table, page, going)
        going.wanted -= keys.keys()
        going.late -= keys.keys()
        if going.wanted or going.late:
            self._turns.append(table)
        else:
            del self._rounds[table]
        return Met(table, keys)

    def _begin(self, table: str, wanted: set[str]) -> None:
        self._rounds[table] = _Round(table, wanted, self._pages.of(table))
        self._turns.append(table)

    def _met(self, table: str, page: Sequence[str], going: _Round) -> dict[str, str]:
        compiled = self._pages.plan.compiled(table)
        ids = {str(value): key for key in page if (value := compiled.key_value(key)) is not None}
        return {one: ids[one] for one in ids.keys() & (going.wanted | going.late)}
