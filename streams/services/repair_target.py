"""Mending rows of the target: keys are computed again, and rows that no key gives are taken away."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from streams.ports.replication import UnitOfWork
from streams.projection.key_text import is_key_text
from streams.projection.schema_change import paused
from streams.services.computed import Sample, sample
from streams.services.pages import PAGE, Pages
from streams.services.replicate import check_in_force
from streams.services.settle import Settled


class _Undo(Exception):
    """Rolls a transaction back on purpose."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of rows by their ids. ``kept``: why the row stays; ``given``: the key that gives the id after all."""

    gone: frozenset[str] = frozenset()
    kept: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)


class TargetMender:
    """Goes through the pass that computes all other keys. SelarasError (stale) unless its mapping is in force."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._plan = pages.plan
        self._target = pages.target

    @property
    def tables(self) -> Sequence[str]:
        """Every projection, those that others look up first."""
        return tuple(self._plan.ranks)

    def why_not(self, table: str) -> str:
        """Why rows of this table are not ours to mend now; empty when they are."""
        with self._target.transaction() as work:
            in_force = work.guard.enter()
            check_in_force(in_force, self._plan)
            waiting = paused([one.declaration for one in self._plan.ordered], work.lacking.columns())
        if table not in in_force.writable:
            return "the new side leads this table"
        return "a legacy column that its mapping needs is missing" if table in waiting else ""

    def has_ids(self, table: str) -> bool:
        """Whether rows of this table do not tell their keys."""
        declaration = self._plan.compiled(table).declaration
        return not declaration.virtual and not is_key_text(declaration)

    def keys(self, table: str, keys: Collection[str], *, keep: bool = True) -> Settled:
        """Compute these keys; those that they look up first, whatever the target holds of them, and whoever depends on
        any of these after them. So a child is never mended by a parent's wrong row, nor for want of it.
        """
        return self._pages.compute(self.with_parents(table, keys), keep=keep)

    def with_parents(self, table: str, keys: Collection[str]) -> dict[str, set[str]]:
        """By projection: these keys, those that they look up, and so on."""
        wanted = {table: set(keys)}
        with self._target.transaction() as work:
            for compiled in reversed(self._plan.ordered):
                name = compiled.declaration.target
                mine = wanted.get(name)
                if not mine or not compiled.declaration.lookups:
                    continue
                rows = work.sources.read(name, mine)
                for key in mine:
                    for lookup, other in compiled.lookup_keys(key, compiled.choose(rows.get(key, {}))):
                        if other is not None:
                            wanted.setdefault(lookup.projection, set()).add(other)
        return wanted

    def pages(self, table: str) -> Iterator[Sequence[str]]:
        """All keys of a table, a page at a time."""
        return self._pages.of(table)

    def rows(self, table: str, ids: Collection[str], *, keep: bool = True) -> Taken:
        """Take away rows that no key gives; a walk over all keys of the table tells which these are.

        The rows go first, then the keys are looked at, then all of it is kept or undone: whoever is about to write a
        row with one of the ids waits, and whoever wrote one before is seen.
        """
        given: dict[str, str] = {}
        while left := set(ids) - given.keys():
            try:
                with self._target.transaction() as work:
                    check_in_force(work.guard.enter(), self._plan)
                    gone, kept = work.left_over.take(table, left)
                    met = self._met(work, table, left)
                    if met or not keep:
                        raise _Undo
            except _Undo:
                if not met:
                    return Taken(frozenset(gone), kept, given)
                given |= met
            else:
                return Taken(frozenset(gone), kept, given)
        return Taken(given=given)

    def keys_of(self, table: str, ids: Collection[str]) -> Mapping[str, str]:
        """By id, the key that gives it, as far as one does."""
        if not self.has_ids(table):
            return {one: one for one in ids}
        with self._target.transaction() as work:
            return self._met(work, table, ids)

    def changes(self, table: str, keys: Collection[str], settled: Settled) -> Mapping[str, Sample]:
        """Of what was computed and not kept: by key, in which columns its row would change, masked."""
        declaration, outcomes = self._plan.compiled(table).declaration, settled.outcomes[table]
        with self._target.transaction() as work:
            before = work.target.read(table, keys)
        found = ((key, sample(declaration, key, before.get(key), outcomes[key].row)) for key in keys)
        return {key: one for key, one in found if one is not None}

    def _met(self, work: UnitOfWork, table: str, ids: Collection[str]) -> dict[str, str]:
        compiled = self._plan.compiled(table)
        wanted, met = set(ids), dict[str, str]()
        after: str | None = None
        while wanted - met.keys() and (keys := work.sources.keys_after(table, after, PAGE)):
            values = ((compiled.key_value(key), key) for key in keys)
            met |= {str(value): key for value, key in values if value is not None and str(value) in wanted}
            after = keys[-1]
        return met
