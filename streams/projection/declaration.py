"""A mapping file as frozen values: where a target table's rows come from and by which rules.

A projection is a pure function from mirror rows to the rows of one target table. Its key is the text of one column
that each of its source rows holds, so that the key can be told from any one of them alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

DELETED_AT = "_deleted_at"
"""Pseudo column of every source row: commit time of its hard delete (ISO text, UTC), None while it lives."""

NO_ARGUMENTS: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Input:
    """A value that a rule reads: column ``column`` of the chosen row of ``source``, or the key (source '')."""

    source: str
    column: str

    @property
    def is_key(self) -> bool:
        """Whether this is the projection's key itself."""
        return not self.source


@dataclass(frozen=True, slots=True)
class Ordering:
    """One criterion of "newest": a column, read through a rule when its text does not sort by itself."""

    column: str
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A legacy table that feeds the projection.

    ``key``: the column whose text is the projection's key. ``active``: column and the value that it holds in rows
    that count; rows that don't count are chosen only when no row does. ``newest``: criteria, most weighty first;
    the greatest wins, blanks lose.
    """

    name: str
    table: str
    key: str
    active: tuple[str, str] | None = None
    newest: tuple[Ordering, ...] = ()


@dataclass(frozen=True, slots=True)
class Term:
    """One way to get a column's value: a rule over inputs, a fixed value, or a column of a looked-up row.

    ``when``/``unless``: the term counts only if this source has a row for the key, or only if it has none.
    """

    rule: str = ""
    inputs: tuple[Input, ...] = ()
    arguments: Mapping[str, object] = field(default_factory=lambda: NO_ARGUMENTS)
    value: object = None
    lookup: tuple[str, str] | None = None
    when: str | None = None
    unless: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """An owned column of the target: the first term that yields a value wins; a refusal ends the search.

    ``open``: its legacy value, the first input of its rule, may be shown in messages (never set for personal data).
    ``commit_time``: the value is a commit time of the legacy database, so that it differs between two runs of the same
    history.
    """

    name: str
    terms: tuple[Term, ...]
    open: bool = False
    commit_time: bool = False


@dataclass(frozen=True, slots=True)
class Lookup:
    """A row of an earlier projection, found by its key; the key waits until that row is there."""

    name: str
    projection: str
    key: Input


@dataclass(frozen=True, slots=True)
class Claim:
    """A value that one key alone may hold; the least by ``prefer`` (target columns, ascending) holds it."""

    column: str
    prefer: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Projection:
    """The declaration of one target table; ``columns`` starts with the key column."""

    target: str
    key_column: str
    sources: tuple[Source, ...]
    columns: tuple[Column, ...]
    lookups: tuple[Lookup, ...] = ()
    claims: tuple[Claim, ...] = ()
    file: str = ""

    def source(self, name: str) -> Source:
        """The source of that name; KeyError if the declaration has none."""
        for source in self.sources:
            if source.name == name:
                return source
        raise KeyError(name)

    def columns_read(self, source: str) -> tuple[str, ...]:
        """The legacy columns that the function reads of this source, sorted: nothing else can change its result."""
        declared = self.source(source)
        read = {declared.key, *(order.column for order in declared.newest)}
        if declared.active:
            read.add(declared.active[0])
        inputs = [i for column in self.columns for term in column.terms for i in term.inputs]
        inputs += [lookup.key for lookup in self.lookups]
        read.update(i.column for i in inputs if i.source == source and i.column != DELETED_AT)
        return tuple(sorted(read))
