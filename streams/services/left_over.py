"""Target rows that no key yields any more: what a changed rule for ids or keys leaves behind."""

from collections.abc import Callable, Iterator

from streams.errors import ErrorKind, SelarasError
from streams.ports.recomputing import Step, added
from streams.ports.replication import InForce, UnitOfWork
from streams.projection.key_text import is_key_text
from streams.projection.outcome import OutcomeKind
from streams.projection.schema_change import paused
from streams.services.pages import PAGE, Pages
from streams.services.plan import Plan
from streams.services.replicate import check_in_force

Report = Callable[[str, int], None]


def check_newest(work: UnitOfWork, run: str) -> None:
    """SelarasError (conflict) when another run began since this one: whoever was thought alone has lost its lock."""
    if work.recomputing.begun() != run:
        raise SelarasError(
            ErrorKind.CONFLICT,
            "Another run that computes everything has begun since this one, which ends here: nothing is left undone.",
            "'selaras projection progress' shows how far the other one is",
        )


def with_derived_ids(plan: Plan) -> Iterator[str]:
    """The tables whose rows do not tell their keys, children before their parents."""
    for projection in reversed(plan.ordered):
        declaration = projection.declaration
        if not declaration.virtual and not is_key_text(declaration):
            yield declaration.target


class LeftOverRows:
    """Looks for candidates while others write, and removes them a page at a time under the exclusive lock, where it is
    looked at them again: nobody writes at that moment, and what was written since the run began is not left over.
    """

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._target = pages.target
        self._plan = pages.plan
        self._versions = pages.plan.mapping, pages.plan.reference

    def remove(self, run: str, report: Report) -> dict[str, Step]:
        """Remove them everywhere, after every key was computed and its id noted; by table, what was done.

        SelarasError (conflict) when the run is not the newest: what a newer one noted is not whole yet.
        """
        steps = {}
        for name in with_derived_ids(self._plan):
            with self._target.transaction() as work:
                step_name = f"{name} left over"
                step = work.recomputing.steps(self._versions).get(step_name, Step(step_name))
            steps[name] = self._remove(name, step, run, report)
        return steps

    def _remove(self, name: str, step: Step, run: str, report: Report) -> Step:
        while ids := self._candidates(name, step.after):
            with self._target.transaction() as work:
                in_force = work.guard.enter(exclusive=True)
                check_in_force(in_force, self._plan)
                check_newest(work, run)
                if not self._is_ours(name, in_force, work):
                    break
                count, kept = work.left_over.remove(name, ids)
                came_to: tuple[dict[str, int], ...] = ({"kept": len(kept)}, {}, {name: count})
                step = step.further(ids[-1], len(ids), *came_to)
                work.recomputing.put(self._versions, step)
            report(step.name, step.done)
        return step

    def _candidates(self, name: str, after: str | None) -> list[str]:
        with self._target.transaction() as work:
            in_force = work.guard.enter()
            check_in_force(in_force, self._plan)
            is_ours = self._is_ours(name, in_force, work)
            return list(work.left_over.find(name, after, PAGE)) if is_ours else []

    def _is_ours(self, name: str, in_force: InForce, work: UnitOfWork) -> bool:
        """Where the new side leads, or what a rule reads is missing, the rows are not ours to remove."""
        waiting = paused([one.declaration for one in self._plan.ordered], work.lacking.columns())
        return name in in_force.writable and name not in waiting

    def try_refused(self, report: Report) -> dict[str, dict[str, int]]:
        """Once more the keys whose rows the target refused, perhaps for a row that has gone since then: one that held
        a value which only one row may hold. By projection, what that changes in the keys' outcomes.
        """
        changed: dict[str, dict[str, int]] = {}
        for name in self._plan.ranks:
            after: str | None = None
            while True:
                with self._target.transaction() as work:
                    keys = work.left_over.refused(name, after, PAGE)
                if not keys:
                    break
                settled = self._pages.compute({name: set(keys)}, keep=True)
                came_to = added(settled.counts(name, keys), {OutcomeKind.QUARANTINED.value: -len(keys)})
                changed[name] = added(changed.get(name, {}), came_to)
                after = keys[-1]
                report(name, len(keys))
        return changed
