"""What the statements of one transaction changed in the mirror: values by column, and keys derived from rows."""

from dataclasses import dataclass, field

from streams.ports.replication import UnitOfWork
from streams.ports.row_keys import Held, Rewritten
from streams.services.plan import DerivedSource, Plan


@dataclass(slots=True)
class TouchedRows:
    """Collects as the transaction goes; ``keys``: by projection, those that rules derive."""

    plan: Plan
    work: UnitOfWork
    values: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    keys: dict[str, set[str]] = field(default_factory=dict)

    def note(self, table: str, rewritten: Rewritten, *, anew: bool = False) -> None:
        """Note a statement's rows, and store the derived keys of those whose keys changed.

        ``anew``: of all of them. Whoever mends the mirror can't trust that what was there was written by us.
        """
        if not rewritten.rows:
            return
        for column, found in rewritten.by_column().items():
            self.values.setdefault((table, column), set()).update(found)
        for source in self.plan.derived.get(table, ()):
            self._derive(source, rewritten, anew=anew)

    def _derive(self, source: DerivedSource, rewritten: Rewritten, *, anew: bool) -> None:
        touched = self.keys.setdefault(source.projection, set())
        stored: dict[str, tuple[str, ...]] = {}
        for row, before, after in rewritten.rows:
            now = self._keys(source, rewritten, row, after)
            was = None if before is None else now if before == after else self._keys(source, rewritten, row, before)
            if anew or was != now:
                stored[row] = now
            touched.update(now, was or ())
        if stored:
            self.work.row_keys.put(source.name, stored)

    @staticmethod
    def _keys(source: DerivedSource, rewritten: Rewritten, row: str, held: Held) -> tuple[str, ...]:
        return source.maker.keys(dict(zip(rewritten.columns, held, strict=True)), row)
