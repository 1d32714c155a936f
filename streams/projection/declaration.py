"""A mapping file as frozen values: where a target table's rows come from and by which rules.

A projection is a pure function from mirror rows to the rows of one target table. Its key can be told from any one of
its source rows alone: it is the text of one column, or is derived from the row by rules.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

DELETED_AT = "_deleted_at"
"""Pseudo column of every source row: commit time of its hard delete (ISO text, UTC), None while it lives."""

LIVE_ROWS = "_rows"
"""Pseudo column: how many live rows (active ones, where that is declared) the source has for the key."""

DIFFER = "_differ."
"""Prefix of pseudo columns: whether those live rows hold different values in the column named after it."""

NO_ARGUMENTS: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Input:
    """A value that a rule reads: column ``column`` of the chosen row of ``source``, of the row found by the look-up of
    that name, or the key (source ''): all of it, or the part whose number (from 1) ``column`` is.
    """

    source: str
    column: str

    @property
    def is_key(self) -> bool:
        """Whether this is the projection's key itself, or a part of it."""
        return not self.source

    @property
    def is_pseudo(self) -> bool:
        """Whether no column of the legacy table holds it: it is told of the key's rows."""
        return self.column in (DELETED_AT, LIVE_ROWS) or self.column.startswith(DIFFER)


@dataclass(frozen=True, slots=True)
class Ordering:
    """One criterion of "newest": a column, read through a rule when its text does not sort by itself."""

    column: str
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A legacy table that feeds the projection.

    ``key``: the column whose text is the projection's key; '' where it is derived from ``parts``, terms over the row's
    own columns. ``active``: column and the value that it holds in rows that count; rows that don't count are chosen
    only when no row does. ``newest``: criteria, most weighty first; the greatest wins, blanks lose. ``agree``: columns
    of which a rule asks whether the live rows differ in them.
    """

    name: str
    table: str
    key: str
    active: tuple[str, str] | None = None
    newest: tuple[Ordering, ...] = ()
    parts: "tuple[Term, ...]" = ()
    agree: tuple[str, ...] = ()

    @property
    def is_derived(self) -> bool:
        """Whether the key is no plain column, so that it is kept beside the mirror row."""
        return bool(self.parts)

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The legacy columns that the key is told from."""
        return tuple(sorted({i.column for part in self.parts for i in part.inputs})) if self.parts else (self.key,)


@dataclass(frozen=True, slots=True)
class Term:
    """One way to get a column's value: a rule over inputs, a fixed value, or a column of a looked-up row.

    ``when``/``unless``: the term counts only if this source has a row for the key, or only if it has none.
    ``optional``: a part of a key that may be missing.
    """

    rule: str = ""
    inputs: tuple[Input, ...] = ()
    arguments: Mapping[str, object] = field(default_factory=lambda: NO_ARGUMENTS)
    value: object = None
    lookup: tuple[str, str] | None = None
    when: str | None = None
    unless: str | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """An owned column of the target: the first term that yields a value wins; a refusal ends the search.

    ``open``: its legacy value, the first input of its rule, may be shown in messages (never set for personal data).
    ``commit_time``: the value is a commit time of the legacy database, so that it differs between two runs of the same
    history. ``kind`` and ``required`` say of a projection without table what a table's column would say.
    """

    name: str
    terms: tuple[Term, ...]
    open: bool = False
    commit_time: bool = False
    kind: str = "text"
    required: bool = False


@dataclass(frozen=True, slots=True)
class Lookup:
    """A row of an earlier projection, found by its key; the key waits until that row is there.

    ``key``: one value as it is, or None where ``terms`` give it by rules. ``optional``: no key, no waiting.
    """

    name: str
    projection: str
    key: Input | None
    terms: tuple[Term, ...] = ()
    optional: bool = False

    @property
    def inputs(self) -> tuple[Input, ...]:
        """What the key is told from."""
        return (self.key,) if self.key is not None else tuple(i for term in self.terms for i in term.inputs)


@dataclass(frozen=True, slots=True)
class Claim:
    """A value that one key alone may hold; the least by ``prefer`` (target columns, ascending) holds it.

    ``when``: target columns and the values that a row must have to ask for it (a partial unique index).
    """

    column: str
    prefer: tuple[str, ...]
    when: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """Something that is worth a person's look: a rule that gives a short text, or nothing when all is well."""

    name: str
    term: Term


@dataclass(frozen=True, slots=True)
class Projection:
    """The declaration of one target table; ``columns`` starts with the key column.

    ``virtual``: it has no table in the new database; others look it up.
    """

    target: str
    key_column: str
    sources: tuple[Source, ...]
    columns: tuple[Column, ...]
    lookups: tuple[Lookup, ...] = ()
    claims: tuple[Claim, ...] = ()
    checks: tuple[Check, ...] = ()
    virtual: bool = False
    file: str = ""

    @property
    def terms(self) -> tuple[Term, ...]:
        """Every term of columns, look-ups and findings."""
        return (
            *(term for column in self.columns for term in column.terms),
            *(term for lookup in self.lookups for term in lookup.terms),
            *(check.term for check in self.checks),
        )

    def source(self, name: str) -> Source:
        """The source of that name; KeyError if the declaration has none."""
        for source in self.sources:
            if source.name == name:
                return source
        raise KeyError(name)

    def lookup(self, name: str) -> Lookup:
        """The look-up of that name; KeyError if the declaration has none."""
        for lookup in self.lookups:
            if lookup.name == name:
                return lookup
        raise KeyError(name)

    def columns_read(self, source: str) -> tuple[str, ...]:
        """The legacy columns that the function reads of this source, sorted: nothing else can change its result."""
        declared = self.source(source)
        read = {*declared.key_columns, *declared.agree, *(order.column for order in declared.newest)}
        if declared.active:
            read.add(declared.active[0])
        inputs = [i for term in self.terms for i in term.inputs]
        inputs += [lookup.key for lookup in self.lookups if lookup.key is not None]
        read.update(i.column for i in inputs if i.source == source and not i.is_pseudo)
        return tuple(sorted(read))
