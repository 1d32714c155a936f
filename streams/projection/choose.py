"""Which of a key's source rows speaks for its source: the newest of those that count."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from streams.projection.converters import CONVERTERS, Reference, Refusal
from streams.projection.declaration import DELETED_AT, DIFFER, LIVE_ROWS, Source

SourceRow = Mapping[str, object]
Chosen = Mapping[str, SourceRow]
Chooser = Callable[[Sequence[SourceRow]], SourceRow]
"""The row that speaks among some: one at least."""

Weigh = Callable[[SourceRow], tuple[object, ...]]
DELETED, INACTIVE, LIVE = range(3)


def chooser(source: Source, reference: Reference, pseudo: Collection[str] = ()) -> Chooser:
    """A function that picks one row: live and active before live before deleted (the last deleted first); among
    equals the newest.

    The last criterion is the row's whole content, so that the choice never depends on the order of reading. ``pseudo``:
    what the row chosen is to tell of all rows.
    """
    criteria = tuple(_criterion(order.column, order.rule, reference) for order in source.newest)

    def choose(rows: Sequence[SourceRow]) -> SourceRow:
        if len(rows) == 1:
            return rows[0]
        # One criterion after the other, for the first few decide nearly always: what comes later is hardly ever read.
        rows, highest = _greatest(rows, [standing(source, row) for row in rows])
        if highest == DELETED:
            rows, _ = _greatest(rows, [str(row[DELETED_AT]) for row in rows])
        for criterion in criteria:
            if len(rows) == 1:
                return rows[0]
            rows, _ = _greatest(rows, [criterion(row) for row in rows])
        return rows[0] if len(rows) == 1 else max(rows, key=_content)

    if not pseudo:
        return choose
    alone = {name: 1 if name == LIVE_ROWS else False for name in pseudo}  # one row differs from none
    column, value = source.active or (None, None)

    def choose_and_tell(rows: Sequence[SourceRow]) -> SourceRow:
        row = rows[0]
        if len(rows) == 1 and row[DELETED_AT] is None and (column is None or row[column] == value):
            return {**row, **alone}
        chosen = choose(rows)
        live = [row for row in rows if standing(source, row) == LIVE]
        return {**chosen, **{name: _told(name, live) for name in pseudo}}

    return choose_and_tell


def _greatest(rows: Sequence[SourceRow], weights: Sequence[Any]) -> tuple[Sequence[SourceRow], object]:
    """The rows of the greatest weight, and that weight."""
    greatest = max(weights)
    return [row for row, weight in zip(rows, weights, strict=True) if weight == greatest], greatest


def weigher(source: Source, reference: Reference) -> Weigh:
    """A function that gives a row's weights, compared one after the other: standing, time of deletion, the criteria of
    "newest", the whole content.
    """
    read = _read(source, reference)
    return lambda row: (*read(row), _content(row))


def _read(source: Source, reference: Reference) -> Weigh:
    """The weights but for the content, which is seldom needed and costs the most."""
    criteria = [_criterion(order.column, order.rule, reference) for order in source.newest]

    def weight(row: SourceRow) -> tuple[object, ...]:
        # Of deleted rows the one deleted last speaks: those deleted before it may be tidied away, and whether that has
        # happened must not show when no live row holds the key any more.
        deleted_at = str(row[DELETED_AT] or "")
        return (standing(source, row), deleted_at, *[criterion(row) for criterion in criteria])

    return weight


def standing(source: Source, row: SourceRow) -> int:
    """How much a row counts: ``LIVE``, ``INACTIVE`` or ``DELETED``."""
    if row[DELETED_AT] is not None:
        return DELETED
    active = source.active
    return LIVE if active is None or row[active[0]] == active[1] else INACTIVE


def _content(row: SourceRow) -> str:
    return repr(sorted(row.items()))


def _told(name: str, live: Sequence[SourceRow]) -> object:
    if name == LIVE_ROWS:
        return len(live)
    column = name.removeprefix(DIFFER)
    return len({row[column] for row in live}) > 1


def _criterion(column: str, rule: str | None, reference: Reference) -> Callable[[SourceRow], tuple[bool, object]]:
    convert = CONVERTERS[rule].call if rule else None

    def criterion(row: SourceRow) -> tuple[bool, object]:
        value = row[column]
        if convert is not None:
            try:
                value = convert(reference, {}, value)
            except Refusal:
                value = None
        if value != value:  # noqa: PLR0124 - a float that is no number compares with nothing: the order of reading would decide
            value = None
        return (value is not None, value if value is not None else 0)

    return criterion
