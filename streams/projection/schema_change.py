"""What became another in the legacy tables since the mirror learnt them, and what that means for the projections."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from streams.projection.declaration import Projection
from streams.projection.outcome import Fault, Outcome, OutcomeKind, Waits

Columns = Mapping[str, Mapping[str, str]]
"""By table and column: the type as PostgreSQL writes it."""

Lacking = Collection[tuple[str, str]]
"""Table and column whose values the mirror lacks; column '': a keyless table whose rows must be counted anew."""

RULE = "SCHEMA"
ARGUMENTS = re.compile(r"\(\d+(,-?\d+)?\)")


class ChangeKind(Enum):
    """What happened."""

    ADDED = "added column"
    DROPPED = "dropped column"
    RENAMED = "perhaps renamed column"  # dropped and added, of one type: only a person can tell
    RETYPED = "retyped column"
    UNREAD = "column to be read"  # it is mirrored, but rows that have not changed since lack its value
    NEW_TABLE = "new table"
    DROPPED_TABLE = "dropped table"


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """One difference. ``projections``: whose keys wait because of it, or would compute with it.

    ``needed``: whether a person must do something before the new side holds all that the legacy side does.
    """

    kind: ChangeKind
    table: str
    column: str
    sentence: str
    next_step: str = ""
    projections: tuple[str, ...] = ()
    needed: bool = True


@dataclass(frozen=True, slots=True)
class Followed:
    """The legacy tables as the mirror follows them.

    ``known``: types that the mirror took note of, of columns that it has. ``held``: the mirror's own types.
    ``gone``: columns that events or the catalogue lack. ``unread``: columns that are there, but whose table has not
    been read since. ``keyless``: tables mirrored as a multiset; ``uncounted``: those to be counted anew.
    """

    known: Columns
    held: Columns = field(default_factory=dict)
    gone: frozenset[tuple[str, str]] = frozenset()
    unread: frozenset[tuple[str, str]] = frozenset()
    keyless: frozenset[str] = frozenset()
    uncounted: frozenset[str] = frozenset()

    @property
    def lacking(self) -> frozenset[tuple[str, str]]:
        """Columns whose values the mirror lacks, as the port ``Lacking`` has them."""
        return self.gone | self.unread | {(table, "") for table in self.uncounted}


def data_type(written: str) -> str:
    """The type without length or precision: ``character varying(25)`` -> ``character varying``."""
    return ARGUMENTS.sub("", written)


def readers(projections: Iterable[Projection], table: str, column: str) -> tuple[str, ...]:
    """The projections that read the column; column '': that read the table."""
    return tuple(
        sorted({p.target for p in projections for s in p.sources if s.table == table and _reads(p, s.name, column)})
    )


def _reads(projection: Projection, source: str, column: str) -> bool:
    return not column or column in projection.columns_read(source)


def place(table: str, column: str) -> str:
    """What keys wait for: ``table.column``; the table where its rows must be counted anew."""
    return f"{table}.{column}" if column else table


def paused(projections: Sequence[Projection], lacking: Lacking) -> dict[str, Outcome]:
    """By projection that can't be computed, the outcome of its keys: they wait, with what they wait for."""
    found: dict[str, Outcome] = {}
    for table, column in sorted(lacking):
        what = place(table, column)
        why = f"the mirror lacks values of {what}" if column else f"the rows of {table} must be counted anew"
        for name in readers(projections, table, column):
            waits = Outcome(OutcomeKind.WAITING, faults=(Fault("", RULE, why),), waits=Waits("", what))
            found.setdefault(name, waits)
    return found


def compare(legacy: Columns, followed: Followed, projections: Sequence[Projection]) -> list[SchemaChange]:
    """Every difference between the legacy catalogue and what the mirror follows, in order of table and column.

    Nothing before the first start: no mirror has learnt anything yet.
    """
    known = followed.known
    if not known:
        return []
    changes = [_new_table(name) for name in sorted(legacy.keys() - known.keys())]
    for table in sorted(known):
        if table not in legacy:
            changes.append(_dropped_table(table, projections))
        else:
            changes += _column_changes(table, legacy[table], followed, projections)
    return changes


def _column_changes(
    table: str, now: Mapping[str, str], followed: Followed, projections: Sequence[Projection]
) -> Iterator[SchemaChange]:
    known = followed.known[table]
    # What is read stays told when it was taken note of: the keys go on waiting.
    gone = {c for t, c in followed.gone if t == table and c not in now and readers(projections, t, c)}
    dropped = [c for c in dict.fromkeys([*known, *sorted(gone)]) if c not in now]
    added = [c for c in now if c not in known]
    for column in dropped:
        new = next((c for c in added if now[c] == known.get(column)), None)
        if new is not None:
            added.remove(new)
        yield _dropped(table, column, new, followed, projections)
    for column in added:
        yield _added(table, column, now[column], projections)
    for column in (c for c in now if c in known and now[c] != known[c]):
        yield _retyped(table, column, (known[column], now[column]), followed, projections)
    for column in sorted(c for t, c in followed.unread | followed.gone if t == table and c in now):
        yield _unread(table, column, followed, projections)


def _new_table(table: str) -> SchemaChange:
    said = f"Table {table} is new in the legacy database: it is not captured, and no projection reads it."
    return SchemaChange(ChangeKind.NEW_TABLE, table, "", said, needed=False)


def _dropped_table(table: str, projections: Sequence[Projection]) -> SchemaChange:
    names = readers(projections, table, "")
    said = f"Table {table} is gone from the legacy database; the mirror keeps its rows. {_meaning(names, table)}"
    step = f"bring {table} back and read it again (selaras load reread {table}), or change the mapping" if names else ""
    return SchemaChange(ChangeKind.DROPPED_TABLE, table, "", said, step, names, bool(names))


def _added(table: str, column: str, kind: str, projections: Sequence[Projection]) -> SchemaChange:
    names = readers(projections, table, column)
    said = f"Column {table}.{column} ({kind}) is new in the legacy database; until it is mirrored, events apply without"
    said += f" it. To be read by {', '.join(names)}." if names else " it. No projection reads it."
    return SchemaChange(ChangeKind.ADDED, table, column, said, "selaras capture extend", names)


def _dropped(
    table: str, column: str, new: str | None, followed: Followed, projections: Sequence[Projection]
) -> SchemaChange:
    names = readers(projections, table, column)
    counted = table in followed.uncounted
    where = f"Column {table}.{column} is gone from the legacy database"
    if new is not None:
        where += f" and {table}.{new} of the same type is new: perhaps it was renamed"
    meaning = _meaning(names or (readers(projections, table, "") if counted else ()), table)
    step = f"bring it back and read {table} again (selaras load reread {table}), or change the mapping"
    if not names:
        step = f"selaras load reread {table}" if counted else ""
    if new is not None:
        step = f"selaras capture extend mirrors {table}.{new}" + (f"; {step}" if step else "")
    kind = ChangeKind.DROPPED if new is None else ChangeKind.RENAMED
    said = f"{where}; the mirror keeps its last values. {meaning}"
    return SchemaChange(kind, table, column, said, step, names, bool(step))


def _retyped(
    table: str, column: str, kinds: tuple[str, str], followed: Followed, projections: Sequence[Projection]
) -> SchemaChange:
    names = readers(projections, table, column)
    held = followed.held.get(table, {}).get(column, "text")
    said = f"Column {table}.{column} was {kinds[0]} and is {kinds[1]} now; "
    said += "its values go on arriving as text" if held == "text" else f"values that are no {held} are kept aside"
    said += f", as rules of {', '.join(names)} read them." if names else "; no projection reads it."
    step = f"selaras capture extend, then selaras load reread {table}"
    return SchemaChange(ChangeKind.RETYPED, table, column, said, step, names)


def _unread(table: str, column: str, followed: Followed, projections: Sequence[Projection]) -> SchemaChange:
    names = readers(projections, table, "" if table in followed.uncounted else column)
    said = f"Column {table}.{column} is there, but rows that have not changed since lack its value in the mirror. "
    said += _meaning(names, table)
    return SchemaChange(ChangeKind.UNREAD, table, column, said, f"selaras load reread {table}", names)


def _meaning(names: Sequence[str], table: str) -> str:
    if not names:
        return "No projection reads it."
    return f"Keys of {', '.join(names)} that change wait, their rows as they are, until {table} was read again with it."
