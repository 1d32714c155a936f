"""What a repair would do: everything is computed and rolled back, nothing is read again, the ledger stays as it is."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from streams.drift.difference import ROW, WHOLE_TABLE, Check, Kind
from streams.services.computed import Sample
from streams.services.repair import MOST_AT_ONCE, RepairParts, invented, mirror_first, obstacle
from streams.services.repair_choice import Place, RepairRequest, choose
from streams.services.settle import Settled

Columns = Mapping[str, tuple[str | None, str | None]]
"""By column: the value that is there, and the one that would be, masked; None: NULL, or no row."""


@dataclass(frozen=True, slots=True)
class Foresight:
    """Of one entry. ``does``: what would happen to its row."""

    entry: int
    table: str
    key: str
    does: str
    columns: Columns = field(default_factory=dict)


@dataclass(slots=True)
class Foreseen:
    """``along``: by table, how many rows beside those of the entries would be written or removed. ``refused``,
    ``more``: as of a repair.
    """

    steps: list[Foresight] = field(default_factory=list)
    along: dict[str, int] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)
    more: bool = False


def foresee(parts: RepairParts, request: RepairRequest) -> Foreseen:
    """What ``Repair.run`` would do with this request now; SelarasError as it has them."""
    choice = choose(parts.store, request, parts.target, parts.mirror.tables)
    seen = Foreseen(refused=choice.refused, more=choice.more)
    aside = {one.entry.id for one in choice.places if one.check is Check.CAPTURE}
    for bite in choice.bites(MOST_AT_ONCE):
        if bite[0].check is Check.CAPTURE:
            seen.steps += _read_again(parts, bite)
            continue
        if why := parts.target.why_not(bite[0].table):
            seen.refused |= {one.entry.id: why for one in bite}
            continue
        held = {one.entry.id: obstacle(parts, one, aside) for one in bite}
        seen.refused |= {number: mirror_first(other) for number, other in held.items() if other is not None}
        if allowed := [one for one in bite if held[one.entry.id] is None]:
            seen.steps += _computed(parts, allowed, seen)
    return seen


def _read_again(parts: RepairParts, bite: Sequence[Place]) -> list[Foresight]:
    table = bite[0].table
    if bite[0].key == WHOLE_TABLE:
        return [Foresight(one.entry.id, table, one.key, "reads the whole legacy table again") for one in bite]
    gone = invented(parts.store, bite)
    counted = "counts the whole legacy table anew" if not parts.mirror.tables[table].key else ""
    return [_reading(one, counted, is_invented=one.key in gone) for one in bite]


def _reading(one: Place, counted: str, *, is_invented: bool) -> Foresight:
    difference = one.entry.difference
    does = counted or "reads the legacy row again"
    if is_invented:
        does += "; unless it is there, takes the row out of the mirror: somebody else put it there"
    elif difference.kind is Kind.EXTRA:
        does += "; unless it is there, marks the mirror row as deleted"
    is_row = difference.check is Check.CAPTURE
    columns = {name: (found, expected) for name, (expected, found) in difference.columns.items()} if is_row else {}
    return Foresight(one.entry.id, one.table, one.key, does, columns)


def _computed(parts: RepairParts, places: Sequence[Place], seen: Foreseen) -> list[Foresight]:
    table = places[0].table
    if places[0].key == WHOLE_TABLE:
        for page in parts.target.pages(table):
            _count(seen, parts.target.keys(table, page, keep=False))
        return [Foresight(one.entry.id, table, one.key, "computes every key of the table") for one in places]
    keys = {one.key for one in places}
    ids = {key.removeprefix(ROW) for key in keys if key.startswith(ROW)} if parts.target.has_ids(table) else set()
    taken = parts.target.rows(table, ids, keep=False)
    given = {f"{ROW}{one}": key for one, key in taken.given.items()}
    settled = parts.target.keys(table, keys | set(given.values()), keep=False)
    changes = parts.target.changes(table, keys | set(given.values()), settled)
    steps = []
    for one in places:
        row = one.key.removeprefix(ROW)
        if one.key.startswith(ROW) and row in taken.gone:
            columns = {name: (found, expected) for name, (expected, found) in one.entry.difference.columns.items()}
            steps.append(Foresight(one.entry.id, table, one.key, "takes the row away, which no key gives", columns))
        elif row in taken.kept and one.key.startswith(ROW):
            seen.refused[one.entry.id] = f"the row stays: {taken.kept[row]}"
        else:
            steps.append(_change(one, changes.get(given.get(one.key, one.key))))
    _count(seen, settled, table, changes.keys())
    return steps


def _change(one: Place, change: Sample | None) -> Foresight:
    place = (one.entry.id, one.table, one.key)
    if change is None:
        return Foresight(*place, "computes the key and those that it looks up; its row is as it must be")
    before, after = change.before or {}, change.after or {}
    columns = {name: (before.get(name), after.get(name)) for name in dict.fromkeys((*before, *after))}
    does = "writes the row, which is not there" if change.before is None else "writes the columns that differ"
    return Foresight(*place, does if change.after is not None else "removes the row", columns)


def _count(seen: Foreseen, settled: Settled, table: str = "", own: Collection[str] = ()) -> None:
    for counts in (settled.written_in, settled.deleted_in):
        for name, count in counts.items():
            seen.along[name] = seen.along.get(name, 0) + count
    if own:
        seen.along[table] = max(0, seen.along.get(table, 0) - len(own))
    seen.along = {name: count for name, count in seen.along.items() if count}
