"""What the capture check reads of the legacy tables and of their mirror, side by side."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from streams.changes.position import Position
from streams.changes.snapshot import Snapshot

Values = tuple[str | None, ...]
"""A row's columns as texts, in the form that both sides share."""

Contents = Mapping[Values, int]
"""Rows of one key: how often each content is there. One content, once, in a table with a key."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A column that both sides have: its type in the legacy database, and in the mirror."""

    name: str
    type: str
    held: str


@dataclass(frozen=True, slots=True)
class Run:
    """The keys with ``after`` < key <= ``last``, numbers in their order, texts in that of their bytes; None: no end."""

    after: str | None
    last: str | None


@dataclass(frozen=True, slots=True)
class Keys:
    """These keys."""

    keys: Collection[str]


@dataclass(frozen=True, slots=True)
class Sum:
    """Of all keys of a run: how many there are, and one digest of their canonical texts (None: some have none).

    ``keys``: themselves, where they are told.
    """

    count: int
    digest: str | None
    keys: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class LegacyRow:
    """What the legacy table holds of a key. ``version``: another one for every change of any of its rows.

    ``writer``: number of the (sub)transaction that wrote the row; 0 where several rows have the key.
    """

    contents: Contents
    version: tuple[str, ...]
    writer: int = 0


@dataclass(frozen=True, slots=True)
class LegacyRows:
    """Rows by key, as ``snapshot`` shows them. ``position``: an LSN behind everything that the snapshot shows.

    ``columns``: name and type of all columns of the table, as of the same moment.
    """

    snapshot: Snapshot
    position: int
    rows: Mapping[str, LegacyRow] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MirrorRow:
    """What the mirror holds of a key; no contents if it counts as deleted. ``position``: of its newest change.

    ``transactions``: those whose changes it holds, as far as it tells. ``version``: another one for every change.
    """

    contents: Contents
    position: Position
    transactions: frozenset[int]
    version: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MirrorRows:
    """Rows by key, and what the stream had brought by the same moment.

    ``seen``: least LSN among partitions of the last commit before the newest transaction that each of them brought.
    ``generation``: of the capture in force, None without one. ``is_unknown``: an event of the table was not understood.
    """

    seen: int
    generation: int | None
    is_unknown: bool
    rows: Mapping[str, MirrorRow] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MirrorColumns:
    """The mirror's columns: ``held`` with their types there, ``followed`` with those that the legacy side had when the
    mirror took note of them. ``lacking``: those whose values it does not hold for all rows. ``is_countless``: a
    keyless table's rows are to be counted anew.
    """

    held: Mapping[str, str]
    followed: Mapping[str, str]
    lacking: frozenset[str] = frozenset()
    is_countless: bool = False


class LegacySide(Protocol):
    """The legacy tables: short transactions that only read. SelarasError (unavailable, conflict) when it takes long.

    A key is the primary key's text; of a table without one the business number, '' for none.
    """

    def columns(self, table: str) -> Mapping[str, str]:
        """Name and type of its columns; empty if there is no such table any more."""

    def bound(self, table: str, after: str | None, count: int) -> str | None:
        """The key that lies about ``count`` rows behind ``after``; None where the table ends before."""

    def total(self, table: str, columns: Sequence[Compared], run: Run) -> Sum:
        """Of a run, without its keys."""

    def digests(self, table: str, columns: Sequence[Compared], of: Keys | Run) -> Mapping[str, str | None]:
        """By key that is there, the digest of its canonical text; None where it has none."""

    def rows(self, table: str, columns: Sequence[Compared], keys: Collection[str]) -> LegacyRows:
        """All in one snapshot, taken after the table was locked against rewriting, and given up at once."""


class MirrorSide(Protocol):
    """The mirror's tables: what counts as deleted is not there, but for ``rows`` and ``bound``."""

    def columns(self, table: str) -> MirrorColumns:
        """What it holds of the table."""

    def bound(self, table: str, after: str | None, count: int) -> str | None:
        """See the legacy side."""

    def total(self, table: str, columns: Sequence[Compared], run: Run) -> Sum:
        """Of a run, with its keys."""

    def digests(self, table: str, columns: Sequence[Compared], of: Keys | Run) -> Mapping[str, str | None]:
        """See the legacy side."""

    def rows(self, table: str, columns: Sequence[Compared], keys: Collection[str]) -> MirrorRows:
        """All as of one moment, deleted ones too."""
