"""In which ways a key of the target is not what the mapping makes of it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import msgspec

from streams.changes.position import lsn_to_text
from streams.drift.difference import Check, Difference, Kind
from streams.drift.likeness import likeness
from streams.ports.explain import KeptState
from streams.ports.projection_check import CheckMoment, Compared, Row, Wish
from streams.projection.compute import CompiledProjection
from streams.projection.curtain import Curtain
from streams.projection.keys import split
from streams.projection.masking import masked
from streams.projection.outcome import Outcome, OutcomeKind
from streams.services.computed import same
from streams.services.projected import REFUSED, Projected

Pairs = Mapping[str, tuple[object, object]]
"""By column: the value that must be there, and the one that is."""
Texts = dict[str, tuple[str, str]]
Facts = Sequence[Mapping[str, str | None]]
QUARANTINED = OutcomeKind.QUARANTINED.value
NOTHING = "nothing stored"


@dataclass(frozen=True, slots=True)
class Unlike:
    """One kind of difference of a key, values in clear (but texts already behind a mask for ``Kind.STATE``)."""

    kind: Kind
    columns: Pairs = field(default_factory=dict)
    state: str = ""


class Differences:
    """Compares outcomes of one projection with what the target holds and remembers of their keys."""

    def __init__(self, compiled: CompiledProjection, moment: CheckMoment, projected: Projected) -> None:
        self._compiled = compiled
        self._name = compiled.declaration.target
        self._moment = moment
        self._projected = projected

    def of(self, outcomes: Mapping[str, Outcome]) -> dict[str, list[Unlike]]:
        """By key, every difference of its row and of its state; keys without one are not in it."""
        states = self._projected.states(self._name, outcomes.keys())
        wishes = self._wishes(outcomes)
        told = {key for key in outcomes if self._projected.is_refused(self._name, key)}
        rows = {key: o.row for key, o in outcomes.items() if o.row is not None and key not in told}
        compared = self._moment.comparison.compare(self._name, rows)
        held = self._projected.held(self._name, (outcomes.keys() - rows.keys()) | compared.impossible)
        found: dict[str, list[Unlike]] = {}
        for key, outcome in outcomes.items():
            one = list(self._of_row(key, compared)) if key in rows else []
            if key in held:
                one += self._of_needless_row(key, outcome, held[key])
            facets = _facets(outcome, states[key], is_refused=key in told, is_held=key in held)
            if one or facets or key in wishes:
                found[key] = _merged(one, {**facets, **wishes.get(key, {})})
        return found

    def orphans(self, keys: Collection[str]) -> dict[str, list[Unlike]]:
        """By key, the references of its row that lead nowhere."""
        found = self._moment.comparison.orphans(self._name, keys)
        return {
            key: [Unlike(Kind.ORPHAN, {name: (None, value) for name, value in columns.items()})]
            for key, columns in found.items()
        }

    def told(self, found: Mapping[str, Sequence[Unlike]]) -> Iterator[Difference]:
        """The differences with their values behind the mapping's curtain, and with positions."""
        positions = self._positions(found)
        for key, several in found.items():
            curtain = Curtain(self._compiled.declaration, {}, {key, *split(key)})
            for one in several:
                columns = one.columns if one.kind is Kind.STATE else self._masked(curtain, one.columns)
                like = _likeness(one.columns) if one.kind is Kind.DIFFERENT else ""
                shown = {name: (_text(a), _text(b)) for name, (a, b) in columns.items()}
                yield Difference(
                    Check.PROJECTION, self._name, key, one.kind, shown, like, one.state, positions.get(key, "")
                )

    def _of_row(self, key: str, compared: Compared) -> Iterator[Unlike]:
        if key in compared.missing:
            wanted = compared.missing[key]
            yield Unlike(Kind.MISSING, {name: (value, None) for name, value in wanted.items() if value is not None})
        elif key in compared.different:
            wanted, found = compared.different[key]
            differing = {name: (value, found.get(name)) for name, value in wanted.items() if value != found.get(name)}
            yield Unlike(Kind.DIFFERENT, differing)
        elif key in compared.impossible:
            yield Unlike(Kind.STATE, {"outcome": (QUARANTINED, OutcomeKind.ROW.value)})

    def _of_needless_row(self, key: str, outcome: Outcome, held: Row) -> Iterator[Unlike]:
        """A row where none is to be; one that the target kept or refused is known as quarantined."""
        is_refused = self._projected.is_refused(self._name, key)
        if is_refused and outcome.row is not None and all(same(held.get(n), v) for n, v in outcome.row.items()):
            yield Unlike(Kind.STATE, {"outcome": (OutcomeKind.ROW.value, QUARANTINED)})
            return
        state = QUARANTINED if is_refused or outcome.row is not None else outcome.kind.value
        is_known = is_refused or self._projected.knows_rows(self._name, key)
        columns = {name: (None, value) for name, value in held.items() if value is not None}
        yield Unlike(Kind.LEFT_OVER, columns, state) if is_known else Unlike(Kind.EXTRA, columns)

    def _wishes(self, outcomes: Mapping[str, Outcome]) -> dict[str, Texts]:
        """By key, claimed values for which the stored claim is not the one that the outcome makes."""
        found: dict[str, Texts] = {}
        for column in {claim.column: None for claim in self._compiled.declaration.claims}:
            wanted = self._projected.wished(self._name, column)
            stored = self._moment.claims.wishes(self._name, column, outcomes.keys())
            for key in outcomes:
                if wanted.get(key) != stored.get(key):
                    pair = (_shown(wanted.get(key)), _shown(stored.get(key)))
                    found.setdefault(key, {})[f"claim on {column}"] = pair
        return found

    def _masked(self, curtain: Curtain, columns: Pairs) -> Pairs:
        declared = {column.name: column for column in self._compiled.declaration.columns}

        def shown(name: str, value: object) -> str | None:
            plain = "\\x" + value.hex() if isinstance(value, bytes) else value
            return curtain.held(declared[name], plain) if name in declared else masked(plain)

        return {name: (shown(name, wanted), shown(name, found)) for name, (wanted, found) in columns.items()}

    def _positions(self, keys: Collection[str]) -> dict[str, str]:
        """Of each key, the commit of the newest of its legacy rows."""
        if not keys:
            return {}
        rows = self._moment.mirror.of_keys(self._name, keys)
        newest = {
            key: max((one.position for one in chain.from_iterable(sources.values())), default=None)
            for key, sources in rows.items()
        }
        return {key: lsn_to_text(at.commit) for key, at in newest.items() if at is not None}


def _merged(several: Sequence[Unlike], facets: Pairs) -> list[Unlike]:
    """One for each kind: everything that is wrong with the state is one difference."""
    columns = {**facets}
    for one in several:
        columns |= one.columns if one.kind is Kind.STATE else {}
    others = [one for one in several if one.kind is not Kind.STATE]
    return [*others, Unlike(Kind.STATE, columns)] if columns else others


def _facets(
    outcome: Outcome, state: KeptState | None, *, is_refused: bool, is_held: bool
) -> dict[str, tuple[str, str]]:
    """What is stored of a key against what its outcome is worth storing of."""
    faults: Facts = msgspec.to_builtins(outcome.faults)
    findings: Facts = msgspec.to_builtins(outcome.findings)
    waits = f"{outcome.waits.projection} {outcome.waits.key}".strip() if outcome.waits else ""
    is_row = outcome.kind is OutcomeKind.ROW
    if state is None:
        is_plain = (is_row or outcome.kind is OutcomeKind.ABSENT) and not faults and not findings
        return {} if is_plain else {"outcome": (outcome.kind.value, NOTHING)}
    kind, told = outcome.kind.value, state.faults
    if is_refused and (is_row or is_held):
        # The target refused the row, or kept one that was to go: the state tells this beside what the rules tell.
        kind, told = QUARANTINED, [fault for fault in state.faults if fault["rule"] != REFUSED]
        findings, faults = state.findings, [] if is_row else faults
    elif is_row and not faults and not findings:
        return {"outcome": (kind, state.outcome)} if state.outcome != kind else {"outcome": (NOTHING, state.outcome)}
    waited = f"{state.waits_for_table or ''} {state.waits_for or ''}".strip()
    facets = {
        "outcome": (kind, state.outcome),
        "faults": (_listed(faults), _listed(told)),
        "findings": (_listed(findings), _listed(state.findings)),
        "waits for": (waits, waited),
    }
    unlike = {"outcome": kind != state.outcome, "waits for": waits != waited}
    unlike |= {"faults": list(faults) != list(told), "findings": list(findings) != list(state.findings)}
    return {name: pair for name, pair in facets.items() if unlike[name]}


def _listed(facts: Facts) -> str:
    return "; ".join(f"{one.get('rule') or one.get('name')} {one.get('column') or ''}".strip() for one in facts)


def _shown(wish: Wish | None) -> str:
    return (masked(wish[0]) or "") if wish else NOTHING


def _likeness(columns: Pairs) -> str:
    """What all columns that differ have in common with what they must be; '' where one has nothing."""
    kinds = {likeness(wanted, found) for wanted, found in columns.values()}
    return "" if not kinds or "" in kinds else ", ".join(sorted(kinds))


def _text(value: object) -> str | None:
    return None if value is None else str(value)
