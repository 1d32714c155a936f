"""Where a batch may end: not between a delete and the re-insert of the same natural key in one transaction.

Children that were deleted and inserted again unchanged, under new surrogate keys, then cause no write in the target:
both changes are in one batch, and the key is computed once.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import msgspec

from streams.changes.change import Change, Event, Operation
from streams.projection.converters import Refusal
from streams.projection.keys import KeyMaker
from streams.services.plan import Plan

MOST_HELD = 2000  # rows
NaturalKey = tuple[str, str]
"""Projection and source, and the key of a row in it."""

_decode = msgspec.json.Decoder(dict[str, object]).decode


@dataclass(frozen=True, slots=True)
class Tail:
    """The last transaction of a chunk, from record number ``begin``: rows deleted whose ``keys`` have not come back."""

    begin: int
    transaction: int
    keys: frozenset[NaturalKey]
    may_wait: bool

    def without(self, keys: Collection[NaturalKey], records: Sequence[Sequence[Event]]) -> "Tail | None":
        """What is still open of it behind these records; None when they end its transaction."""
        last = _changes(records[-1])
        rest = self.keys - set(keys)
        goes_on = bool(rest) and bool(last) and last[-1].transaction == self.transaction
        return replace(self, keys=rest) if goes_on else None

    def joined(self, before: "Tail | None") -> "Tail":
        """With what an earlier part of the same transaction left open, as far as there is room: the newest first.

        What is not remembered is only not counted as transient when it comes back.
        """
        room = MOST_HELD - len(self.keys)
        if before is None or room <= 0:
            return self
        return replace(self, keys=self.keys | frozenset(islice(before.keys - self.keys, room)))


class NaturalKeys:
    """The keys that projections make of legacy rows."""

    def __init__(self, plan: Plan) -> None:
        self._makers: dict[str, list[tuple[str, Callable[[Mapping[str, object]], Iterable[str]]]]] = {}
        for projection in plan.ordered:
            for source in projection.declaration.sources:
                maker = projection.key_makers.get(source.name)
                make = _derived(maker) if maker is not None else _plain(source.key)
                name = f"{projection.declaration.target}.{source.name}"
                self._makers.setdefault(source.table, []).append((name, make))

    def of(self, table: str, image: bytes | None) -> set[NaturalKey]:
        """The keys of a row, by its image in the event."""
        makers = self._makers.get(table)
        if not makers or image is None:
            return set()
        row = _decode(image)
        return {(name, key) for name, make in makers for key in make(row)}

    def tail(self, records: Sequence[Sequence[Event]]) -> Tail | None:
        """What a chunk's end leaves open; ``records``: the events of each record. None if nothing is."""
        last = _changes(records[-1]) if records else None
        if not last:
            return None
        transaction, begin = last[-1].transaction, len(records)
        changes: list[Sequence[Change]] = []
        while begin and len(changes) <= MOST_HELD:
            found = _changes(records[begin - 1])
            if not found or found[0].transaction != transaction:
                break
            changes.append(found)
            begin -= 1
        ordered = [change for found in reversed(changes) for change in found]
        if not any(change.operation is Operation.DELETE for change in ordered):
            return None
        keys = self._gone(ordered)
        return Tail(begin, transaction, frozenset(keys), len(changes) <= MOST_HELD) if keys else None

    def _gone(self, changes: Iterable[Change]) -> set[NaturalKey]:
        keys: set[NaturalKey] = set()
        for change in changes:
            if change.operation is Operation.DELETE:
                keys |= self.of(change.table, change.before)
            elif keys:
                keys -= self.of(change.table, change.after)
        return keys

    def returned(self, tail: Tail, records: Sequence[Sequence[Event]]) -> set[NaturalKey]:
        """Of a tail's keys, those that the next records of its transaction bring back."""
        found: set[NaturalKey] = set()
        for record in records[:MOST_HELD]:
            changes = _changes(record)
            if not changes or changes[0].transaction != tail.transaction:
                break
            for change in changes:
                if change.operation is not Operation.DELETE:
                    found |= self.of(change.table, change.after) & tail.keys
        return found


def _changes(events: Sequence[Event]) -> list[Change]:
    """The changes of a record that the log told; none for rows that were read, and for anything else."""
    return [event for event in events if isinstance(event, Change) and event.operation is not Operation.READ]


def _plain(column: str) -> Callable[[Mapping[str, object]], Iterable[str]]:
    def make(row: Mapping[str, object]) -> Iterable[str]:
        value = row.get(column)
        return () if value is None else (str(value),)

    return make


def _derived(maker: KeyMaker) -> Callable[[Mapping[str, object]], Iterable[str]]:
    def make(row: Mapping[str, object]) -> Iterable[str]:
        try:
            return maker.derive(row)
        except (Refusal, KeyError):  # a key that no rule reads, or a row without the column: nothing to wait for
            return ()

    return make
