"""What checking target rows against the mirror reads, all of it as of one moment."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from streams.ports.explain import Moment
from streams.ports.recomputing import Step, Versions
from streams.ports.replication import Sources

Row = Mapping[str, object]
Wish = tuple[str, str]
"""A value that a key asks for, and its rank among all that do: the least holds it, of equals the lower key."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides which keys can be judged at all. ``steps``: of the recompute under ``versions``, by name.

    ``unknown``: legacy tables with an event that could not be decoded. ``lacking``: as the port ``Lacking`` has it.
    ``at``: the database's clock when the moment began, before anything was read.
    """

    versions: Versions
    is_recomputed: bool
    steps: Mapping[str, Step]
    writable: frozenset[str]
    lacking: frozenset[tuple[str, str]]
    unknown: frozenset[str]
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """Of computed rows, those that the target does not hold as they are, by key.

    ``missing``: no such row, with the values that it must have; ``different``: both rows, as the target's types hold
    their values; ``impossible``: no row of the target can have these values.
    """

    missing: Mapping[str, Row] = field(default_factory=dict)
    different: Mapping[str, tuple[Row, Row]] = field(default_factory=dict)
    impossible: frozenset[str] = frozenset()


class Comparison(Protocol):
    """The target's rows beside what they must be."""

    def compare(self, projection: str, rows: Mapping[str, Row]) -> Compared:
        """By the database's own notion of equality, after the values took the columns' types."""

    def orphans(self, projection: str, keys: Collection[str]) -> Mapping[str, Row]:
        """By key: the columns (with their values) by which the key's row refers to a row that is not there.

        Parents are those of foreign keys and of columns that hold the key of a looked-up row.
        """

    def looked_up(self, projection: str, keys: Collection[str]) -> Mapping[str, Row]:
        """Rows that look-ups find (see ``TargetRows``), by key: the key's column, and those that others read."""

    def ids_after(self, projection: str, after: str | None, limit: int) -> Sequence[str]:
        """The next ids of rows of the target's table, as text, in their own order (None: from the first)."""

    def rows(self, projection: str, ids: Collection[str]) -> Mapping[str, Row]:
        """The owned columns of the rows with these ids, by id; what can be no id is not in it."""


class Claims(Protocol):
    """Who asks for values that one key alone may hold."""

    def wishes(self, projection: str, column: str, keys: Collection[str]) -> Mapping[str, Wish]:
        """By key, what these keys asked for when they were last computed."""

    def others(
        self, projection: str, column: str, values: Collection[str], keys: Collection[str]
    ) -> Mapping[str, tuple[str, str]]:
        """By value, rank and key of the first of those who ask for it and are not among ``keys``."""


class CheckMoment(Moment, Protocol):
    """A read-only transaction in which nothing moves."""

    sources: Sources
    comparison: Comparison
    claims: Claims

    def standing(self) -> Standing:
        """What is in force at this moment."""


class CheckMoments(Protocol):
    """The target database as it is now."""

    def now(self) -> AbstractContextManager[CheckMoment]:
        """SelarasError (unavailable) when the database is away."""
