"""The proof that both sides are equal under the mapping: legacy = mirror, and target = f(mirror)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from streams.ports.checks import MirrorComparison, TableComparison, TargetCounts
from streams.services.barrier import Barrier, BarrierResult
from streams.services.computed import Computed
from streams.services.recompute import Recompute

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Proof:
    """What was compared, with counts. ``rows``: rows of each target table; every one must be some key's row."""

    barrier: BarrierResult
    tables: tuple[TableComparison, ...] = ()
    computed: Computed | None = None
    rows: Mapping[str, int] | None = None

    @property
    def next_step(self) -> str:
        """What to do about a proof that did not come out; empty when it did."""
        if self.equal:
            return ""
        if not self.barrier.passed:
            return "see 'selaras status': capture and a worker must run; then prove again"
        return (
            "if somebody writes to the legacy database, stop that and prove again; else 'selaras load reread TABLE' "
            "for a table that differs from its mirror, 'selaras sync recompute' for target rows that differ"
        )

    @property
    def equal(self) -> bool:
        """Whether everything was compared and nothing differs."""
        if not self.barrier.passed or self.computed is None or self.rows is None or not self.tables:
            return False
        return (
            all(table.same for table in self.tables)
            and self.computed.changes == 0
            and all(self.computed.keys[name].get("row", 0) == count for name, count in self.rows.items())
        )


@dataclass(frozen=True, slots=True)
class Prove:
    """Proves equality at a moment when nobody writes to the legacy database; with writers it would report them."""

    barrier: Barrier
    mirror: MirrorComparison
    recompute: Recompute
    counts: TargetCounts

    def run(self, deadline_s: float, report: Report) -> Proof:
        """Pass a barrier, compare every legacy row with the mirror and every key's outcome with the target."""
        report("waiting until everything committed is applied")
        passed = self.barrier.pass_(deadline_s)
        if not passed.passed:
            return Proof(passed)
        tables = []
        for table in self.mirror.tables():
            report(f"comparing {table} with its mirror")
            tables.append(self.mirror.compare(table))
        computed = self.recompute.differences(lambda name, done: report(f"computing {name}: {done} keys"))
        return Proof(passed, tuple(tables), computed, self.counts.rows())
