"""What one target transaction needs. All of it happens inside the transaction that ``UnitOfWork`` stands for."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from streams.changes.change import Beat, Change, Malformed, Truncated
from streams.changes.chunk import Chunk
from streams.changes.snapshot import Snapshot
from streams.ports.key_states import HistoryBounds, KeyStates, RowsChanged
from streams.ports.lacking import Lacking
from streams.ports.recomputing import LeftOver, Recomputing
from streams.ports.row_keys import Rewritten, RowKeys
from streams.projection.choose import SourceRow
from streams.projection.declaration import Claim
from streams.projection.order import Dependent

Bucket = tuple[int, int]
"""A lock: class (two a projection, in the order of computing) and bucket within it."""


@dataclass(frozen=True, slots=True)
class InForce:
    """What the target says may be written, read under the shared lock."""

    mapping: str
    reference: str
    writable: frozenset[str]  # projections over which the legacy side has authority
    truncations: Mapping[str, Sequence[Truncated]]  # by table: rows below one of them count as deleted
    counted_in: Mapping[str, Snapshot]  # by keyless table: what was counted anew in it is not counted again
    recomputed: bool = True  # every key has been computed, and every derived one derived, under these versions


@dataclass(frozen=True, slots=True)
class Watermark:
    """A partition before the batch: newest (commit, record, order in transaction) it held, what snapshot filled it."""

    commit: int
    record: int
    order: int
    snapshot_tx: int


@dataclass(frozen=True, slots=True)
class Advance:
    """What a chunk does to its partition's row: the newest source position and commit time it holds."""

    chunk: Chunk
    commit: int
    record: int
    order: int
    snapshot_tx: int
    committed_ms: int | None


@dataclass(frozen=True, slots=True)
class Floor:
    """What a load must have brought anew: rows of older generations, rows of this one whose commit lies below, and
    rows that a snapshot of this generation read before the one of ``snapshot_tx`` began again (0: none did).
    """

    generation: int
    commit: int = 0
    snapshot_tx: int = 0


class Guard(Protocol):
    """Authority and versions; the first thing that a writing transaction asks."""

    def enter(self, *, exclusive: bool = False) -> InForce:
        """Take the slice's lock, shared or exclusive, and only then read what is in force.

        In this order: a switch takes the lock exclusively, so that whoever reads afterwards sees its result.
        """

    def put_in_force(self, mapping: str, reference: str, projections: Iterable[str]) -> None:
        """Under the exclusive lock: record new versions; projections unknown so far belong to the legacy side.

        Until ``recomputed``, keys that no change touched are taken as computed by older versions.
        """

    def recomputed(self) -> None:
        """Every key has been computed under the versions in force."""


class Positions(Protocol):
    """Where each partition stands."""

    def take(self, advances: Sequence[Advance]) -> Mapping[tuple[str, int], Watermark] | None:
        """Move every partition from its chunk's start to its end, if each still stands at the start.

        None, and nothing may be written, when one of them does not: another worker owns it, or this is a replay.
        Returns the watermarks from before.
        """

    def load(self, earliest: Mapping[tuple[str, int], int]) -> Mapping[tuple[str, int], int]:
        """The next offset of each partition. A missing one is seeded with 0, and only where the topic starts at 0.

        SelarasError (gap) where the topic's earliest offset lies above the stored position, or above 0 unseeded.
        """


class Mirror(Protocol):
    """The legacy rows as they are: a last-writer-wins register a row, ordered by source position, then transaction.

    The transaction matters to snapshots alone: their rows have no position, and a snapshot that began again beats
    what its broken predecessor read.
    """

    def write(self, table: str, changes: Sequence[Change]) -> Rewritten:
        """Apply changes (one a primary key, the newest). A change not newer than the stored row is ignored.

        A column that a change lacks keeps what the row held, NULL in a new row: ``Lacking.tell`` says so beforehand.

        Returns the rows changed, with what they held before and after in the columns that projections need.
        """

    def count(self, table: str, partition: int, changes: Sequence[Change]) -> Rewritten:
        """The same for a keyless table, a multiset of contents: each change moves counts, so that it must come once.

        A content stays known when its count is 0, in whatever portions its changes come: it then counts as deleted.
        """

    def forget_snapshot(self, table: str, partition: int) -> Rewritten:
        """A snapshot began: the counts that a broken or older one left in this partition become 0."""

    def truncate(self, event: Truncated) -> Rewritten:
        """Mark every row below the position as deleted, and remember it. Nothing if it is known already.

        Rows keep their own positions: what arrives late still compares with them. A keyless table is emptied in the
        partitions that have not come past the position; where one has, counts can't tell what came after, and the
        table becomes unknown. Needs the exclusive lock, and comes before ``Positions.take``.
        """


class Sweep(Protocol):
    """What a load leaves to do. Needs the exclusive lock; each returns a number of rows and the rows changed."""

    def mark_left_over(self, table: str, where: str, floor: Floor) -> tuple[int, Rewritten]:
        """Mark as deleted the live rows of the range whose last change lies below the floor.

        ``where``: an SQL condition over the legacy columns, '' for all. Nothing that came later is touched.
        """

    def take_away(self, table: str, where: str, floor: Floor) -> tuple[int, Rewritten]:
        """The same rows of a table with a key, but nothing stays of them: for rows that never were legacy rows."""

    def recount(self, table: str, rows: Iterable[bytes], generation: int, snapshot: str) -> tuple[int, Rewritten]:
        """A keyless table's counts anew from rows (JSON objects) read in ``snapshot``, which is remembered.

        Changes of transactions that the snapshot shows are not counted again when they arrive.
        """


@dataclass(frozen=True, slots=True)
class OutrankedBy:
    """The keys of a table's rows: columns, and sources whose keys are derived."""

    columns: tuple[str, ...]
    derived: tuple[str, ...] = ()


class Tidying(Protocol):
    """Takes away what no comparison needs any more. Needs a barrier that was passed."""

    def drop_outranked(self, table: str, keys: OutrankedBy, floor: int) -> int:
        """Remove deleted rows below ``floor`` (LSN) each of whose keys a row deleted later holds too; how many.

        The one deleted last speaks for a key that no live row holds: it stays, for a live one may leave the key.
        Everything committed before ``floor`` must be applied: until then the row is the tombstone that late, older
        changes of it are compared with.
        """

    def drop_truncations(self, floor: int) -> int:
        """Forget truncations below ``floor``: nothing older than they can arrive any more."""

    def drop_touched(self, hours: int) -> int:
        """Forget lists of touched keys and rows older than this, and note that nobody read them; how many."""

    def drop_history(self, bounds: HistoryBounds) -> int:
        """Forget entries of keys' histories that lie beyond the bounds; how many. Needs no lock."""


class Sources(Protocol):
    """Reads the mirror for the projections."""

    def read(self, projection: str, keys: Collection[str]) -> Mapping[str, Mapping[str, Sequence[SourceRow]]]:
        """By key, by source: all rows with that key, deleted ones included, each with ``_deleted_at``."""

    def dependents(self, dependent: Dependent, keys: Collection[str]) -> set[str]:
        """The dependent's keys whose rows refer to one of ``keys``, or did when they were last computed."""

    def keys_after(self, projection: str, after: str | None, limit: int) -> Sequence[str]:
        """The next keys in order (None: from the first), for computing everything.

        Keys that any source row holds, and those that only an older computation left behind: in states, claims and
        references, in rows of groups, and in the target where its rows tell their keys.
        """

    def keys_where(self, projection: str, where: str, after: str | None, limit: int) -> Sequence[str]:
        """The next keys of rows of the first source for which ``where`` holds, an SQL condition over legacy columns.

        The transaction can't write any more. SelarasError (configuration) for a condition that can't be.
        """


class TargetRows(Protocol):
    """The application's tables."""

    def read(self, projection: str, keys: Collection[str]) -> Mapping[str, Mapping[str, object]]:
        """The owned columns of the rows that are there, by key; values as converters give them."""

    def find(self, projection: str, keys: Collection[str]) -> Mapping[str, Mapping[str, object]]:
        """The same for whoever looks them up: without rows that had to stay (see ``delete``) though their key has none.

        They are there only because somebody else's row refers to them; the key's state says so.
        """

    def release(self, projection: str, claim: Claim, wanted: Mapping[str, str | None]) -> None:
        """Rows of these keys that hold another value than the one wanted (None: none) give it up at once.

        So that a value can pass from one row to another, and two rows can swap theirs, in one transaction.
        """

    def write(self, projection: str, rows: Mapping[str, Mapping[str, object]]) -> tuple[int, Mapping[str, str]]:
        """Insert or update; rows that don't differ are not written. Returns how many were, and rows refused (why)."""

    def delete(self, projection: str, keys: Collection[str]) -> tuple[int, Mapping[str, str]]:
        """Remove these keys' rows where they are. Returns how many were, and keys whose row must stay (why)."""

    def changed(self, projection: str) -> RowsChanged:
        """What this transaction has written over and deleted so far; not what it has inserted."""


class Locks(Protocol):
    """Advisory locks that end with the transaction."""

    def acquire(self, buckets: Sequence[Bucket]) -> None:
        """Wait for each, in the order given, which must be ascending."""

    def try_acquire(self, buckets: Sequence[Bucket]) -> bool:
        """All at once or a refusal, without waiting."""


class Evidence(Protocol):
    """What the transaction leaves behind beside rows."""

    def touched(self, keys: Mapping[str, Collection[str]]) -> None:
        """The keys computed, by projection, for the verifier."""

    def touched_rows(self, names: Mapping[str, Collection[str]]) -> None:
        """The mirror rows changed, by table (``Rewritten.names``), for the verifier."""

    def undecodable(self, chunk: Chunk, events: Sequence[Malformed]) -> None:
        """Store the events and make their tables unknown until they are read again."""

    def beat(self, beat: Beat) -> None:
        """The newest heartbeat applied."""


class UnitOfWork(Protocol):
    """One transaction of the target database at READ COMMITTED."""

    guard: Guard
    positions: Positions
    mirror: Mirror
    sweep: Sweep
    tidying: Tidying
    sources: Sources
    row_keys: RowKeys
    target: TargetRows
    states: KeyStates
    locks: Locks
    evidence: Evidence
    lacking: Lacking
    recomputing: Recomputing
    left_over: LeftOver


class Target(Protocol):
    """The target database as a giver of transactions."""

    def transaction(self) -> AbstractContextManager[UnitOfWork]:
        """Commits when the block ends, rolls back when it raises.

        SelarasError (unavailable) when the database is away, (conflict) when it broke a deadlock.
        """


class FailPoints(Protocol):
    """Named places where a test may let the process die."""

    def reach(self, name: str) -> None:
        """Nothing, unless a test armed this name."""
