"""Every key computed again: to put another mapping in force, or to prove that nothing would change."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from streams.errors import ErrorKind, SelarasError
from streams.ports.replication import Target
from streams.services.plan import Plan
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
        return self._all(report, keep=False)

    def _all(self, report: Report, *, keep: bool) -> Computed:
        result = Computed({}, {}, {})
        for name in self._plan.ranks:
            done = 0
            counts: dict[str, int] = {}
            result.keys[name], result.differing[name], result.removed[name] = counts, 0, 0
            for keys in self._pages(name):
                settled = self._page(name, keys, keep=keep)
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

    def _page(self, name: str, keys: set[str], *, keep: bool) -> Settled:
        again = Again()
        for _ in range(MOST_TRIES):
            settled = Settled()
            try:
                with self._target.transaction() as work:
                    in_force = work.guard.enter()
                    settled = Pass(self._plan, work, in_force.writable, again).run_keys({name: keys})
                    if not keep:
                        raise _Undo
            except _Undo:
                return settled
            except (NeedLocks, TargetRefused) as error:
                again.learn(error)
            else:
                return settled
        raise SelarasError(ErrorKind.CONFLICT, f"A page of {name} found keys locked {MOST_TRIES} times in a row.")
