"""Housekeeping behind a barrier: tombstones that have done their work, old lists of touched keys, old history."""

from collections.abc import Collection
from dataclasses import dataclass

from streams.errors import ErrorKind, SelarasError
from streams.ports.capture import LegacyMarks
from streams.ports.key_states import HistoryBounds
from streams.ports.replication import OutrankedBy, Target
from streams.services.barrier import Barrier
from streams.services.plan import Plan
from streams.services.recompute import is_under_way
from streams.services.replicate import check_in_force

TOUCHED_HOURS = 24  # how long lists of touched keys are kept for whoever verifies them


@dataclass(frozen=True, slots=True)
class Tidied:
    """What was taken away."""

    tombstones: int
    truncations: int
    touched: int
    history: int


@dataclass(frozen=True, slots=True)
class Tidy:
    """Takes away what no comparison needs any more."""

    marks: LegacyMarks
    barrier: Barrier
    target: Target
    plan: Plan
    keyless: frozenset[str]
    history: HistoryBounds

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
        for table, keys in outranked_by(self.plan, self.keyless):
            with self.target.transaction() as work:
                # Alone, or a batch could compute a key of the very row that goes; and never while keys are derived
                # anew, when a row without keys seems to be needed by none.
                check_in_force(work.guard.enter(exclusive=True), self.plan)
                if is_under_way(work, self.plan):
                    break
                tombstones += work.tidying.drop_outranked(table, keys, floor)
        with self.target.transaction() as work:
            work.guard.enter(exclusive=True)
            truncations = work.tidying.drop_truncations(floor)
            touched = work.tidying.drop_touched(TOUCHED_HOURS)
        with self.target.transaction() as work:
            history = work.tidying.drop_history(self.history)
        return Tidied(tombstones, truncations, touched, history)


def outranked_by(plan: Plan, keyless: Collection[str] = ()) -> list[tuple[str, OutrankedBy]]:
    """By table with a primary key, everything that tells its rows apart for some projection."""
    columns: dict[str, set[str]] = {}
    derived: dict[str, set[str]] = {}
    for compiled in plan.ordered:
        for source in compiled.declaration.sources:
            if source.is_derived:
                derived.setdefault(source.table, set()).add(f"{compiled.declaration.target}.{source.name}")
            else:
                columns.setdefault(source.table, set()).add(source.key)
    return [
        (table, OutrankedBy(tuple(sorted(columns.get(table, ()))), tuple(sorted(derived.get(table, ())))))
        for table in sorted({*columns, *derived})
        if table not in keyless
    ]
