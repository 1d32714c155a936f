"""What a projection says, computed the plain and slow way: term by term, nothing remembered, nothing generated."""

from collections.abc import Mapping, Sequence
from itertools import product

from streams.projection.catalog import Table
from streams.projection.choose import Chosen, SourceRow
from streams.projection.converters import CONVERTERS, Reference, Refusal
from streams.projection.declaration import DELETED_AT, DIFFER, LIVE_ROWS, Projection, Source
from streams.projection.fit import fit_for
from streams.projection.generated import fault_of
from streams.projection.keys import unkeyed, unkeyed_source
from streams.projection.outcome import ABSENT, Fault, Finding, Outcome, OutcomeKind, Waits
from streams.projection.terms import LookedUp, compile_term, first, shown_text


def plain_keys(source: Source, reference: Reference, row: SourceRow, row_id: str) -> tuple[str, ...]:
    """The keys that the rules of a source's parts give a row."""
    found: list[Sequence[str]] = []
    for term in source.parts:
        texts = [None if (value := row[i.column]) is None else str(value) for i in term.inputs]
        try:
            value = CONVERTERS[term.rule].call(reference, term.arguments, *texts) if term.rule else str(term.value)
        except Refusal:
            return (unkeyed(source.name, row_id),)
        values = value if isinstance(value, tuple) else () if value in (None, "") else (str(value),)
        if not values and not term.optional:
            return ()
        found.append(values or ("",))
    return tuple(dict.fromkeys(_joined(texts) for texts in product(*found)))


def _joined(texts: Sequence[str]) -> str:
    if len(texts) == 1:
        return texts[0]
    return "|".join(text.replace("\\", "\\\\").replace("|", "\\|") for text in texts)


class PlainProjection:
    """The declaration, read anew for every key."""

    def __init__(self, declaration: Projection, target: Table, reference: Reference) -> None:
        self.declaration = declaration
        self._target = target
        self._reference = reference
        self._lookups = frozenset(lookup.name for lookup in declaration.lookups)

    def choose(self, rows: Mapping[str, Sequence[SourceRow]]) -> dict[str, SourceRow]:
        """The greatest row of each source, with what is told of all."""
        read = {i for term in self.declaration.terms for i in term.inputs if i.is_pseudo and i.column != DELETED_AT}
        chosen = {}
        for source in self.declaration.sources:
            found = rows.get(source.name, ())
            if found:
                live = [row for row in found if self._standing(source, row) == 2]
                told = {i.column: _told(i.column, live) for i in read if i.source == source.name}
                chosen[source.name] = {**max(found, key=lambda row, source=source: self._weight(source, row)), **told}
        return chosen

    @staticmethod
    def _standing(source: Source, row: SourceRow) -> int:
        if row[DELETED_AT] is not None:
            return 0
        return 2 if source.active is None or row[source.active[0]] == source.active[1] else 1

    def _weight(self, source: Source, row: SourceRow) -> tuple[object, ...]:
        values = []
        for order in source.newest:
            value = row[order.column]
            try:
                value = CONVERTERS[order.rule].call(self._reference, {}, value) if order.rule else value
            except Refusal:
                value = None
            value = None if value != value else value  # noqa: PLR0124
            values.append((value is not None, 0 if value is None else value))
        return self._standing(source, row), str(row[DELETED_AT] or ""), *values, repr(sorted(row.items()))

    def references(self, key: str, chosen: Chosen) -> dict[str, str | None]:
        """What each look-up refers to."""
        found: dict[str, str | None] = {}
        for lookup in self.declaration.lookups:
            terms = [compile_term(term, (), self._reference) for term in lookup.terms]
            try:
                value = shown_text(lookup.key, key, chosen) if lookup.key else first(terms, key, chosen, {})
            except Refusal:
                value = None
            found[lookup.name] = None if value is None or not chosen else str(value)
        return found

    def compute(self, key: str, chosen: Chosen, found: LookedUp) -> Outcome:
        """The outcome of a key that rules did not refuse."""
        assert unkeyed_source(key) is None
        if not chosen:
            return ABSENT
        optional = {lookup.name: lookup.optional for lookup in self.declaration.lookups}
        references = self.references(key, chosen)
        pending = [n for n, k in references.items() if n not in found and not (optional[n] and k is None)]
        row, faults, lost = self._row(key, chosen, found, frozenset(pending))
        findings = self._findings(key, chosen, found)
        if lost:
            gone = all(source_row[DELETED_AT] is not None for source_row in chosen.values())
            return ABSENT if gone else Outcome(OutcomeKind.QUARANTINED, faults=faults, findings=findings)
        if pending:
            projection = next(k.projection for k in self.declaration.lookups if k.name == pending[0])
            waits = Waits(projection, references[pending[0]] or "")
            return Outcome(OutcomeKind.WAITING, None, faults, waits, findings)
        return Outcome(OutcomeKind.ROW, row, faults, None, findings)

    def _row(
        self, key: str, chosen: Chosen, found: LookedUp, pending: frozenset[str]
    ) -> tuple[dict[str, object], tuple[Fault, ...], bool]:
        row: dict[str, object] = dict.fromkeys(column.name for column in self.declaration.columns)
        faults: list[Fault] = []
        lost = False
        for place, column in enumerate(self.declaration.columns):
            read = {i.source for term in column.terms for i in term.inputs}
            read |= {term.lookup[0] for term in column.terms if term.lookup}
            if read & pending:
                continue
            kind = self._target.columns[column.name]
            terms = column.terms[:1] if place == 0 else column.terms
            ready = [compile_term(t, self._lookups, self._reference, fit_for(kind), n) for n, t in enumerate(terms)]
            try:
                if place == 0 and key != key.strip():
                    raise Refusal("KEY", "blanks around the key")
                row[column.name] = first(ready, key, chosen, found)
            except Refusal as refusal:
                faults.append(fault_of(column, refusal, key, chosen))
                lost = lost or not kind.nullable
            else:
                if row[column.name] is None and not kind.nullable:
                    faults.append(Fault(column.name, "REQUIRED", "no value", None))
                    lost = True
        return row, tuple(faults), lost

    def _findings(self, key: str, chosen: Chosen, found: LookedUp) -> tuple[Finding, ...]:
        findings = []
        for check in self.declaration.checks:
            try:
                reason = compile_term(check.term, self._lookups, self._reference)(key, chosen, found)
            except Refusal:
                continue
            if reason is not None:
                findings.append(Finding(check.name, str(reason)))
        return tuple(findings)


def _told(name: str, live: Sequence[SourceRow]) -> object:
    if name == LIVE_ROWS:
        return len(live)
    return len({row[name.removeprefix(DIFFER)] for row in live}) > 1
