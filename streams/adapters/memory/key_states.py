"""The twin of key states, their history, and claims."""

from collections.abc import Collection, Mapping

from streams.adapters.memory.state import Entry, State
from streams.ports.key_states import NO_ROWS, AsOf, RowsChanged
from streams.projection.declaration import Claim
from streams.projection.outcome import Outcome, OutcomeKind


class MemoryKeyStates:
    """Implements the port ``KeyStates``."""

    def __init__(self, state: State) -> None:
        self._state = state

    def record(
        self,
        projection: str,
        outcomes: Mapping[str, Outcome],
        changed: RowsChanged = NO_ROWS,
        as_of: AsOf | None = None,
    ) -> None:
        """See the port."""
        for key, outcome in outcomes.items():
            place, told = (projection, key), _told(outcome)
            entries = self._state.history.get(place, ())
            known = self._state.states.pop(place, None)
            if _is_kept(outcome):
                self._state.states[place] = outcome
            was = known.kind if known else None
            was_gone = bool(entries) and entries[-1].outcome.kind is OutcomeKind.ABSENT
            is_back = was_gone and outcome.kind is not OutcomeKind.ABSENT
            had_row = key in changed.updated or key in changed.deleted
            is_same = (_told(known) if known else None) == (told if _is_kept(outcome) else None)
            if is_same and not had_row and not is_back:
                continue
            if known is None and (had_row or is_back):
                was = OutcomeKind.ROW if had_row else OutcomeKind.ABSENT
            columns = tuple(changed.updated.get(key, ()))
            entry = Entry(was.value if was else None, told, columns, as_of)
            self._state.history[place] = (*entries, entry)

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


def _is_kept(outcome: Outcome) -> bool:
    return outcome.kind in (OutcomeKind.WAITING, OutcomeKind.QUARANTINED) or bool(outcome.faults or outcome.findings)


def _told(outcome: Outcome) -> Outcome:
    """Without the row, which no history keeps."""
    return Outcome(outcome.kind, None, outcome.faults, outcome.waits, outcome.findings)


def _holder(wishes: Mapping[str, tuple[str, str]], value: str) -> str | None:
    found = [(rank, key) for key, (wanted, rank) in wishes.items() if wanted == value]
    return min(found)[1] if found else None
