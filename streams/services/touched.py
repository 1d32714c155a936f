"""What the statements of one transaction changed in the mirror: values by column, and keys derived from rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

from streams.ports.replication import UnitOfWork
from streams.ports.row_keys import Rewritten
from streams.projection.keys import unkeyed
from streams.services.plan import DerivedSource, Plan


@dataclass(slots=True)
class TouchedRows:
    """Collects as the transaction goes; ``keys``: by projection, those that rules derive, and those by which rows are
    known that have none; ``names``: rows, by table.

    ``anew``: the keys of every row are stored, not only of those whose keys changed. What is stored beside a row may
    come of other rules, as long as not everything was computed under those in force; and whoever mends the mirror
    can't trust that what was there was written by us. ``gone``: the rows are no more, so that nothing is stored beside.
    """

    plan: Plan
    work: UnitOfWork
    anew: bool = False
    gone: bool = False
    values: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    keys: dict[str, set[str]] = field(default_factory=dict)
    names: dict[str, set[str]] = field(default_factory=dict)

    def note(self, table: str, rewritten: Rewritten) -> None:
        """Note a statement's rows, and store the derived keys of those whose keys changed."""
        if not rewritten.rows:
            return
        self.names.setdefault(table, set()).update(rewritten.names)
        for column, found in rewritten.by_column().items():
            known = self.values.setdefault((table, column), found)
            if known is not found:
                known.update(found)
        for column, sources in self.plan.plain.get(table, {}).items():
            for row in rewritten.without(column):
                for projection, source in sources:
                    self.keys.setdefault(projection, set()).add(unkeyed(source, row))
        if derived := self.plan.derived.get(table):
            self._derive(derived, rewritten)

    def _derive(self, sources: Sequence[DerivedSource], rewritten: Rewritten) -> None:
        for source in sources:
            keys = source.maker.keys_of_held(rewritten.columns)
            touched: list[tuple[str, ...]] = []
            changed: dict[str, tuple[str, ...]] = {}
            for row, before, after in rewritten.rows:
                now = keys(after, row)
                touched.append(now)
                if self.gone:
                    changed[row] = ()
                elif before is None or self.anew:
                    changed[row] = now
                if before is None or before == after:
                    continue
                was = keys(before, row)
                if was != now:
                    touched.append(was)
                    changed[row] = now
            self.keys.setdefault(source.projection, set()).update(chain.from_iterable(touched))
            if changed:
                self.keys[source.projection] |= self.work.row_keys.put(source.name, changed)
