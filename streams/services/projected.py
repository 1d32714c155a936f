"""What the mapping makes of the mirror at one moment: outcomes of keys, with the rows that they look up."""

from collections.abc import Callable, Collection, Mapping
from functools import partial

from streams.ports.explain import KeptState
from streams.ports.projection_check import CheckMoment, Row, Standing, Wish
from streams.projection.choose import Chosen
from streams.projection.compute import CompiledProjection
from streams.projection.declaration import Claim
from streams.projection.order import Dependent
from streams.projection.outcome import Fault, Outcome, OutcomeKind
from streams.projection.schema_change import paused
from streams.services.plan import Plan
from streams.services.settle import wish_of

REFUSED = "TARGET"  # the rule of what the target itself refused
Outcomes = dict[str, Outcome]
Looked = Callable[[str, set[str]], Mapping[str, Row]]
"""Rows of a projection by key, as whoever looks them up is to see them."""


class Projected:
    """Computes keys from the mirror. Everything read is kept for the moment, so that nothing is read twice.

    ``quick`` takes looked-up rows from the target, which is right as long as these are what they must be. ``thorough``
    computes them too. A value that one key alone may hold belongs to whom the stored claims of all other keys leave it.
    """

    def __init__(self, plan: Plan, moment: CheckMoment, standing: Standing) -> None:
        self._plan = plan
        self._moment = moment
        self._writable = standing.writable
        self.paused = paused([c.declaration for c in plan.ordered], standing.lacking)
        self._chosen: dict[str, dict[str, Chosen]] = {}
        self._states: dict[str, dict[str, KeptState | None]] = {}
        self._held: dict[str, dict[str, Row | None]] = {}
        self._looked: dict[str, dict[str, Row | None]] = {}
        self._truth: dict[str, Outcomes] = {}
        self._odd: dict[str, dict[str, bool]] = {}
        self._wished: dict[tuple[str, str], dict[str, Wish]] = {}

    def quick(self, name: str, keys: Collection[str]) -> Outcomes:
        """Outcomes, looked-up rows as the target holds them."""
        return self._outcomes(self._plan.compiled(name), keys, self._looked_up)

    def thorough(self, name: str, keys: Collection[str]) -> Outcomes:
        """Outcomes, looked-up rows as the mirror gives them."""
        return self._outcomes(self._plan.compiled(name), keys, self._true_rows)

    def misled(self, name: str, keys: Collection[str]) -> set[str]:
        """Those of the keys that take values from a row of the target that is not what the mirror gives.

        A looked-up row that must or must not be there is another matter: the state of the key tells what its
        look-up came to, and differs then.
        """
        found: set[str] = set()
        references: dict[str, dict[str, set[str]]] = {}
        compiled = self._plan.compiled(name)
        deep = self._with_values(compiled)
        chosen = self._chosen_of(compiled, keys) if deep else {}
        for key in keys if deep else ():
            for lookup, wanted in compiled.lookup_keys(key, chosen[key]):
                if lookup.name in deep and wanted is not None:
                    references.setdefault(lookup.projection, {}).setdefault(wanted, set()).add(key)
        for parent, wanting in references.items():
            for odd in self._odd_ones(parent, wanting.keys()):
                found |= wanting[odd]
        return found

    def states(self, name: str, keys: Collection[str]) -> Mapping[str, KeptState | None]:
        """What is stored of the keys."""
        known = self._states.setdefault(name, {})
        if missing := set(keys) - known.keys():
            read = self._moment.kept.states(name, missing)
            known.update({key: read.get(key) for key in missing})
        return known

    def knows_rows(self, name: str, key: str) -> bool:
        """Whether any legacy row has the key; one that was computed."""
        return bool(self._chosen[name][key])

    def held(self, name: str, keys: Collection[str]) -> dict[str, Row]:
        """The target's rows of these keys."""
        return _remembered(self._held.setdefault(name, {}), keys, partial(self._moment.target.read, name))

    def _looked_up(self, name: str, keys: Collection[str]) -> dict[str, Row]:
        read = partial(self._moment.comparison.looked_up, name)
        return _remembered(self._looked.setdefault(name, {}), keys, read)

    def wished(self, name: str, column: str) -> Mapping[str, Wish]:
        """What keys ask for by their newest outcomes."""
        return self._wished[name, column]

    def is_refused(self, name: str, key: str) -> bool:
        """Whether the target is known to refuse the key's row; states of the key were read."""
        state = self._states[name][key]
        return state is not None and any(fault["rule"] == REFUSED for fault in state.faults)

    def _with_values(self, compiled: CompiledProjection) -> set[str]:
        """The look-ups that more is read of than their key, which no row can hold another way."""
        own = compiled.declaration.target
        found = set()
        for lookup in compiled.declaration.lookups:
            parent = self._plan.compiled(lookup.projection).declaration
            mine = (d for d in self._plan.dependents[parent.target] if (d.projection, d.lookup) == (own, lookup.name))
            is_judged = parent.target in self._writable and parent.target not in self.paused
            if is_judged and any(_values_read(dependent, parent.key_column) for dependent in mine):
                found.add(lookup.name)
        return found

    def _odd_ones(self, name: str, keys: Collection[str]) -> set[str]:
        """Keys whose row in the target is not what the mirror gives."""
        known = self._odd.setdefault(name, {})
        missing = set(keys) - known.keys()
        if missing:
            outcomes = self.quick(name, missing)
            if misled := self.misled(name, missing):
                outcomes |= self.thorough(name, misled)
            self.states(name, missing)
            told = {key for key in missing if self.is_refused(name, key)}
            rows = {key: o.row for key, o in outcomes.items() if o.row is not None and key not in told}
            compared = self._moment.comparison.compare(name, rows)
            odd = compared.missing.keys() | compared.different.keys()
            odd |= self.held(name, missing - rows.keys() - told).keys()
            known.update({key: key in odd for key in missing})
        return {key for key in keys if known[key]}

    def _outcomes(self, compiled: CompiledProjection, keys: Collection[str], looked: Looked) -> Outcomes:
        chosen = self._chosen_of(compiled, keys)
        found = self._look_up(compiled, {key: chosen[key] for key in keys}, looked)
        outcomes = {key: compiled.compute(key, chosen[key], found.get(key, {})) for key in keys}
        for claim in compiled.declaration.claims:
            self._claim(compiled, claim, outcomes)
        return outcomes

    def _chosen_of(self, compiled: CompiledProjection, keys: Collection[str]) -> Mapping[str, Chosen]:
        name = compiled.declaration.target
        known = self._chosen.setdefault(name, {})
        if missing := set(keys) - known.keys():
            rows = self._moment.sources.read(name, missing)
            known.update({key: compiled.choose(rows.get(key, {})) for key in missing})
        return known

    def _look_up(
        self, compiled: CompiledProjection, chosen: Mapping[str, Chosen], looked: Looked
    ) -> dict[str, dict[str, Row]]:
        if not compiled.declaration.lookups:
            return {}
        references = {key: compiled.lookup_keys(key, one) for key, one in chosen.items()}
        wanted: dict[str, set[str]] = {}
        for pairs in references.values():
            for lookup, other in pairs:
                if other is not None:
                    wanted.setdefault(lookup.projection, set()).add(other)
        rows = {name: looked(name, others) for name, others in wanted.items()}
        return {
            key: {
                lookup.name: rows[lookup.projection][other]
                for lookup, other in pairs
                if other is not None and other in rows[lookup.projection]
            }
            for key, pairs in references.items()
        }

    def _claim(self, compiled: CompiledProjection, claim: Claim, outcomes: Outcomes) -> None:
        """Take the value from those keys that do not hold it, as settling them would."""
        name = compiled.declaration.target
        wishes = self._wishes(name, claim, outcomes)
        values = {wish[0] for wish in wishes.values()}
        first = dict(self._moment.claims.others(name, claim.column, values, outcomes.keys()))
        for key, (value, rank) in wishes.items():
            first[value] = min(first.get(value, (rank, key)), (rank, key))
        for key, (value, _) in wishes.items():
            row = outcomes[key].row
            if row is not None and str(row[claim.column]) == value and first[value][1] != key:
                outcomes[key] = compiled.without(outcomes[key], claim.column)

    def _wishes(self, name: str, claim: Claim, outcomes: Outcomes) -> dict[str, Wish]:
        """What the keys ask for; a key that the target refused asks for what is stored, perhaps nothing."""
        self.states(name, outcomes.keys())
        told = {key for key in outcomes if self.is_refused(name, key)}
        wishes = {key: wish for key, o in outcomes.items() if key not in told and (wish := wish_of(claim, o))}
        if told:
            wishes |= self._moment.claims.wishes(name, claim.column, told)
        known = self._wished.setdefault((name, claim.column), {})
        for key in outcomes:
            known.pop(key, None)
        known.update(wishes)
        return wishes

    def _true_rows(self, name: str, keys: set[str]) -> Mapping[str, Row]:
        if name in self.paused:
            return self._looked_up(name, keys)
        known = self._truth.setdefault(name, {})
        if missing := keys - known.keys():
            outcomes = self.thorough(name, missing)
            self.states(name, missing)
            for key in missing:
                if self.is_refused(name, key):
                    outcomes[key] = Outcome(OutcomeKind.QUARANTINED, faults=(Fault("", REFUSED, ""),))
            known.update(outcomes)
        return {key: row for key in keys if (row := known[key].row) is not None}


def _remembered(
    known: dict[str, Row | None], keys: Collection[str], read: Callable[[Collection[str]], Mapping[str, Row]]
) -> dict[str, Row]:
    """The rows that are there; those that were asked for before are not read again."""
    if missing := set(keys) - known.keys():
        found = read(missing)
        known.update({key: found.get(key) for key in missing})
    return {key: row for key in keys if (row := known[key]) is not None}


def _values_read(dependent: Dependent, key_column: str) -> bool:
    return bool(dependent.reads - {key_column})
