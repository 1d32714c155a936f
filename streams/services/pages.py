"""Keys computed page by page, a short transaction each: live changes go on between two of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from streams.errors import ErrorKind, SelarasError
from streams.ports.replication import InForce, Target, UnitOfWork
from streams.services.plan import DerivedSource, Plan
from streams.services.replicate import MOST_TRIES, check_in_force
from streams.services.settle import Again, NeedLocks, Pass, Settled, TargetRefused

PAGE = 1000  # keys in one transaction
Also = Callable[[UnitOfWork, InForce, Settled], None]
"""What else happens in the transaction of a page."""


class _Undo(Exception):
    """Rolls a transaction back on purpose."""


class Pages:
    """Computes keys of one plan. ``keep``: under the versions in force, else SelarasError (stale)."""

    def __init__(self, target: Target, plan: Plan) -> None:
        self.target = target
        self.plan = plan

    def of(self, name: str, after: str | None = None, where: str = "") -> Iterator[Sequence[str]]:
        """The keys of a projection in order, a page at a time; ``where``: only those of such rows."""
        while True:
            with self.target.transaction() as work:
                if where:
                    keys = work.sources.keys_where(name, where, after, PAGE)
                else:
                    keys = work.sources.keys_after(name, after, PAGE)
            if not keys:
                return
            yield keys
            after = keys[-1]

    def compute(self, keys: Mapping[str, set[str]], *, keep: bool, also: Also | None = None) -> Settled:
        """Compute these keys by projection, and whoever depends on them; ``keep`` False rolls everything back."""
        again = Again()
        for _ in range(MOST_TRIES):
            settled = Settled()
            try:
                with self.target.transaction() as work:
                    in_force = work.guard.enter()
                    if keep:
                        check_in_force(in_force, self.plan)
                    elif (in_force.mapping, in_force.reference) != (self.plan.mapping, self.plan.reference):
                        # As if it were in force, until the page is rolled back: new tables are written too.
                        work.guard.put_in_force(self.plan.mapping, self.plan.reference, self.plan.ranks)
                        in_force = work.guard.enter()
                    settled = Pass(self.plan, work, in_force.writable, again).run_keys(keys)
                    if also is not None:
                        also(work, in_force, settled)
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

    def derive(
        self, source: DerivedSource, after: str | None, *, keep: bool, also: Callable[[UnitOfWork, str, int], None]
    ) -> tuple[str, int, int] | None:
        """Derive the keys of the next rows of a source; the last row, rows and changed rows, or None after the end.

        Keys that no row has any more are computed at once. ``also``: told the last row and their number.
        """
        with self.target.transaction() as work:
            in_force = work.guard.enter()
            if keep:
                check_in_force(in_force, self.plan)
            rows = work.row_keys.rows_after(source.name, after, PAGE)
            derived = {row.row: source.maker.keys(row.values, row.row) for row in rows}
            changed = [row for row in rows if set(derived[row.row]) != row.stored]
            if keep and changed:
                work.row_keys.put(source.name, {row.row: derived[row.row] for row in changed})
            if rows:
                also(work, rows[-1].row, len(rows))
        if not rows:
            return None
        left = {key for row in changed for key in row.stored - set(derived[row.row])}
        if keep and left:
            self.compute({source.projection: left}, keep=True)
        return rows[-1].row, len(rows), len(changed)
