"""Whether the mirror can be trusted for what is about to be computed from it.

The target is a function of the mirror. Where the mirror is known to be wrong, the target may be right, and computing it
would spread the fault: then the mirror comes first.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from streams.drift.difference import WHOLE_TABLE, Check, Difference, Kind
from streams.drift.entry import EntryState
from streams.ports.drift_ledger import Wanted
from streams.ports.drift_store import DriftStore
from streams.ports.explain import Moment, Moments
from streams.projection.catalog import Table
from streams.services.plan import Plan

UNDECIDED = (EntryState.OPEN, EntryState.EXPLAINED)
MOST = 100_000  # entries of one answer
Keys = Mapping[str, Collection[str]]
"""By projection."""


@dataclass(frozen=True, slots=True)
class MirrorGate:
    """``tables``: the captured ones."""

    plan: Plan
    moments: Moments
    tables: Mapping[str, Table]
    store: DriftStore

    def obstacle(self, keys: Keys, aside: Collection[int] = ()) -> int | None:
        """The number of an undecided entry about a mirror row behind these keys, or about one that the mirror lacks and
        that might be behind them; None where there is none. ``aside``: entries that are mended first.
        """
        projections = [self.plan.compiled(name).declaration for name, these in keys.items() if these]
        sources = {source.table for projection in projections for source in projection.sources}
        wanted = Wanted(
            checks=(Check.CAPTURE, Check.FOREIGN), tables=tuple(sorted(sources)), states=UNDECIDED, limit=MOST
        )
        with self.store.transaction() as work:
            entries = [entry for entry in work.ledger.entries(wanted) if entry.id not in aside]
        lost = next((entry.id for entry in entries if _is_lost(entry.difference)), None)
        if lost is not None or not entries:
            return lost
        known = {(entry.difference.table, entry.difference.key): entry.id for entry in entries}
        with self.moments.now() as moment:
            behind = {place for name, these in keys.items() if these for place in self._behind(moment, name, these)}
        return min((number for place, number in known.items() if place in behind), default=None)

    def _behind(self, moment: Moment, name: str, keys: Collection[str]) -> set[tuple[str, str]]:
        declaration, found = self.plan.compiled(name).declaration, set()
        for sources in moment.mirror.of_keys(name, keys).values():
            for source, rows in sources.items():
                table = self.tables[declaration.source(source).table]
                found |= {(table.name, row.id if table.key else str(row.values.get(table.named_by))) for row in rows}
        return found


def _is_lost(one: Difference) -> bool:
    """Whether a row that is not in the mirror any more is what it is about: nothing tells which keys it gave."""
    if one.check is Check.CAPTURE:
        return one.kind is Kind.MISSING
    operation = one.columns.get("operation", (None, None))[1]
    return one.key == WHOLE_TABLE or operation in ("DELETE", "TRUNCATE")
