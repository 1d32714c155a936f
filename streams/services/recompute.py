"""Every key computed again: to put another mapping in force, or to prove that nothing would change."""

from collections.abc import Callable, Collection, Mapping, Sequence

from streams.errors import ErrorKind, SelarasError
from streams.ports.recomputing import ALONE, WHOLE, Step
from streams.ports.replication import InForce, Target, UnitOfWork
from streams.projection.key_text import is_key_text
from streams.services.computed import Computed
from streams.services.left_over import LeftOverRows, check_newest
from streams.services.pages import Pages
from streams.services.plan import DerivedSource, Plan
from streams.services.preview import Preview
from streams.services.replicate import check_in_force
from streams.services.settle import Settled

Report = Callable[[str, int], None]
"""Told after each page: projection, keys done of it so far."""


def is_under_way(work: UnitOfWork, plan: Plan) -> bool:
    """Whether a recompute under the plan's versions was begun and not ended."""
    whole = work.recomputing.steps((plan.mapping, plan.reference)).get(WHOLE)
    return whole is not None and not whole.finished


class Recompute:
    """Goes over all keys of all projections, in key order, a transaction a page.

    All keys are those of the mirror's rows, those that outcomes, claims and references remember, and those of target
    rows: where a row's id is not its key, the ids that keys gave are noted, and other rows are removed in the end.
    """

    def __init__(self, target: Target, plan: Plan) -> None:
        self._target = target
        self._plan = plan
        self._pages = Pages(target, plan)
        self._versions = plan.mapping, plan.reference

    @property
    def size(self) -> int:
        """How many steps a whole run has: projections, and sources whose keys are derived."""
        return len(self._plan.ranks) + sum(len(sources) for sources in self._plan.derived.values())

    def adopt(self) -> bool:
        """Put this mapping in force where none was yet; False if another one is. Nothing is computed."""
        with self._target.transaction() as work:
            in_force = work.guard.enter(exclusive=True)
            if not in_force.mapping:
                work.guard.put_in_force(*self._versions, self._plan.ranks)
                work.guard.recomputed()
                return True
            return self._is_ours(in_force)

    def run(self, report: Report) -> Computed:
        """Put this mapping in force, then compute everything.

        In this order: workers with another mapping stop at their next batch, so that none writes by the old rules
        behind the pages that are done. Killed half-way, the next run under the same versions goes on where this one
        stopped, and one under others starts over; until it ends, the version is marked as not recomputed.
        SelarasError (conflict) when another run began meanwhile: this process has lost the lock that kept it alone.
        """
        run = self.begin()
        for source in (one for sources in self._plan.derived.values() for one in sources):
            self._derive(source, run, report)
        steps = {name: self._keys_of(name, self._step(name), report, run) for name in self._plan.ranks}
        rest = LeftOverRows(self._pages)
        left, tried = rest.remove(run, report), rest.try_refused(report)
        with self._target.transaction() as work:
            check_in_force(work.guard.enter(exclusive=True), self._plan)
            check_newest(work, run)
            work.guard.recomputed()
            work.recomputing.put(self._versions, Step(WHOLE).ended())
        computed = _came_to(steps)
        for name, counts in tried.items():
            computed.add(name, counts)
        computed.left_over.update({name: sum(step.deleted.values()) for name, step in left.items()})
        computed.kept.update({name: step.counts["kept"] for name, step in left.items() if step.counts.get("kept")})
        return computed

    def table(self, name: str, report: Report) -> Computed:
        """Compute every key of one projection under the versions in force; a run that was killed is gone on with.

        SelarasError (configuration) for an unknown table, (stale) unless these files are the ones in force.
        """
        self._require(name)
        step = self._step(f"{name} {ALONE}")
        return _came_to({name: self._keys_of(name, Step(step.name) if step.finished else step, report)})

    def chosen(self, name: str, where: str, report: Report) -> Computed:
        """Compute the keys of those rows of the projection's first source that satisfy ``where``; as ``table`` does.

        SelarasError (configuration) for a condition that can't be. Killed, it starts over.
        """
        self._require(name)
        step = Step(name)
        for keys in self._pages.of(name, where=where):
            settled = self._pages.compute({name: set(keys)}, keep=True)
            step = _further(step, name, keys, settled)
            report(name, step.done)
        return _came_to({name: step})

    def differences(self, report: Report) -> Computed:
        """Compute everything and roll every page back: how much would change, by the database's own comparison.

        SelarasError (stale) unless these files are the ones in force: else the answer would be about other rules.
        """
        with self._target.transaction() as work:
            check_in_force(work.guard.enter(), self._plan)
        return Preview(self._pages).all(report)

    def preview(self, name: str | None, where: str, report: Report) -> Computed:
        """What ``run``, ``table`` or ``chosen`` would change; nothing is kept, whatever versions are in force."""
        if name is not None:
            self._known(name)
        return Preview(self._pages).of(name, where, report)

    def keys(self, name: str, keys: Collection[str]) -> Settled:
        """Compute these keys of one projection under the mapping in force, and keep the result.

        SelarasError (stale) unless these files are the ones in force.
        """
        return self._pages.compute({name: set(keys)}, keep=True)

    @property
    def is_unfinished(self) -> bool:
        """Whether a run under these versions was begun and not ended."""
        with self._target.transaction() as work:
            return is_under_way(work, self._plan)

    def steps(self) -> Mapping[str, Step]:
        """How far the newest recompute under these versions has come."""
        with self._target.transaction() as work:
            return work.recomputing.steps(self._versions)

    def begin(self) -> str:
        """Put this mapping in force; what is then left to compute is remembered as an unfinished run: which one."""
        with self._target.transaction() as work:
            if not (self._is_ours(work.guard.enter(exclusive=True)) and is_under_way(work, self._plan)):
                work.guard.put_in_force(*self._versions, self._plan.ranks)
                work.recomputing.begin(self._versions)
            return work.recomputing.begun() or ""

    def _is_ours(self, in_force: InForce) -> bool:
        return (in_force.mapping, in_force.reference) == self._versions

    def _require(self, name: str) -> None:
        self._known(name)
        with self._target.transaction() as work:
            check_in_force(work.guard.enter(), self._plan)

    def _known(self, name: str) -> None:
        if name not in self._plan.ranks:
            raise SelarasError(
                ErrorKind.CONFIGURATION,
                f"There is no mapping of a table {name}.",
                f"take one of {', '.join(self._plan.ranks)}",
            )

    def _step(self, name: str) -> Step:
        return self.steps().get(name, Step(name))

    def _end(self, step: Step, run: str | None) -> Step:
        with self._target.transaction() as work:
            check_in_force(work.guard.enter(), self._plan)
            self._put(work, step.ended(), run)
        return step.ended()

    def _put(self, work: UnitOfWork, step: Step, run: str | None) -> None:
        """``run``: the whole run that the step belongs to, None for a table alone."""
        if run is not None:
            check_newest(work, run)
        work.recomputing.put(self._versions, step)

    def _derive(self, source: DerivedSource, run: str, report: Report) -> None:
        """Derive the keys beside the mirror's rows anew. What keys left behind that no row has any more is found by
        the later steps too, so that a kill between deriving and computing them loses nothing.
        """
        step = self._step(source.name)
        if step.finished:
            return

        def also(work: UnitOfWork, last: str, rows: int) -> None:
            self._put(work, step.further(last, rows, {}, {}, {}), run)

        while (page := self._pages.derive(source, step.after, keep=True, also=also)) is not None:
            step = step.further(page[0], page[1], {}, {}, {})
            report(source.name, step.done)
        self._end(step, run)

    def _keys_of(self, name: str, step: Step, report: Report, run: str | None = None) -> Step:
        if step.finished:
            report(name, step.done)
            return step
        for keys in self._pages.of(name, step.after):
            step = self._page(name, step, keys, run)
            report(name, step.done)
        return self._end(step, run)

    def _page(self, name: str, step: Step, keys: Sequence[str], run: str | None) -> Step:
        declaration = self._plan.compiled(name).declaration
        noted = not declaration.virtual and not is_key_text(declaration) and run is not None

        def also(work: UnitOfWork, _in_force: InForce, settled: Settled) -> None:
            self._put(work, _further(step, name, keys, settled), run)
            if noted:
                work.left_over.note(name, keys)

        return _further(step, name, keys, self._pages.compute({name: set(keys)}, keep=True, also=also))


def _further(step: Step, name: str, keys: Sequence[str], settled: Settled) -> Step:
    came_to = settled.counts(name, keys), settled.written_in, settled.deleted_in
    return step.further(keys[-1], len(keys), *came_to)


def _came_to(steps: Mapping[str, Step]) -> Computed:
    names = dict.fromkeys((*steps, *(name for s in steps.values() for name in (*s.written, *s.deleted))))
    return Computed(
        {name: dict(step.counts) for name, step in steps.items()},
        {name: sum(step.written.get(name, 0) for step in steps.values()) for name in names},
        {name: sum(step.deleted.get(name, 0) for step in steps.values()) for name in names},
    )
