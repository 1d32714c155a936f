"""One batch, one transaction of the target: positions, mirror, projections, outcomes, evidence."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from streams.changes.change import Beat, Change, Event, Malformed, Operation, Truncated
from streams.changes.chunk import Chunk, merged
from streams.changes.envelope import Decoder
from streams.changes.legacy_table import LegacyTable
from streams.changes.snapshot import Snapshot
from streams.changes.truncation import truncated
from streams.errors import ErrorKind, SelarasError
from streams.ports.key_states import AsOf
from streams.ports.replication import Advance, FailPoints, InForce, Target, UnitOfWork, Watermark
from streams.services.plan import Plan
from streams.services.settle import Again, NeedLocks, Pass, Settled, TargetRefused
from streams.services.tails import NaturalKeys, Tail
from streams.services.touched import TouchedRows

Place = tuple[str, int]
MOST_TRIES = 20


class PositionMoved(SelarasError):
    """Another worker owns a partition of the batch, or the batch was applied before: nothing was written."""

    def __init__(self) -> None:
        super().__init__(ErrorKind.CONFLICT, "A partition's position is not where this batch starts.")


@dataclass(frozen=True, slots=True)
class Applied:
    """What one batch did. ``held``: ends of chunks that were not applied, since their last transaction goes on.

    ``transient``: keys that a batch before saw deleted, and that this one brought back in the same transaction.
    """

    events: int = 0
    malformed: int = 0
    duplicates: int = 0
    settled: Settled = field(default_factory=Settled)
    held: Sequence[Chunk] = ()
    transient: int = 0


@dataclass(frozen=True, slots=True)
class _Decoded:
    chunk: Chunk
    records: Sequence[Sequence[Event]]
    events: Sequence[Event]

    @property
    def place(self) -> Place:
        return self.chunk.topic, self.chunk.partition

    def until(self, record: int) -> "_Decoded":
        """The part before that record."""
        kept = self.records[:record]
        return _Decoded(self.chunk.until(record), kept, [event for events in kept for event in events])

    @property
    def lacking(self) -> set[tuple[str, str]]:
        """Table and column: what changes came without."""
        lacks = {(event.table, event.lacks) for event in self.events if isinstance(event, Change) and event.lacks}
        return {(table, column) for table, columns in lacks for column in columns}

    @property
    def advance(self) -> Advance:
        changes = [e for e in self.events if isinstance(e, Change)]
        newest = max((_place(e) for e in changes), default=(0, 0, 0))
        snapshot = next((e.transaction for e in reversed(changes) if e.snapshot), 0)
        streamed = [e.committed_ms for e in changes if e.operation is not Operation.READ]
        committed = max(streamed, default=None)
        return Advance(self.chunk, *newest, snapshot, committed)


class Replicate:
    """Applies batches. Knows no framework: whoever fetches calls ``apply`` with whole chunks."""

    def __init__(
        self, target: Target, plan: Plan, decoder: Decoder, tables: Iterable[LegacyTable], fail: FailPoints
    ) -> None:
        self._target = target
        self._plan = plan
        self._decoder = decoder
        self._keyless = {table.name for table in tables if table.is_keyless}
        self._fail = fail
        self._keys = NaturalKeys(plan)
        self._open: dict[Place, Tail] = {}  # deletes that were applied while their transaction went on

    def positions(self, earliest: Mapping[Place, int]) -> Mapping[Place, int]:
        """Where to read from: the stored positions, seeded where the topic still starts at 0."""
        with self._target.transaction() as work:
            return work.positions.load(earliest)

    def apply(self, chunks: Sequence[Chunk], may_hold: Collection[Place] = ()) -> Applied:
        """Apply the chunks in one transaction, trying again while other workers are in the way.

        They are applied whole, but in these partitions without their last transaction where that deletes a row whose
        natural key has not come back yet: the rest, given back as ``held``, is to be applied with what follows it.

        PositionMoved when a stored position differs from a chunk's start; SelarasError (gap) when records are
        missing inside a chunk, (stale) when the mapping in force is not the one of this process.
        """
        whole = [self._decoded(chunk) for chunk in merged(chunks)]
        tails = {part.place: tail for part in whole if (tail := self._keys.tail(part.records)) is not None}
        waiting = {place: tail.begin for place, tail in tails.items() if tail.may_wait and place in may_hold}
        batch = [part.until(waiting[part.place]) if part.place in waiting else part for part in whole]
        held = [part.chunk.since(part.chunk.start + waiting[part.place]) for part in whole if part.place in waiting]
        applied = self._apply([part for part in batch if part.chunk.records])
        transient = self._note_open(batch, {place: tail for place, tail in tails.items() if place not in waiting})
        return replace(applied, held=held, transient=transient)

    def _note_open(self, batch: Sequence[_Decoded], tails: Mapping[Place, Tail]) -> int:
        """Remember what was applied half; how many keys of what was remembered have come back."""
        count = 0
        for part in batch:
            if part.records and (known := self._open.pop(part.place, None)) is not None:
                returned = self._keys.returned(known, part.records)
                count += len(returned)
                if (rest := known.without(returned, part.records)) is not None:
                    self._open[part.place] = rest
        for place, tail in tails.items():
            self._open[place] = tail.joined(self._open.get(place))
        return count

    def _apply(self, batch: Sequence[_Decoded]) -> Applied:
        if not batch:
            return Applied()
        again = Again()
        for _ in range(MOST_TRIES):
            try:
                return self._try(batch, again)
            except (NeedLocks, TargetRefused) as error:
                again.learn(error)
        raise SelarasError(ErrorKind.CONFLICT, f"A batch found keys locked {MOST_TRIES} times in a row.")

    def _decoded(self, chunk: Chunk) -> _Decoded:
        if not chunk.is_whole:
            raise SelarasError(
                ErrorKind.GAP,
                f"Topic {chunk.topic}, partition {chunk.partition}: {chunk.end - chunk.start} offsets from "
                f"{chunk.start} hold {len(chunk.records)} records.",
                "check that the topic is neither compacted nor cut short, then load its table again",
            )
        records = [self._decoder.decode(chunk.topic, record) for record in chunk.records]
        return _Decoded(chunk, records, [event for events in records for event in events])

    def _try(self, batch: Sequence[_Decoded], again: Again) -> Applied:
        truncates = [event for part in batch for event in part.events if isinstance(event, Truncated)]
        with self._target.transaction() as work:
            in_force = work.guard.enter(exclusive=bool(truncates))
            check_in_force(in_force, self._plan)
            if lacking := {column for part in batch for column in part.lacking}:
                work.lacking.tell(lacking)
            touched = TouchedRows(self._plan, work, anew=not in_force.recomputed)
            truncates = [event for event in truncates if not _is_counted(event, in_force.counted_in)]
            for truncate in truncates:
                touched.note(truncate.table, work.mirror.truncate(truncate))
            watermarks = work.positions.take([part.advance for part in batch])
            if watermarks is None:
                raise PositionMoved
            self._fail.reach("after_positions")
            truncations = [*truncates, *(t for known in in_force.truncations.values() for t in known)]
            duplicates = self._mirror(work, batch, _Before(watermarks, truncations, in_force.counted_in), touched)
            self._fail.reach("after_mirror")
            settled = Pass(self._plan, work, in_force.writable, again, _as_of(batch)).run(touched)
            malformed = _leave_evidence(work, batch)
            self._fail.reach("before_commit")
        self._fail.reach("after_commit")
        return Applied(sum(len(part.chunk.records) for part in batch), malformed, duplicates, settled)

    def _mirror(self, work: UnitOfWork, batch: Sequence[_Decoded], before: "_Before", touched: TouchedRows) -> int:
        newest: dict[str, dict[tuple[object, ...], Change]] = {}
        duplicates = 0
        for part in batch:
            changes = [event for event in part.events if isinstance(event, Change)]
            if changes and changes[0].table in self._keyless:
                place = (part.chunk.topic, part.chunk.partition)
                once = first_deliveries(changes, before.watermarks[place])
                duplicates += len(changes) - len(once)
                _count(work, place, once, before, touched)
                continue
            for change in changes:
                for counted in (
                    truncated(change, before.truncations, keyless=False) if before.truncations else (change,)
                ):
                    coalesce(newest.setdefault(change.table, {}), counted)
        for table in sorted(newest):
            touched.note(table, work.mirror.write(table, list(newest[table].values())))
        return duplicates


@dataclass(frozen=True, slots=True)
class _Before:
    """What was known before the batch: watermarks by partition, truncations, snapshots of counts by keyless table."""

    watermarks: Mapping[Place, Watermark]
    truncations: Sequence[Truncated]
    counted_in: Mapping[str, Snapshot]


def _as_of(batch: Sequence[_Decoded]) -> AsOf | None:
    changes = (event for part in batch for event in part.events if isinstance(event, Change | Truncated))
    newest = max(changes, key=lambda change: change.position, default=None)
    return None if newest is None else AsOf(newest.position, newest.committed_ms)


def _count(work: UnitOfWork, place: Place, once: Sequence[Change], before: _Before, touched: TouchedRows) -> None:
    once = [change for change in once if not _is_counted(change, before.counted_in)]
    if not once:
        return
    table, partition = once[0].table, place[1]
    last = next((change.transaction for change in reversed(once) if change.snapshot), None)
    if last is not None and last != before.watermarks[place].snapshot_tx:
        touched.note(table, work.mirror.forget_snapshot(table, partition))
    counted = [
        effect
        for change in once
        if not change.snapshot or change.transaction == last
        for effect in truncated(change, before.truncations, keyless=True)
    ]
    touched.note(table, work.mirror.count(table, partition, counted))


def _is_counted(event: Change | Truncated, counted_in: Mapping[str, Snapshot]) -> bool:
    """Whether a keyless table's counts, taken anew since, hold the event: their snapshot shows its transaction."""
    snapshot = counted_in.get(event.table)
    return snapshot is not None and snapshot.shows(event.transaction)


def check_in_force(in_force: InForce, plan: Plan) -> None:
    """SelarasError (stale) unless the mapping and reference data in force are those that this process computes with."""
    if (in_force.mapping, in_force.reference) != (plan.mapping, plan.reference):
        raise SelarasError(
            ErrorKind.STALE,
            "Another version of the mapping or of the reference data is in force than this process has read.",
            "run 'selaras sync recompute' to put the version of these files in force, or start from the other files",
        )


def coalesce(newest: dict[tuple[object, ...], Change], change: Change) -> None:
    """Keep the newer of two changes of one row, by source position and transaction; of equals the later read."""
    known = newest.get(change.identity)
    if known is None or (known.position, known.transaction) <= (change.position, change.transaction):
        newest[change.identity] = change


def first_deliveries(changes: Sequence[Change], watermark: Watermark) -> list[Change]:
    """Of a keyless table's changes in one partition, those that were not delivered before.

    Within a partition the log's order is kept, so that whatever lies at or below the newest place seen is a second
    delivery (the connector repeats records after a crash). A place is more than a log record: both halves of an
    update that changed the message key, and all rows of one COPY, share theirs. Re-reads are left out: contents can
    be counted once only.
    """
    seen = (watermark.commit, watermark.record, watermark.order)
    once = []
    for change in changes:
        at = _place(change)
        if change.snapshot:
            once.append(change)
        elif change.operation is not Operation.READ and at > seen:
            once.append(change)
            seen = at
    return once


def _place(change: Change) -> tuple[int, int, int]:
    return change.position.commit, change.position.record, change.order


def _leave_evidence(work: UnitOfWork, batch: Sequence[_Decoded]) -> int:
    malformed = 0
    beats: list[Beat] = []
    for part in batch:
        bad = [event for event in part.events if isinstance(event, Malformed)]
        if bad:
            work.evidence.undecodable(part.chunk, bad)
        malformed += len(bad)
        beats += [event for event in part.events if isinstance(event, Beat)]
    if beats:
        work.evidence.beat(max(beats, key=lambda beat: beat.at_ms))
    return malformed
