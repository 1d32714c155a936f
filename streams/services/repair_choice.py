"""Which entries of the ledger are mended, where, and in which order."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from streams.drift.cause import Cause
from streams.drift.difference import ROW, WHOLE_TABLE, Check
from streams.drift.entry import ALLOWED, Entry, EntryState
from streams.errors import ErrorKind, SelarasError
from streams.ports.drift_ledger import Wanted
from streams.ports.drift_store import DriftStore
from streams.services.drift import SEE_LIST
from streams.services.repair_target import TargetMender

MENDED = (Check.PROJECTION, Check.CAPTURE, Check.FOREIGN)
NOT_A_TOTAL = "a sum is mended with the rows that it sums up"
NO_MAPPING = "no mapping writes this table"


@dataclass(frozen=True, slots=True)
class RepairRequest:
    """Entries by number, or all that are open or explained and have one of these causes (of these tables).

    ``by``, ``why``: for the journal.
    """

    by: str
    why: str
    numbers: tuple[int, ...] = ()
    causes: tuple[Cause, ...] = ()
    tables: tuple[str, ...] = ()
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry is mended, and by which check it is looked at again."""

    entry: Entry
    check: Check
    table: str
    key: str


@dataclass(slots=True)
class Choice:
    """``places``: mirror first, then the target, tables in the order of computing. ``refused``: by number, why not.

    ``more``: there are entries beyond the limit.
    """

    places: list[Place] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)
    more: bool = False

    def bites(self, size: int) -> Iterator[list[Place]]:
        """Runs of places of one check and table, at most so many at once; what concerns a whole table is alone."""
        for _, group in groupby(self.places, key=lambda one: (one.check, one.table, one.key == WHOLE_TABLE)):
            places = list(group)
            for start in range(0, len(places), size):
                yield places[start : start + size]


def choose(store: DriftStore, request: RepairRequest, target: TargetMender, mirrored: Collection[str]) -> Choice:
    """``mirrored``: the captured tables. SelarasError (configuration) for a wrong number, or nothing to choose by."""
    if not request.by.strip() or not request.why.strip():
        raise SelarasError(ErrorKind.CONFIGURATION, "It is not said who repairs, or why.", "say it with --by and --why")
    if bool(request.numbers) is bool(request.causes):
        raise SelarasError(
            ErrorKind.CONFIGURATION, "Entries are chosen by their numbers or by a cause, not both.", SEE_LIST
        )
    entries = _entries(store, request)
    choice = Choice(more=len(entries) > request.limit)
    kept = entries[: request.limit]
    choice.refused = {entry.id: why for entry in kept if (why := _refusal(entry, target, mirrored))}
    places = [_place(entry, mirrored) for entry in kept if entry.id not in choice.refused]
    ranks = {name: rank for rank, name in enumerate(target.tables)}

    def turn(one: Place) -> tuple[bool, int, str, bool, int]:
        return one.check is not Check.CAPTURE, ranks.get(one.table, -1), one.table, one.key != WHOLE_TABLE, one.entry.id

    choice.places = sorted(_named(places, target), key=turn)
    return choice


def _entries(store: DriftStore, request: RepairRequest) -> Sequence[Entry]:
    states = () if request.numbers else (EntryState.OPEN, EntryState.EXPLAINED)
    checks = () if request.numbers else MENDED
    limit = max(len(request.numbers), request.limit) + 1
    tables = () if request.numbers else request.tables
    wanted = Wanted(request.numbers, checks, tables, request.causes, states, limit=limit)
    with store.transaction() as work:
        found = work.ledger.entries(wanted)
    wrong = sorted(set(request.numbers) - {entry.id for entry in found})
    if wrong:
        raise SelarasError(
            ErrorKind.CONFIGURATION, f"There is no entry {', '.join(map(str, wrong))} in the ledger.", SEE_LIST
        )
    return found


def _refusal(entry: Entry, target: TargetMender, mirrored: Collection[str]) -> str:
    one = entry.difference
    if EntryState.REPAIRED not in ALLOWED[entry.state]:
        return f"it is {entry.state}"
    if one.check is Check.TOTALS:
        return NOT_A_TOTAL
    if one.table not in target.tables and (one.check is Check.PROJECTION or one.table not in mirrored):
        return NO_MAPPING
    return ""


def _place(entry: Entry, mirrored: Collection[str]) -> Place:
    one = entry.difference
    is_mirrored = one.check is Check.CAPTURE or (one.check is Check.FOREIGN and one.table in mirrored)
    return Place(entry, Check.CAPTURE if is_mirrored else Check.PROJECTION, one.table, one.key)


def _named(places: Sequence[Place], target: TargetMender) -> Iterator[Place]:
    """A write names a row of the target by its id; whoever mends and checks needs its key, or that it has none."""
    ids: dict[str, set[str]] = {}
    for one in places:
        if _is_id(one):
            ids.setdefault(one.table, set()).add(one.key)
    keys: Mapping[str, Mapping[str, str]] = {table: target.keys_of(table, these) for table, these in ids.items()}
    for one in places:
        if _is_id(one):
            key = keys[one.table].get(one.key, f"{ROW}{one.key}")
            yield Place(one.entry, one.check, one.table, key)
        else:
            yield one


def _is_id(one: Place) -> bool:
    is_write = one.entry.difference.check is Check.FOREIGN and one.check is Check.PROJECTION
    return is_write and one.key != WHOLE_TABLE
