"""Changes of the legacy tables while the run goes on: told, survived, and taken over when somebody asks for it."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from streams.ports.schema_watch import Extension, FollowedSchema, LegacyColumns
from streams.projection.declaration import Projection
from streams.projection.order import in_order
from streams.projection.schema_change import Columns, Followed, SchemaChange, compare, paused, place, readers

ComputeKeys = Callable[[str, Collection[str]], object]
"""Computes these keys of one projection again."""


class SchemaReading:
    """Compares; writes nothing."""

    def __init__(self, legacy: LegacyColumns, followed: FollowedSchema, projections: Sequence[Projection]) -> None:
        self._legacy = legacy
        self._followed = followed
        self._projections = projections

    def changes(self) -> Sequence[SchemaChange]:
        """Every difference as it is now. SelarasError (unavailable) when a side is away."""
        return compare(self._legacy.read(), self._followed.read(), self._projections)


@dataclass(frozen=True, slots=True)
class Looked:
    """One look of a watch: what is new since the look before, what is over, and keys computed again."""

    appeared: Sequence[SchemaChange]
    over: Sequence[SchemaChange]
    freed: int


class SchemaWatch:
    """The worker's look. It remembers between looks, so that each change is told once; several may watch at once."""

    def __init__(
        self,
        legacy: LegacyColumns,
        followed: FollowedSchema,
        projections: Sequence[Projection],
        compute: ComputeKeys,
    ) -> None:
        self._legacy = legacy
        self._followed = followed
        self._projections = projections
        self._compute = compute
        self._told: Sequence[SchemaChange] = ()

    def look(self) -> Looked:
        """Compare, let the target know which columns are gone or back, and compute keys that waited for one.

        Looking again repeats whatever did not come to its end.
        """
        legacy, followed = self._legacy.read(), self._followed.read()
        gone, back = moved(legacy, followed)
        self._followed.tell(gone, back)
        followed = self._followed.read()
        freed = self._free(followed)
        changes = compare(legacy, followed, self._projections)
        appeared = [change for change in changes if change not in self._told]
        over = [change for change in self._told if change not in changes]
        self._told = changes
        return Looked(appeared, over, freed)

    def _free(self, followed: Followed) -> int:
        still = paused(self._projections, followed.lacking)
        lacking = {place(table, column) for table, column in followed.lacking}
        count = 0
        # Those that refer to others first: a row that had to stay can go once nobody refers to it any more.
        for name in (p.target for p in reversed(in_order(self._projections)) if p.target not in still):
            after = ""
            while keys := self._followed.waiting(name, lacking, after):
                self._compute(name, keys)
                count += len(keys)
                after = keys[-1]
        return count


def moved(legacy: Columns, followed: Followed) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Columns that the catalogue lacks and nobody has told yet, and told ones that it has again."""
    known = {(table, column) for table, columns in followed.known.items() for column in columns}
    there = {(table, column) for table, columns in legacy.items() for column in columns}
    return known - there - followed.gone, set(followed.gone & there)


class ExtendMirror:
    """Lets the mirror learn what the legacy tables look like now."""

    def __init__(self, legacy: LegacyColumns, followed: FollowedSchema, projections: Sequence[Projection]) -> None:
        self._legacy = legacy
        self._followed = followed
        self._projections = projections

    def plan(self) -> Extension:
        """What it would learn: new columns, changed types, and dropped columns that nobody reads. Writes nothing."""
        legacy, followed = self._legacy.read(), self._followed.read()
        add, retype, forget = [], [], []
        for table in sorted(followed.known.keys() & legacy.keys()):
            known, now = followed.known[table], legacy[table]
            add += [(table, c, kind) for c, kind in now.items() if c not in known]
            retype += [(table, c, kind) for c, kind in now.items() if c in known and known[c] != kind]
            forget += [(table, c) for c in known if c not in now and not self._is_needed(table, c, followed)]
        return Extension(tuple(add), tuple(retype), tuple(forget))

    def run(self, extension: Extension) -> None:
        """Let the mirror learn this plan; workers follow at their next batch, without a start."""
        if extension:
            self._followed.extend(extension)

    def _is_needed(self, table: str, column: str, followed: Followed) -> bool:
        return table in followed.uncounted or bool(readers(self._projections, table, column))
