"""The pure function itself: the source rows of one key, and the rows looked up, become an outcome."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from streams.projection.catalog import Table
from streams.projection.choose import Chooser, Chosen, SourceRow, chooser
from streams.projection.converters import CONVERTERS, Reference, Refusal
from streams.projection.declaration import DELETED_AT, Column, Input, Lookup, Projection, Term
from streams.projection.fit import Fit, fit_for
from streams.projection.masking import masked
from streams.projection.outcome import ABSENT, Fault, Outcome, OutcomeKind, Waits

LookedUp = Mapping[str, Mapping[str, object]]
"""By lookup name: the row found. A lookup without a row is not in it."""

Evaluate = Callable[[str, Chosen, LookedUp], object]


@dataclass(frozen=True, slots=True)
class _Step:
    column: Column
    terms: tuple[Evaluate, ...]
    fit: Fit
    required: bool


class CompiledProjection:
    """A declaration made ready to run: rules, choosers and type checks are bound once."""

    def __init__(self, declaration: Projection, target: Table, reference: Reference) -> None:
        self.declaration = declaration
        self._choosers: dict[str, Chooser] = {s.name: chooser(s, reference) for s in declaration.sources}
        self._steps = tuple(
            _step(column, target, reference, is_key=number == 0) for number, column in enumerate(declaration.columns)
        )

    def choose(self, rows: Mapping[str, Sequence[SourceRow]]) -> Chosen:
        """The row that speaks for each source; sources without rows are not in it."""
        chosen = {}
        for name, choose in self._choosers.items():
            row = choose(rows.get(name, ()))
            if row is not None:
                chosen[name] = row
        return chosen

    def lookup_keys(self, key: str, chosen: Chosen) -> list[tuple[Lookup, str | None]]:
        """What the key refers to; None where the referring column's source has no row."""
        return [(lookup, _key_text(lookup.key, key, chosen)) for lookup in self.declaration.lookups]

    def key_value(self, key: str) -> object | None:
        """The target's key column for a key, or None where its rule refuses it: then no such row can be."""
        try:
            return _first(self._steps[0], key, {}, {})
        except Refusal:
            return None

    def compute(self, key: str, chosen: Chosen, found: LookedUp) -> Outcome:
        """The outcome of one key; depends on nothing but the arguments."""
        if not chosen:
            return ABSENT
        row: dict[str, object] = {}
        faults: list[Fault] = []
        lost = False
        for step in self._steps:
            try:
                value = _first(step, key, chosen, found)
            except Refusal as refusal:
                faults.append(_fault(step.column, refusal, key, chosen))
                value = None
                lost = lost or step.required
            else:
                if value is None and step.required and not _waits_for(step.column, found):
                    faults.append(Fault(step.column.name, "REQUIRED", "no value", None))
                    lost = True
            row[step.column.name] = value
        if lost:
            # Gone from the legacy database before it could become a row: there is nothing left for anybody to mend. One
            # that waits must still be known as waiting, or nobody would wake it when its parent comes.
            gone = all(source_row[DELETED_AT] is not None for source_row in chosen.values())
            return ABSENT if gone else Outcome(OutcomeKind.QUARANTINED, faults=tuple(faults))
        for lookup, wanted in self.lookup_keys(key, chosen):
            if lookup.name not in found:
                return Outcome(OutcomeKind.WAITING, None, tuple(faults), Waits(lookup.projection, wanted or ""))
        return Outcome(OutcomeKind.ROW, row, tuple(faults))

    def without(self, outcome: Outcome, column: str) -> Outcome:
        """The outcome once another key holds the value that this one claims: the column is lost, or the whole row."""
        step = next(step for step in self._steps if step.column.name == column)
        row = dict(outcome.row or {})
        shown = masked(row[column], is_open=step.column.open)
        faults = (*outcome.faults, Fault(column, "CLAIM", "the value belongs to another key", shown))
        row[column] = None
        if step.required:
            return Outcome(OutcomeKind.QUARANTINED, faults=faults)
        return Outcome(OutcomeKind.ROW, row, faults)


def _step(column: Column, target: Table, reference: Reference, *, is_key: bool) -> _Step:
    kind = target.columns[column.name]
    terms = tuple(_term(term, reference) for term in column.terms)
    if is_key:
        terms = (_exact(terms[0]),)
    return _Step(column, terms, fit_for(kind), not kind.nullable)


def _exact(evaluate: Evaluate) -> Evaluate:
    """Rules forgive blanks around a value; as keys, two texts must never mean the same row of the target."""

    def exact(key: str, chosen: Chosen, found: LookedUp) -> object:
        if key != key.strip():
            raise Refusal("KEY", "blanks around the key")
        return evaluate(key, chosen, found)

    return exact


def _term(term: Term, reference: Reference) -> Evaluate:
    if term.lookup is not None:
        name, looked_up = term.lookup
        return lambda _key, _chosen, found: found[name][looked_up] if name in found else None
    needed = {i.source for i in term.inputs if not i.is_key} | ({term.when} if term.when else set())
    unless, value = term.unless, term.value
    if not term.rule:
        return lambda _key, chosen, _found: value if needed.issubset(chosen) and unless not in chosen else None
    convert, arguments, inputs = CONVERTERS[term.rule].call, term.arguments, term.inputs

    def evaluate(key: str, chosen: Chosen, _found: LookedUp) -> object:
        if not needed.issubset(chosen) or unless in chosen:
            return None
        return convert(reference, arguments, *(key if not i.source else chosen[i.source][i.column] for i in inputs))

    return evaluate


def _first(step: _Step, key: str, chosen: Chosen, found: LookedUp) -> object | None:
    for number, evaluate in enumerate(step.terms):
        try:
            value = evaluate(key, chosen, found)
            if value is not None:
                return step.fit(value)
        except Refusal as refusal:
            refusal.term = number
            raise
    return None


def _waits_for(column: Column, found: LookedUp) -> bool:
    return any(term.lookup is not None and term.lookup[0] not in found for term in column.terms)


def _key_text(source: Input, key: str, chosen: Chosen) -> str | None:
    if source.is_key:
        return key
    row = chosen.get(source.source)
    value = row[source.column] if row is not None else None
    return None if value is None else str(value)


def _fault(column: Column, refusal: Refusal, key: str, chosen: Chosen) -> Fault:
    texts = [_key_text(i, key, chosen) for i in column.terms[refusal.term].inputs]
    # The first input is what the rule is about; others, such as a description, may hold anything.
    shown = " | ".join(masked(text, is_open=column.open and n == 0) or "" for n, text in enumerate(texts))
    return Fault(column.name, refusal.rule, refusal.reason, shown or None)
