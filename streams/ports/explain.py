"""What explaining keys reads, all of it as of one moment."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from streams.changes.position import Position
from streams.ports.replication import TargetRows
from streams.projection.choose import SourceRow


@dataclass(frozen=True, slots=True)
class MirrorRow:
    """A legacy row of the mirror. ``id``: its primary key, or its content's id where it has none.

    ``values``: as the port ``Sources`` gives them. ``committed_at``: of its last change on the legacy side (ISO, UTC).
    ``count``: how many such rows there are, in a keyless table; else 1, or 0 when it is deleted.
    """

    id: str
    values: SourceRow
    position: Position
    committed_at: str
    count: int


@dataclass(frozen=True, slots=True)
class KeptState:
    """What was stored of a key when it was last computed. ``since``: of this outcome (ISO, UTC)."""

    outcome: str
    since: str
    faults: Sequence[Mapping[str, str | None]]
    findings: Sequence[Mapping[str, str | None]]
    waits_for_table: str | None
    waits_for: str | None


@dataclass(frozen=True, slots=True)
class KeptEntry:
    """What a key became. ``was``: its outcome before, where known. ``columns``: those that changed of its row.

    ``position``: the newest legacy change of the batch that made it so, committed at ``committed_at``; None where no
    batch did, but a recompute, a retry or a load. ``at``: when. Times are ISO, UTC.
    """

    at: str
    was: str | None
    outcome: str
    faults: Sequence[Mapping[str, str | None]]
    findings: Sequence[Mapping[str, str | None]]
    waits_for_table: str | None
    waits_for: str | None
    columns: Sequence[str]
    position: Position | None
    committed_at: str | None


@dataclass(frozen=True, slots=True)
class KeptClaim:
    """A value that a key asked for when it was last computed; ``holder``: the key that has it."""

    column: str
    value: str
    holder: str


class MirrorRows(Protocol):
    """Reads the mirror with positions."""

    def of_keys(self, projection: str, keys: Collection[str]) -> Mapping[str, Mapping[str, Sequence[MirrorRow]]]:
        """By key, by source: all rows with that key, deleted ones included, in the order of their ids."""

    def belonging(self, text: str) -> Mapping[str, Sequence[str]]:
        """By projection, in order, the keys of all rows that belong to a NIB, or to an ``id_proyek`` or ``id_izin``.

        Rows of tables with such a column that holds the text; rows with a derived key whose first part is the text;
        and rows of tables without NIB that are reached by the projects and licences of those. Keys beginning with the
        text that no row has any more belong too, as long as something is stored of them or their history.
        """


class KeptStates(Protocol):
    """Reads what is stored of keys."""

    def states(self, projection: str, keys: Collection[str]) -> Mapping[str, KeptState]:
        """By key; plain rows and keys that nobody knows are not in it."""

    def history(self, projection: str, keys: Collection[str]) -> Mapping[str, Sequence[KeptEntry]]:
        """By key, the oldest first. Keys that never changed since they were a row are not in it."""

    def claims(self, projection: str, keys: Collection[str]) -> Mapping[str, Sequence[KeptClaim]]:
        """By key, in order of columns."""

    def in_force(self) -> tuple[str, str]:
        """Fingerprints of the mapping and of the reference data in force; empty before the first start."""

    def lacking(self) -> Collection[tuple[str, str]]:
        """As the port ``Lacking`` has it."""


class Moment(Protocol):
    """A read-only transaction in which nothing moves."""

    mirror: MirrorRows
    kept: KeptStates
    target: TargetRows


class Moments(Protocol):
    """The target database as it is now."""

    def now(self) -> AbstractContextManager[Moment]:
        """SelarasError (unavailable) when the database is away."""
