"""The twin of key states and claims."""

from collections.abc import Collection, Mapping

from streams.adapters.memory.state import State
from streams.projection.declaration import Claim
from streams.projection.outcome import Outcome, OutcomeKind


class MemoryKeyStates:
    """Implements the port ``KeyStates``."""

    def __init__(self, state: State) -> None:
        self._state = state

    def record(self, projection: str, outcomes: Mapping[str, Outcome]) -> None:
        """See the port."""
        for key, outcome in outcomes.items():
            if outcome.faults or outcome.findings or outcome.kind in (OutcomeKind.WAITING, OutcomeKind.QUARANTINED):
                self._state.states[(projection, key)] = outcome
            else:
                self._state.states.pop((projection, key), None)

    def waiting_for(self, projection: str, keys: Collection[str]) -> Mapping[str, set[str]]:
        """See the port."""
        found: dict[str, set[str]] = {}
        for (waiting, key), outcome in self._state.states.items():
            if outcome.waits and outcome.waits.projection == projection and outcome.waits.key in keys:
                found.setdefault(waiting, set()).add(key)
        return found

    def refer(self, projection: str, lookup: str, references: Mapping[str, str | None]) -> None:
        """See the port."""
        stored = self._state.references.setdefault((projection, lookup), {})
        for key, wanted in references.items():
            if wanted is None:
                stored.pop(key, None)
            else:
                stored[key] = wanted

    def held_values(self, projection: str, claim: Claim, keys: Collection[str]) -> set[str]:
        """See the port."""
        wishes = self._state.wishes.get((projection, claim.column), {})
        return {wishes[key][0] for key in keys if key in wishes}

    def claim(
        self, projection: str, claim: Claim, wishes: Mapping[str, tuple[str, str] | None]
    ) -> Mapping[str, tuple[str | None, str | None]]:
        """See the port."""
        stored = self._state.wishes.setdefault((projection, claim.column), {})
        values = self.held_values(projection, claim, wishes) | {wish[0] for wish in wishes.values() if wish}
        before = {value: _holder(stored, value) for value in values}
        for key, wish in wishes.items():
            stored.pop(key, None)
            if wish is not None:
                stored[key] = wish
        return {value: (before[value], _holder(stored, value)) for value in values}


def _holder(wishes: Mapping[str, tuple[str, str]], value: str) -> str | None:
    found = [(rank, key) for key, (wanted, rank) in wishes.items() if wanted == value]
    return min(found)[1] if found else None
