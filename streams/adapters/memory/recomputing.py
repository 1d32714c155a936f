"""The twin of a recompute's progress and of what it finds left over."""

from collections.abc import Collection, Mapping, Sequence

from streams.adapters.memory.state import State
from streams.adapters.memory.target_rows import MemoryTargetRows
from streams.ports.recomputing import WHOLE, Step, Versions


class MemoryRecomputing:
    """Implements the port ``Recomputing``."""

    def __init__(self, state: State) -> None:
        self._state = state

    def steps(self, versions: Versions) -> Mapping[str, Step]:
        """See the port."""
        return {name: step for name, (theirs, step) in self._state.steps.items() if theirs == versions}

    def put(self, versions: Versions, step: Step) -> None:
        """See the port."""
        self._state.steps[step.name] = (versions, step)

    def begin(self, versions: Versions) -> None:
        """See the port."""
        self._state.noted.clear()
        self._state.young.clear()
        self._state.runs += 1
        self._state.steps = {WHOLE: (versions, Step(WHOLE))}

    def begun(self) -> str | None:
        """See the port."""
        return str(self._state.runs) if self._state.runs else None


class MemoryLeftOver:
    """Implements the port ``LeftOver``."""

    def __init__(self, state: State, rows: MemoryTargetRows) -> None:
        self._state = state
        self._rows = rows

    def note(self, projection: str, keys: Collection[str]) -> None:
        """See the port."""
        self._state.noted |= {(projection, place) for place in self._rows.ids(projection, keys)}

    def find(self, projection: str, after: str | None, limit: int) -> Sequence[str]:
        """See the port."""
        known = self._state.noted | self._state.young
        rows = self._state.rows.get(projection, {})
        return sorted(r for r in rows if (projection, r) not in known and (after is None or r > after))[:limit]

    def remove(self, projection: str, ids: Collection[str]) -> tuple[int, Mapping[str, str]]:
        """See the port."""
        doomed = [place for place in self.find(projection, None, len(self._state.rows[projection])) if place in ids]
        kept = {place: reason for place in doomed if (reason := self._rows.remove(projection, place))}
        return len(doomed) - len(kept), kept

    def take(self, projection: str, ids: Collection[str]) -> tuple[Collection[str], Mapping[str, str]]:
        """See the port."""
        there = sorted(self._state.rows.get(projection, {}).keys() & set(ids))
        kept = {place: reason for place in there if (reason := self._rows.remove(projection, place))}
        return set(there) - kept.keys(), kept

    def refused(self, projection: str, after: str | None, limit: int) -> Sequence[str]:
        """See the port."""
        states = self._state.states.items()
        keys = [key for (name, key), o in states if name == projection and any(f.rule == "TARGET" for f in o.faults)]
        return sorted(key for key in keys if after is None or key > after)[:limit]

    def count(self, projection: str, keys: Collection[str] | None = None) -> int:
        """See the port."""
        rows = self._state.rows.get(projection, {})
        return len(rows) if keys is None else len(rows.keys() & self._rows.ids(projection, keys))
