"""Where the outcome of one key comes from: the projection is run again, and every step is written down.

Nothing here is masked: whoever shows it does that (``streams.projection.curtain``).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from streams.projection.choose import DELETED, INACTIVE, LIVE, Chosen, SourceRow
from streams.projection.compute import CompiledProjection
from streams.projection.converters import Refusal
from streams.projection.declaration import Column, Input, Lookup, Source, Term
from streams.projection.outcome import Outcome
from streams.projection.terms import Evaluate, LookedUp, shown_text

STANDINGS = {DELETED: "deleted", INACTIVE: "not active", LIVE: "live"}


class Verdict(Enum):
    """What a term came to."""

    GAVE = "gave the value"
    NOTHING = "no value"
    REFUSED = "refused"
    IDLE = "does not count"  # a source that it needs has no row, or one that forbids it has
    UNREACHED = "not reached"  # an earlier term gave the value, or refused


@dataclass(frozen=True, slots=True)
class TracedTerm:
    """A term with the values that it read, in the order of its inputs; ``reason``: of a refusal, or why it is idle."""

    term: Term
    inputs: tuple[tuple[Input, object], ...]
    verdict: Verdict
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TracedColumn:
    """A column: what its terms came to, and their value (None: none, or refused)."""

    column: Column
    value: object
    terms: tuple[TracedTerm, ...]

    @property
    def giver(self) -> Term | None:
        """The term that gave the value."""
        return next((traced.term for traced in self.terms if traced.verdict is Verdict.GAVE), None)


@dataclass(frozen=True, slots=True)
class TracedLookup:
    """What was looked up: by which key (None: none), from which terms, or as it is; whether the row was found."""

    lookup: Lookup
    key: str | None
    terms: tuple[TracedTerm, ...]
    is_found: bool


@dataclass(frozen=True, slots=True)
class TracedRow:
    """A legacy row; ``why``: what it was chosen for, or in what the chosen one outranks it."""

    row: SourceRow
    standing: str
    is_chosen: bool
    why: str


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything about one key. ``rows``: by source, in the order given.

    ``columns`` is empty where no term was run: the key has no rows, or none of its own (see ``unkeyed``).
    """

    outcome: Outcome
    columns: tuple[TracedColumn, ...]
    lookups: tuple[TracedLookup, ...]
    rows: Mapping[str, tuple[TracedRow, ...]]


def trace(compiled: CompiledProjection, key: str, rows: Mapping[str, Sequence[SourceRow]], found: LookedUp) -> Trace:
    """Run the projection for one key as ``CompiledProjection.compute`` does; claims are settled by others."""
    chosen = compiled.choose(rows)
    outcome = compiled.compute(key, chosen, found)
    told = {source.name: _rows(compiled, source, rows.get(source.name, ())) for source in compiled.declaration.sources}
    if not chosen or compiled.is_unkeyed(key):
        return Trace(outcome, (), (), told)
    seen = _Seen(key, chosen, found, frozenset(lookup.name for lookup in compiled.declaration.lookups))
    columns = []
    for column, evaluates in compiled.steps:
        terms, value = seen.run(column.terms, evaluates)
        columns.append(TracedColumn(column, value, terms))
    lookups = [
        TracedLookup(lookup, wanted, seen.run(lookup.terms, compiled.reference_terms(lookup.name))[0], name in found)
        for lookup, wanted in compiled.lookup_keys(key, chosen)
        for name in (lookup.name,)
    ]
    return Trace(outcome, tuple(columns), tuple(lookups), told)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What terms can see of one key."""

    key: str
    chosen: Chosen
    found: LookedUp
    lookups: Collection[str]

    def run(self, terms: Sequence[Term], evaluates: Sequence[Evaluate]) -> tuple[tuple[TracedTerm, ...], object]:
        """The terms as ``first`` runs them, each with what it came to, and the value."""
        traced: list[TracedTerm] = []
        value: object = None
        is_over = False
        for term, evaluate in zip(terms, evaluates, strict=True):
            verdict, reason = Verdict.UNREACHED, ""
            if not is_over:
                value, verdict, reason = self._one(term, evaluate)
                is_over = verdict in (Verdict.GAVE, Verdict.REFUSED)
            traced.append(TracedTerm(term, self._inputs(term), verdict, reason))
        return tuple(traced), value

    def _one(self, term: Term, evaluate: Evaluate) -> tuple[object, Verdict, str]:
        try:
            value = evaluate(self.key, self.chosen, self.found)
        except Refusal as refusal:
            return None, Verdict.REFUSED, refusal.reason
        if value is not None:
            return value, Verdict.GAVE, ""
        idle = self._idle(term)
        return None, Verdict.IDLE if idle else Verdict.NOTHING, idle

    def _idle(self, term: Term) -> str:
        if term.lookup is not None:
            return "" if term.lookup[0] in self.found else f"{term.lookup[0]} was not found"
        needed = [i.source for i in term.inputs if not i.is_key and i.source not in self.lookups]
        needed += [term.when] if term.when else []
        missing = next((source for source in needed if source not in self.chosen), None)
        if missing is not None:
            return f"{missing} has no row"
        return f"{term.unless} has a row" if term.unless in self.chosen else ""

    def _inputs(self, term: Term) -> tuple[tuple[Input, object], ...]:
        inputs = (Input(*term.lookup),) if term.lookup is not None else term.inputs
        return tuple((one, self._value(one)) for one in inputs)

    def _value(self, one: Input) -> object:
        if one.is_key:
            return shown_text(one, self.key, self.chosen)
        rows = self.found if one.source in self.lookups else self.chosen
        return rows.get(one.source, {}).get(one.column)


def _rows(compiled: CompiledProjection, source: Source, rows: Sequence[SourceRow]) -> tuple[TracedRow, ...]:
    if not rows:
        return ()
    weigh = compiled.weighers[source.name]
    weights = [weigh(row) for row in rows]
    best = max(range(len(rows)), key=weights.__getitem__)  # the first of equals, as when it is computed
    others = [weight for number, weight in enumerate(weights) if number != best]
    return tuple(
        TracedRow(row, STANDINGS[int(str(weight[0]))], number == best, _why(source, weight, weights[best], others))
        for number, (row, weight) in enumerate(zip(rows, weights, strict=True))
    )


def _why(
    source: Source, weight: tuple[object, ...], best: tuple[object, ...], others: Sequence[tuple[object, ...]]
) -> str:
    if not others:
        return "the only one"
    if weight is best:
        # The criterion that decides against the strongest of the others.
        return f"first by {_criterion(source, best, max(others))}"
    return f"behind by {_criterion(source, weight, best)}"


def _criterion(source: Source, one: tuple[object, ...], other: tuple[object, ...]) -> str:
    names = ("standing", "time of deletion", *(order.column for order in source.newest), "its other content")
    differing = (name for name, *pair in zip(names, one, other, strict=True) if pair[0] != pair[1])
    return next(differing, "nothing that is read: they are equal")
