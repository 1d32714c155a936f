"""A trace of one key, and what the target holds of it, as an explanation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from streams.changes.position import lsn_to_text
from streams.ports.explain import KeptClaim, KeptEntry, KeptState, MirrorRow
from streams.projection.compute import CompiledProjection
from streams.projection.curtain import Curtain
from streams.projection.declaration import Column, Input, Source, Term
from streams.projection.explain import Trace, TracedColumn, TracedRow, TracedTerm, Verdict
from streams.projection.outcome import Fault, Finding, Outcome, OutcomeKind
from streams.services.computed import same
from streams.services.explained import (
    Explanation,
    Kept,
    ReadValue,
    ToldClaim,
    ToldColumn,
    ToldEntry,
    ToldLookup,
    ToldRow,
    ToldTerm,
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What was read of one key."""

    key: str
    rows: Mapping[str, Sequence[MirrorRow]]
    state: KeptState | None
    held: Mapping[str, object] | None
    claims: Sequence[KeptClaim]
    history: Sequence[KeptEntry] = ()


def told(
    compiled: CompiledProjection, traced: Trace, facts: Facts, curtain: Curtain, notes: Sequence[str]
) -> Explanation:
    """Everything about the key; ``traced`` with the outcome that its claims leave."""
    declaration, outcome = compiled.declaration, traced.outcome
    kept = _kept(facts)
    columns = _columns(declaration.columns, traced, facts, curtain)
    differs = not _is_stopped(outcome) and (outcome.kind.value != kept.outcome or any(c.differs for c in columns))
    return Explanation(
        declaration.target,
        facts.key,
        not declaration.virtual,
        outcome.kind.value,
        kept,
        differs,
        f"{outcome.waits.projection} {outcome.waits.key}".strip() if outcome.waits else None,
        outcome.faults,
        outcome.findings,
        [ToldClaim(claim.column, claim.holder, claim.holder != facts.key) for claim in facts.claims],
        columns,
        [
            ToldLookup(
                one.lookup.name,
                one.lookup.projection,
                one.key,
                one.is_found,
                _key_terms(one.lookup.key, one.key, curtain)
                or [_term(term, curtain, is_open=False) for term in one.terms],
            )
            for one in traced.lookups
        ],
        _rows(declaration.sources, traced, facts),
        [_entry(entry) for entry in facts.history],
        {source.name: key_rule(source) for source in declaration.sources},
        (*notes, *_notes(facts, outcome, is_unkeyed=compiled.is_unkeyed(facts.key))),
    )


def _kept(facts: Facts) -> Kept:
    state = facts.state
    if state is None:
        return Kept("absent" if facts.held is None else "row", None, None, ())
    return Kept(state.outcome, state.since, _awaited(state), state.faults)


def _awaited(state: KeptState | KeptEntry) -> str | None:
    return f"{state.waits_for_table} {state.waits_for}".strip() if state.waits_for is not None else None


def _entry(entry: KeptEntry) -> ToldEntry:
    at = entry.position
    return ToldEntry(
        entry.at,
        entry.was,
        entry.outcome,
        _awaited(entry),
        [_fault(fault) for fault in entry.faults],
        [Finding(str(finding["name"]), str(finding["reason"])) for finding in entry.findings],
        entry.columns,
        None if at is None else at.generation,
        None if at is None else lsn_to_text(at.commit),
        None if at is None else lsn_to_text(at.record),
        entry.committed_at,
    )


def _fault(fault: Mapping[str, str | None]) -> Fault:
    return Fault(str(fault["column"]), str(fault["rule"]), str(fault["reason"]), fault["masked"])


def _notes(facts: Facts, outcome: Outcome, *, is_unkeyed: bool) -> list[str]:
    notes = []
    if is_unkeyed:
        notes.append("A rule refuses this row's key: no column is computed before it has one.")
    if any(fault["rule"] == "TARGET" for fault in (facts.state.faults if facts.state else ())):
        notes.append("The new database itself refused the row, or kept one that others refer to: see what is kept.")
    if outcome.waits is not None and _is_stopped(outcome):
        notes.append(
            f"The mirror lacks values of {outcome.waits.key}: nothing of this table is computed until it has them, and "
            "rows in the target stay as they are."
        )
    return notes


def _is_stopped(outcome: Outcome) -> bool:
    """Whether the key waits for no other key, but for what the mirror lacks."""
    return outcome.kind is OutcomeKind.WAITING and outcome.waits is not None and not outcome.waits.projection


def _columns(columns: Sequence[Column], traced: Trace, facts: Facts, curtain: Curtain) -> list[ToldColumn]:
    by_name = {one.column.name: one for one in traced.columns}
    return [_column(column, by_name.get(column.name), traced.outcome, facts.held, curtain) for column in columns]


def _column(
    column: Column,
    traced: TracedColumn | None,
    outcome: Outcome,
    held: Mapping[str, object] | None,
    curtain: Curtain,
) -> ToldColumn:
    there = None if held is None else held.get(column.name)
    right = None if outcome.row is None else outcome.row[column.name]
    value = traced.value if traced is not None else None
    giver = traced.giver if traced is not None else None
    is_same = there is not None and same(there, value)
    terms = traced.terms if traced is not None else ()
    place = next((n for n, term in enumerate(terms, 1) if term.verdict is Verdict.GAVE), None)
    return ToldColumn(
        column.name,
        curtain.given(column, giver, value),
        curtain.given(column, giver, there) if is_same else curtain.held(column, there),
        not _is_stopped(outcome) and not same(there, right),
        place,
        [_term(term, curtain, is_open=column.open) for term in terms],
    )


def _term(traced: TracedTerm, curtain: Curtain, *, is_open: bool) -> ToldTerm:
    # The first input is what the rule is about; others, such as a description, may hold anything.
    inputs = [
        ReadValue(_name(one), curtain.read(one, value, is_open=is_open and number == 0))
        for number, (one, value) in enumerate(traced.inputs)
    ]
    return ToldTerm(rule_name(traced.term), inputs, traced.verdict.value, traced.reason)


def _key_terms(one: Input | None, key: str | None, curtain: Curtain) -> list[ToldTerm]:
    if one is None:
        return []
    came_to = Verdict.NOTHING if key is None else Verdict.GAVE
    return [ToldTerm("as it is", [ReadValue(_name(one), curtain.read(one, key, is_open=True))], came_to.value, "")]


def _name(one: Input) -> str:
    if one.is_key:
        return f"key.{one.column}" if one.column else "key"
    return f"{one.source}.{one.column}"


def rule_name(term: Term) -> str:
    """The rule with its arguments, as a person would say it."""
    if term.lookup is not None:
        return "look-up"
    conditions = [f"{word} {source}" for word, source in (("when", term.when), ("unless", term.unless)) if source]
    name = term.rule or f"value {term.value}"
    arguments = [f"{key}={value}" for key, value in term.arguments.items()]
    return " ".join([name, *arguments, *conditions])


def key_rule(source: Source) -> str:
    """How a source's rows tell their key."""
    if not source.is_derived:
        return source.key
    parts = (f"{rule_name(part)}({', '.join(i.column for i in part.inputs)})" for part in source.parts)
    return " | ".join(parts)


def _rows(sources: Sequence[Source], traced: Trace, facts: Facts) -> list[ToldRow]:
    return [
        _row(source, row, one)
        for source in sources
        for row, one in zip(facts.rows.get(source.name, ()), traced.rows.get(source.name, ()), strict=True)
    ]


def _row(source: Source, row: MirrorRow, one: TracedRow) -> ToldRow:
    at = row.position
    return ToldRow(
        source.name,
        source.table,
        row.id,
        one.is_chosen,
        one.standing,
        one.why,
        at.generation,
        lsn_to_text(at.commit),
        lsn_to_text(at.record),
        row.committed_at,
        row.count,
    )
