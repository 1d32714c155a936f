"""Every key computed again: to put another mapping in force, or to prove that nothing would change."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from streams.errors import ErrorKind, SelarasError
from streams.ports.replication import Target
from streams.services.plan import DerivedSource, Plan
from streams.services.replicate import MOST_TRIES, check_in_force
from streams.services.settle import Again, NeedLocks, Pass, Settled, TargetRefused

PAGE = 1000  # keys in one transaction
Report = Callable[[str, int], None]
"""Told after each page: projection, keys done of it so far."""


class _Undo(Exception):
    """Rolls a transaction back on purpose."""


@dataclass(frozen=True, slots=True)
class Computed:
    """What computing everything came to, by projection: keys by outcome, rows that differed, rows that had to go."""

    keys: dict[str, dict[str, int]]
    differing: dict[str, int]
    removed: dict[str, int]

    @property
    def changes(self) -> int:
        """Rows that were not as the mapping says."""
        return sum(self.differing.values()) + sum(self.removed.values())


class Recompute:
    """Goes over all keys of all projections, in key order, a transaction a page."""

    def __init__(self, target: Target, plan: Plan) -> None:
        self._target = target
        self._plan = plan

    def adopt(self) -> bool:
        """Put this mapping in force where none was yet; False if another one is. Nothing is computed."""
        with self._target.transaction() as work:
            in_force = work.guard.enter(exclusive=True)
            if not in_force.mapping:
                work.guard.put_in_force(self._plan.mapping, self._plan.reference, self._plan.ranks)
                work.guard.recomputed()
                return True
            return (in_force.mapping, in_force.reference) == (self._plan.mapping, self._plan.reference)

    def run(self, report: Report) -> Computed:
        """Put this mapping in force, then compute everything.

        In this order: workers with another mapping stop at their next batch, so that none writes by the old rules
        behind the pages that are done. Killed half-way, the next run starts over; until it ends, the version is
        marked as not recomputed.
        """
        with self._target.transaction() as work:
            work.guard.enter(exclusive=True)
            work.guard.put_in_force(self._plan.mapping, self._plan.reference, self._plan.ranks)
        self._derive_keys(report, keep=True)
        computed = self._all(report, keep=True)
        with self._target.transaction() as work:
            work.guard.enter(exclusive=True)
            work.guard.recomputed()
        return computed

    def differences(self, report: Report) -> Computed:
        """Compute everything and roll every page back: how much would change, by the database's own comparison.

        SelarasError (stale) unless these files are the ones in force: else the answer would be about other rules.
        """
        with self._target.transaction() as work:
            check_in_force(work.guard.enter(), self._plan)
        derived = self._derive_keys(report, keep=False)
        computed = self._all(report, keep=False)
        for name, count in derived.items():
            computed.differing[name] += count
        return computed

    def keys(self, name: str, keys: Collection[str]) -> Settled:
        """Compute these keys of one projection under the mapping in force, and keep the result.

        SelarasError (stale) unless these files are the ones in force.
        """
        with self._target.transaction() as work:
            check_in_force(work.guard.enter(), self._plan)
        return self._page({name: set(keys)}, keep=True)

    def _derive_keys(self, report: Report, *, keep: bool) -> dict[str, int]:
        """Derive the keys beside the mirror's rows anew; by projection, how many rows had others.

        Keys that no row has any more are computed at once: nothing else would find what they left behind.
        """
        differing = dict.fromkeys(self._plan.ranks, 0)
        for source in (one for sources in self._plan.derived.values() for one in sources):
            after: str | None = None
            done = 0
            while (page := self._derived_page(source, after, keep=keep)) is not None:
                after, rows, count = page
                differing[source.projection] += count
                done += rows
                report(source.name, done)
        return differing

    def _derived_page(self, source: DerivedSource, after: str | None, *, keep: bool) -> tuple[str, int, int] | None:
        with self._target.transaction() as work:
            work.guard.enter()
            rows = work.row_keys.rows_after(source.name, after, PAGE)
            derived = {row.row: source.maker.keys(row.values, row.row) for row in rows}
            changed = [row for row in rows if set(derived[row.row]) != row.stored]
            if keep and changed:
                work.row_keys.put(source.name, {row.row: derived[row.row] for row in changed})
        if not rows:
            return None
        left = {key for row in changed for key in row.stored - set(derived[row.row])}
        if keep and left:
            self._page({source.projection: left}, keep=True)
        return rows[-1].row, len(rows), len(changed)

    def _all(self, report: Report, *, keep: bool) -> Computed:
        result = Computed({}, {}, {})
        for name in self._plan.ranks:
            done = 0
            counts: dict[str, int] = {}
            result.keys[name], result.differing[name], result.removed[name] = counts, 0, 0
            for keys in self._pages(name):
                settled = self._page({name: keys}, keep=keep)
                for kind, count in settled.counts(name, keys).items():
                    counts[kind] = counts.get(kind, 0) + count
                result.differing[name] += settled.written
                result.removed[name] += settled.deleted
                done += len(keys)
                report(name, done)
        return result

    def _pages(self, name: str) -> Iterator[set[str]]:
        after: str | None = None
        while True:
            with self._target.transaction() as work:
                keys = work.sources.keys_after(name, after, PAGE)
            if not keys:
                return
            yield set(keys)
            after = keys[-1]

    def _page(self, keys: Mapping[str, set[str]], *, keep: bool) -> Settled:
        again = Again()
        for _ in range(MOST_TRIES):
            settled = Settled()
            try:
                with self._target.transaction() as work:
                    in_force = work.guard.enter()
                    settled = Pass(self._plan, work, in_force.writable, again).run_keys(keys)
                    if not keep:
                        raise _Undo
            except _Undo:
                return settled
            except (NeedLocks, TargetRefused) as error:
                again.learn(error)
            else:
                return settled
        raise SelarasError(
            ErrorKind.CONFLICT, f"A page of {', '.join(keys)} found keys locked {MOST_TRIES} times in a row."
        )
