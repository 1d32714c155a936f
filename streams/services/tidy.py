"""Housekeeping behind a barrier: tombstones that have done their work, old lists of touched keys."""

from dataclasses import dataclass

from streams.errors import ErrorKind, SelarasError
from streams.ports.capture import LegacyMarks
from streams.ports.replication import Target
from streams.services.barrier import Barrier
from streams.services.plan import Plan

TOUCHED_HOURS = 24  # how long lists of touched keys are kept for whoever verifies them


@dataclass(frozen=True, slots=True)
class Tidied:
    """What was taken away."""

    tombstones: int
    truncations: int
    touched: int


@dataclass(frozen=True, slots=True)
class Tidy:
    """Takes away what no comparison needs any more."""

    marks: LegacyMarks
    barrier: Barrier
    target: Target
    plan: Plan
    keyless: frozenset[str]

    def run(self, deadline_s: float) -> Tidied:
        """Pass a barrier, then tidy what lies below the token before it. SelarasError (unavailable) if it hangs.

        A change carries the commit *before* its own: what lies below the first token was committed before that
        token's commit, and the barrier's own, second token proves that commit applied.
        """
        floor = self.marks.token("tidy")
        passed = self.barrier.pass_(deadline_s)
        if not passed.passed:
            raise SelarasError(
                ErrorKind.UNAVAILABLE,
                f"The barrier was not passed ({passed.hung}): {passed.reason}",
                "see that the worker runs ('selaras status'); nothing was taken away",
            )
        tombstones = 0
        for table, key in self._keys():
            with self.target.transaction() as work:
                work.guard.enter()
                tombstones += work.tidying.drop_outranked(table, key, floor)
        with self.target.transaction() as work:
            work.guard.enter(exclusive=True)
            truncations = work.tidying.drop_truncations(floor)
            touched = work.tidying.drop_touched(TOUCHED_HOURS)
        return Tidied(tombstones, truncations, touched)

    def _keys(self) -> list[tuple[str, str]]:
        """Tables whose rows one key tells apart: where projections disagree, a row that one outranks serves another."""
        keys: dict[str, set[str]] = {}
        for compiled in self.plan.ordered:
            for source in compiled.declaration.sources:
                keys.setdefault(source.table, set()).add(source.key)
        return sorted((t, next(iter(k))) for t, k in keys.items() if len(k) == 1 and t not in self.keyless)
