"""How far a recompute has come, and target rows that no key yields any more."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

Versions = tuple[str, str]
"""Fingerprints of the mapping and of the reference data."""

WHOLE = "*"
"""Name of the step that stands for computing everything: it is finished when all others are."""

ALONE = "alone"
"""Last word of the name of a step that computes one table and is no part of computing everything."""


@dataclass(frozen=True, slots=True)
class Step:
    """A part of a recompute: the keys of one projection, or the rows of one source whose keys are derived.

    ``after``: the last key or row that is done; ``done``: how many are; ``counts``: by outcome; ``written``,
    ``deleted``: target rows by projection, those of dependent keys included.
    """

    name: str
    after: str | None = None
    done: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    written: Mapping[str, int] = field(default_factory=dict)
    deleted: Mapping[str, int] = field(default_factory=dict)
    finished: bool = False

    def further(self, after: str, done: int, *came_to: Mapping[str, int]) -> "Step":
        """The step with one more page; ``came_to``: what to add to counts, written, deleted."""
        held = (self.counts, self.written, self.deleted)
        counts, written, deleted = (added(*pair) for pair in zip(held, came_to, strict=True))
        return Step(self.name, after, self.done + done, counts, written, deleted)

    def ended(self) -> "Step":
        """The step with nothing left to do."""
        return replace(self, finished=True)


def added(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    """Counts by name, summed up."""
    return {name: one.get(name, 0) + other.get(name, 0) for name in {**one, **other}}


class Recomputing(Protocol):
    """Remembers the steps, so that a run that was killed goes on where it stopped."""

    def steps(self, versions: Versions) -> Mapping[str, Step]:
        """By name, the steps that were begun under these versions."""

    def put(self, versions: Versions, step: Step) -> None:
        """Remember where the step stands."""

    def begin(self, versions: Versions) -> None:
        """Forget every step and every value noted; ``WHOLE`` begins. Needs the exclusive lock."""

    def begun(self) -> str | None:
        """Which run began last, by a name that no other run of this target has; None where none did.

        Read it under the slice's lock: then no other run begins before the transaction ends.
        """


class LeftOver(Protocol):
    """Rows of the target whose id no key gives any more: where the key is not the id, only a whole run can tell."""

    def note(self, projection: str, keys: Collection[str]) -> None:
        """Remember the ids that these keys give, until the next run begins."""

    def find(self, projection: str, after: str | None, limit: int) -> Sequence[str]:
        """The next ids (as text, in order) of rows whose id was not noted and that nobody has written since ``begin``.

        Whoever wrote since then did so by the rules in force, so that such a row is some key's.
        """

    def remove(self, projection: str, ids: Collection[str]) -> tuple[int, Mapping[str, str]]:
        """Remove those that are still left over; how many, and ids whose row must stay (why).

        Needs the exclusive lock, so that nobody is about to write one of them.
        """

    def take(self, projection: str, ids: Collection[str]) -> tuple[Collection[str], Mapping[str, str]]:
        """Remove these rows, whoever wrote them and whenever: the ids that were there, and those whose row stays (why).

        Until the transaction ends, whoever computes a key that gives one of the ids waits, even where nothing would
        differ. So a look at all keys after this, in this transaction, sees every key that was computed before.
        """

    def refused(self, projection: str, after: str | None, limit: int) -> Sequence[str]:
        """The next keys that the target refused: a row that is gone now may have been in their way."""

    def count(self, projection: str, keys: Collection[str] | None = None) -> int:
        """Rows of the target: of these keys, or (None) all."""
