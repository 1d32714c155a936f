"""The pure function itself: the source rows of one key, and the rows looked up, become an outcome."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from streams.projection.catalog import Table
from streams.projection.choose import Chooser, Chosen, SourceRow, Weigh, chooser, weigher
from streams.projection.converters import Reference, Refusal
from streams.projection.declaration import DELETED_AT, Column, Lookup, Projection, Source
from streams.projection.fit import fit_for
from streams.projection.generated import generated, referring
from streams.projection.keys import LOOKS_UNKEYED, UNKEYED, KeyMaker, unkeyed_source
from streams.projection.masking import masked
from streams.projection.outcome import ABSENT, Fault, Finding, Outcome, OutcomeKind, Waits
from streams.projection.remembered import Runs
from streams.projection.terms import Evaluate, LookedUp, compile_term, first

ROW = OutcomeKind.ROW  # a member of an enumeration costs as much as a column


@dataclass(frozen=True, slots=True)
class _Step:
    column: Column
    terms: tuple[Evaluate, ...]
    required: bool


class CompiledProjection:
    """A declaration made ready to run: rules, choosers and type checks are bound once."""

    def __init__(self, declaration: Projection, target: Table, reference: Reference) -> None:
        self.declaration = declaration
        self._reference = reference
        self.key_makers = {
            s.name: KeyMaker(s, reference, [one.name for one in declaration.sources])
            for s in declaration.sources
            if s.is_derived
        }
        self._sources = frozenset(source.name for source in declaration.sources)
        names = frozenset(lookup.name for lookup in declaration.lookups)
        self._runs = Runs()
        told = {s.name: _pseudo(declaration, s) for s in declaration.sources}
        self._choosers: tuple[tuple[str, Chooser, bool], ...] = tuple(
            (s.name, chooser(s, reference, told[s.name]), not told[s.name]) for s in declaration.sources
        )
        self.weighers: dict[str, Weigh] = {s.name: weigher(s, reference) for s in declaration.sources}
        self._steps = tuple(
            _step(column, target, names, reference, is_key=number == 0)
            for number, column in enumerate(declaration.columns)
        )
        self._refer = referring(declaration, reference, self._runs)
        self._count = len(declaration.lookups)
        self._run = generated(declaration, target, reference, self._runs).run
        self._no_lookups: list[tuple[Lookup, str | None]] = [(lookup, None) for lookup in declaration.lookups]

    def choose(self, rows: Mapping[str, Sequence[SourceRow]]) -> Chosen:
        """The row that speaks for each source; sources without rows are not in it."""
        chosen = {}
        for name, choose, as_it_is in self._choosers:
            if found := rows.get(name):
                chosen[name] = found[0] if as_it_is and len(found) == 1 else choose(found)
        return chosen

    def lookup_keys(self, key: str, chosen: Chosen) -> list[tuple[Lookup, str | None]]:
        """What the key refers to; None where it refers to nothing, as a key without rows does."""
        if not chosen:
            return list(self._no_lookups)
        return self._refer(key, chosen)

    @property
    def steps(self) -> Sequence[tuple[Column, Sequence[Evaluate]]]:
        """Each column with its terms made ready to run, for whoever tells where a value comes from."""
        return [(step.column, step.terms) for step in self._steps]

    def reference_terms(self, lookup: str) -> Sequence[Evaluate]:
        """The terms of a look-up's key, likewise; none where it is one value as it is."""
        terms = self.declaration.lookup(lookup).terms
        return tuple(compile_term(term, (), self._reference) for term in terms)

    def is_unkeyed(self, key: str) -> bool:
        """Whether this is how a row is known that has no key of its own: a rule refuses it, or its column is NULL."""
        return key.startswith(UNKEYED) and unkeyed_source(key) in self._sources

    def key_value(self, key: str) -> object | None:
        """The target's key column for a key, or None where its rule refuses it: then no such row can be."""
        if self.is_unkeyed(key):
            return None
        try:
            return first(self._steps[0].terms, key, {}, {})
        except Refusal:
            return None

    def compute(self, key: str, chosen: Chosen, found: LookedUp) -> Outcome:
        """The outcome of one key; depends on nothing but the arguments."""
        if not chosen:
            return ABSENT
        if key[:1] == UNKEYED and (source := unkeyed_source(key)) in self._sources:
            return self._without_key(str(source), chosen)
        pending = self._pending(key, chosen, found) if len(found) != self._count else ()
        self._runs.count += 1
        told: list[Fault] = []
        noted: list[Finding] = []
        names = [lookup.name for lookup, _ in pending] if pending else ()
        row, lost = self._run(key, chosen, found, names, told, noted)
        if not (told or noted or pending):
            return Outcome(ROW, row)
        faults, findings = tuple(told), tuple(noted)
        if lost:
            # Gone from the legacy database before it could become a row: there is nothing left for anybody to mend. One
            # that waits must still be known as waiting, or nobody would wake it when its parent comes.
            gone = all(source_row[DELETED_AT] is not None for source_row in chosen.values())
            return ABSENT if gone else Outcome(OutcomeKind.QUARANTINED, None, faults, None, findings)
        if pending:
            lookup, wanted = pending[0]
            return Outcome(OutcomeKind.WAITING, None, faults, Waits(lookup.projection, wanted or ""), findings)
        return Outcome(OutcomeKind.ROW, row, faults, None, findings)

    def _pending(self, key: str, chosen: Chosen, found: LookedUp) -> list[tuple[Lookup, str | None]]:
        return [
            (lookup, wanted)
            for lookup, wanted in self.lookup_keys(key, chosen)
            if lookup.name not in found and not (lookup.optional and wanted is None)
        ]

    def _without_key(self, source: str, chosen: Chosen) -> Outcome:
        if all(row[DELETED_AT] is not None for row in chosen.values()):
            return ABSENT
        row, column = chosen.get(source), self.declaration.columns[0]
        maker, plain = self.key_makers.get(source), self.declaration.source(source).key
        if row is None or row[DELETED_AT] is not None or (maker is None and row[plain] is not None):
            fault = Fault(column.name, "KEY", LOOKS_UNKEYED, None)
            return Outcome(OutcomeKind.QUARANTINED, faults=(fault,))
        if maker is None:
            fault = Fault(column.name, "KEY", f"the legacy column {plain} holds no value", None)
            return Outcome(OutcomeKind.QUARANTINED, faults=(fault,))
        try:
            maker.derive(row)
        except Refusal as refusal:
            inputs = [i for part in self.declaration.source(source).parts for i in part.inputs]
            shown = " | ".join(masked(row[i.column]) or "" for i in inputs)
            return Outcome(OutcomeKind.QUARANTINED, faults=(Fault(column.name, refusal.rule, refusal.reason, shown),))
        fault = Fault(column.name, "KEY", "its key has become known: it is to be computed again", None)
        return Outcome(OutcomeKind.QUARANTINED, faults=(fault,))

    def without(self, outcome: Outcome, column: str) -> Outcome:
        """The outcome once another key holds the value that this one claims: the column is lost, or the whole row."""
        step = next(step for step in self._steps if step.column.name == column)
        row = dict(outcome.row or {})
        shown = masked(row[column], is_open=step.column.open)
        faults = (*outcome.faults, Fault(column, "CLAIM", "the value belongs to another key", shown))
        row[column] = None
        if step.required:
            return Outcome(OutcomeKind.QUARANTINED, faults=faults, findings=outcome.findings)
        return Outcome(OutcomeKind.ROW, row, faults, findings=outcome.findings)


def _pseudo(declaration: Projection, source: Source) -> frozenset[str]:
    """The pseudo columns of this source that some term reads."""
    inputs = (i for term in declaration.terms for i in term.inputs)
    return frozenset(i.column for i in inputs if i.source == source.name and i.is_pseudo and i.column != DELETED_AT)


def _step(column: Column, target: Table, lookups: frozenset[str], reference: Reference, *, is_key: bool) -> _Step:
    kind = target.columns[column.name]
    fit = fit_for(kind)
    terms = tuple(compile_term(term, lookups, reference, fit, n) for n, term in enumerate(column.terms))
    if is_key:
        terms = (_exact(terms[0]),)
    return _Step(column, terms, not kind.nullable)


def _exact(evaluate: Evaluate) -> Evaluate:
    """Rules forgive blanks around a value; as keys, two texts must never mean the same row of the target."""

    def exact(key: str, chosen: Chosen, found: LookedUp) -> object:
        if key != key.strip():
            raise Refusal("KEY", "blanks around the key")
        return evaluate(key, chosen, found)

    return exact
