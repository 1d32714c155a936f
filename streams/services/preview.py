"""What computing keys would change: every page is computed and rolled back."""

from collections.abc import Callable, Iterator, Sequence

from streams.ports.recomputing import added
from streams.ports.replication import UnitOfWork
from streams.services.computed import SAMPLES, Computed, sample
from streams.services.left_over import with_derived_ids
from streams.services.pages import Pages
from streams.services.settle import Settled

Report = Callable[[str, int], None]


class Preview:
    """Counts and samples; by the database's own comparison of what is there and what would be."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._target = pages.target
        self._plan = pages.plan

    def all(self, report: Report) -> Computed:
        """Every key of every projection; rows of no key are not looked for."""
        return self._of(tuple(self._plan.ranks), "", report, Computed())

    def of(self, name: str | None, where: str, report: Report) -> Computed:
        """Keys of all projections, of one, or of one whose first source's rows satisfy the SQL condition ``where``.

        Rows of no key are counted where all is computed; while others write, their number is near enough.
        """
        computed = Computed()
        names = tuple(self._plan.ranks) if name is None else (name,)
        if name is None:
            computed.left_over.update(dict.fromkeys(with_derived_ids(self._plan), 0))
        return self._of(names, where, report, computed)

    def _of(self, names: Sequence[str], where: str, report: Report, computed: Computed) -> Computed:
        computed.rekeyed.update({} if where else self._rekeyed(names, report))
        for name in names:
            computed.keys[name], computed.differing[name], computed.removed[name] = {}, 0, 0
            done = held = 0
            for keys in self._pages.of(name, where=where):
                held += self._held(name, keys) if name in computed.left_over else 0
                settled = self._pages.compute({name: set(keys)}, keep=False)
                self._note(name, keys, settled, computed)
                done += len(keys)
                report(name, done)
            if name in computed.left_over:
                computed.left_over[name] = max(0, self._held(name, None) - held)
        return computed

    def _note(self, name: str, keys: Sequence[str], settled: Settled, computed: Computed) -> None:
        computed.add(name, settled.counts(name, keys))
        computed.differing[name] += settled.written_in.get(name, 0)
        computed.removed[name] += settled.deleted_in.get(name, 0)
        for other, count in added(settled.written_in, settled.deleted_in).items():
            if other != name and count:
                computed.along[other] = computed.along.get(other, 0) + count
        if settled.written or settled.deleted:
            for changed, count in added(settled.written_in, settled.deleted_in).items():
                if count:
                    self._sample(changed, settled, computed)

    def _sample(self, name: str, settled: Settled, computed: Computed) -> None:
        samples = computed.samples.setdefault(name, [])
        if len(samples) >= SAMPLES:
            return
        declaration, outcomes = self._plan.compiled(name).declaration, settled.outcomes[name]
        with self._target.transaction() as work:
            before = work.target.read(name, outcomes)
        known = {one.key for one in samples}
        for key in sorted(outcomes.keys() - known):
            found = sample(declaration, key, before.get(key), outcomes[key].row)
            if found is not None:
                samples.append(found)
            if len(samples) == SAMPLES:
                return

    def _held(self, name: str, keys: Sequence[str] | None) -> int:
        with self._target.transaction() as work:
            return work.left_over.count(name, keys)

    def _rekeyed(self, names: Sequence[str], report: Report) -> Iterator[tuple[str, int]]:
        for source in (one for sources in self._plan.derived.values() for one in sources):
            after: str | None = None
            done = count = 0
            while source.projection in names:
                page = self._pages.derive(source, after, keep=False, also=_nothing)
                if page is None:
                    break
                after, done, count = page[0], done + page[1], count + page[2]
                report(source.name, done)
            if count:
                yield source.name, count


def _nothing(_work: UnitOfWork, _last: str, _rows: int) -> None:
    """Progress of a preview is not remembered."""
