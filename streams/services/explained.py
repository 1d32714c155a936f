"""What an explanation says, ready to be shown: every value is text, behind a mask unless it may be seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from streams.projection.outcome import Fault, Finding


@dataclass(frozen=True, slots=True)
class ReadValue:
    """An input of a rule: ``source.column``, or ``key``."""

    name: str
    value: str | None


@dataclass(frozen=True, slots=True)
class ToldTerm:
    """A term of the mapping file: ``rule`` with its arguments, and what it came to."""

    rule: str
    inputs: Sequence[ReadValue]
    came_to: str
    reason: str


@dataclass(frozen=True, slots=True)
class ToldColumn:
    """A column. ``value``: what the mapping makes of the mirror; ``held``: what the target holds.

    ``differs``: of the row that should be there and the row that is. ``given_by``: number of the term, from 1.
    """

    name: str
    value: str | None
    held: str | None
    differs: bool
    given_by: int | None
    terms: Sequence[ToldTerm]


@dataclass(frozen=True, slots=True)
class ToldLookup:
    """What was looked up in another projection."""

    name: str
    table: str
    key: str | None
    found: bool
    terms: Sequence[ToldTerm]


@dataclass(frozen=True, slots=True)
class ToldRow:
    """A legacy row. ``commit`` and ``record``: LSNs in PostgreSQL's notation; 0/0 for what the first snapshot read."""

    source: str
    table: str
    id: str
    chosen: bool
    standing: str
    why: str
    generation: int
    commit: str
    record: str
    committed_at: str
    count: int


@dataclass(frozen=True, slots=True)
class ToldClaim:
    """A value that one key alone may hold. ``is_lost``: another one holds it."""

    column: str
    holder: str
    is_lost: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """What the target holds of the key: its outcome, and since when, where that is stored (not of plain rows)."""

    outcome: str
    since: str | None
    waits_for: str | None
    faults: Sequence[Mapping[str, str | None]]


@dataclass(frozen=True, slots=True)
class ToldEntry:
    """What a key became, and ``was`` before where that is known. ``columns``: those that changed of its row.

    ``commit``, ``record``: LSNs of the newest legacy change of the batch that made it so; 0/0 for what the first
    snapshot read; None, as ``committed_at``, where no batch did, but a recompute, a retry or a load.
    """

    at: str
    was: str | None
    outcome: str
    waits_for: str | None
    faults: Sequence[Fault]
    findings: Sequence[Finding]
    columns: Sequence[str]
    generation: int | None
    commit: str | None
    record: str | None
    committed_at: str | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """One key. ``outcome``: what the mapping makes of the mirror. ``differs``: the target holds something else, though
    it could hold this: nothing differs while the mirror lacks what the table is made of.

    ``keys_from``: by source, how its rows' keys are told. ``notes``: what else one must know to read this.
    """

    table: str
    key: str
    has_table: bool
    outcome: str
    kept: Kept
    differs: bool
    waits_for: str | None
    faults: Sequence[Fault]
    findings: Sequence[Finding]
    claims: Sequence[ToldClaim]
    columns: Sequence[ToldColumn]
    lookups: Sequence[ToldLookup]
    rows: Sequence[ToldRow]
    history: Sequence[ToldEntry]
    keys_from: Mapping[str, str]
    notes: Sequence[str]


@dataclass(frozen=True, slots=True)
class ShortRow:
    """A legacy row in short."""

    table: str
    id: str
    standing: str
    committed_at: str


@dataclass(frozen=True, slots=True)
class ShortKey:
    """A key in short; ``row``: what the target holds, by column."""

    table: str
    key: str
    has_table: bool
    outcome: str
    differs: bool
    why: Sequence[str]
    row: Mapping[str, str | None] | None
    legacy: Sequence[ShortRow]
    history: Sequence[ToldEntry]


@dataclass(frozen=True, slots=True)
class Record:
    """Everything that is processed about one NIB, in the order of the projections."""

    nib: str
    keys: Sequence[ShortKey]


def reasons(one: Explanation | ToldEntry) -> list[str]:
    """Why a key is, or became, what it is: a sentence each."""
    why = [f"{f.rule} {f.column}: {f.reason}" + (f" ({f.masked})" if f.masked else "") for f in one.faults]
    why += [f"waits for {one.waits_for}"] if one.waits_for else []
    return why + [f"finding {finding.name}: {finding.reason}" for finding in one.findings]


def in_short(whole: Explanation) -> ShortKey:
    """The outcome, the reasons, the target's row, where it comes from, and what became of the key."""
    is_there = any(column.held is not None for column in whole.columns)
    row = {column.name: column.held for column in whole.columns} if is_there else None
    legacy = [ShortRow(r.table, r.id, r.standing, r.committed_at) for r in whole.rows]
    about = whole.table, whole.key, whole.has_table, whole.outcome, whole.differs
    return ShortKey(*about, reasons(whole), row, legacy, whole.history)
