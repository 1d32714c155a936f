"""Explanations as people read them."""

from collections.abc import Sequence
from itertools import groupby

from streams.cli.render import out, print_facts, print_table
from streams.services.explained import (
    Explanation,
    Record,
    ShortKey,
    ToldColumn,
    ToldEntry,
    ToldTerm,
    in_short,
    reasons,
)

DIFFERS = "≠"
LATELY = 3  # entries of a key's history beside its record
TOLD = ("does not count", "not reached")  # terms that gave nothing to a column: not shown, but counted


def print_explanation(one: Explanation) -> None:
    """One key in full."""
    print_facts(_facts(one))
    for note in one.notes:
        out.print(f"Note: {note}", markup=False, highlight=False)
    if one.faults:
        refused = [(fault.column, fault.rule, fault.reason, fault.masked) for fault in one.faults]
        print_table("Refusals", ("column", "rule", "reason", "masked"), refused)
    kept = [tuple(fault[c] for c in ("column", "rule", "reason", "masked")) for fault in one.kept.faults]
    if kept and one.differs:
        print_table("Refusals as they are kept", ("column", "rule", "reason", "masked"), kept)
    if one.findings:
        print_table("Findings", ("finding", "why"), [(finding.name, finding.reason) for finding in one.findings])
    if one.claims:
        claims = [(c.column, "another key" if c.is_lost else "this key", c.holder) for c in one.claims]
        print_table("Values that one key alone may hold", ("column", "held by", "key"), claims)
    _print_rows(one)
    if one.lookups:
        looked = [
            (k.name, k.table, k.key, "found" if k.found else "not found", "\n".join(map(_term, _told(k.terms))))
            for k in one.lookups
        ]
        print_table("Looked up", ("look-up", "in", "key", "row", "key from"), looked)
    columns = ("column", "", "in the target", "from the mirror", "by")
    print_table("Columns", columns, [_column(column) for column in one.columns])
    if any(column.differs for column in one.columns):
        out.print(f"{DIFFERS}: the target holds another value than the mapping makes of the mirror.")
    _print_history(one)


def print_keys(title: str, found: Sequence[Explanation]) -> None:
    """Several keys of one table, a line each."""
    rows = [(one.key, one.outcome, DIFFERS if one.differs else "", "\n".join(in_short(one).why)) for one in found]
    print_table(title, ("key", "outcome", "", "why"), rows)


def print_record(record: Record) -> None:
    """Everything about a NIB, table by table."""
    for table, found in groupby(record.keys, key=lambda key: key.table):
        keys = list(found)
        title = f"{table if keys[0].has_table else f'{table} (no table)'}: {len(keys):,}"
        columns = ("key", "outcome", "", "row in the target", "legacy rows", "why", "last changes (UTC)")
        print_table(title, columns, [_short(key) for key in keys])
    out.print(f"Keys: {len(record.keys):,}. {DIFFERS}: the target holds something else than the mapping makes of it.")
    out.print("Each is told in full by 'selaras explain TABLE KEY'.")


def _facts(one: Explanation) -> dict[str, object]:
    kept = one.kept.outcome + (f" since {one.kept.since[:19]} UTC" if one.kept.since else "")
    facts: dict[str, object] = {"table": one.table if one.has_table else f"{one.table} (no table)"}
    facts |= {"key": one.key, "outcome": one.outcome}
    if one.waits_for:
        facts["waits for"] = one.waits_for
    facts["in the target"] = f"{kept} {DIFFERS}" if one.differs else kept
    if one.kept.waits_for and one.kept.waits_for != one.waits_for:
        facts["is kept as waiting for"] = one.kept.waits_for
    return facts


def _print_rows(one: Explanation) -> None:
    if not one.rows:
        out.print("No legacy row in the mirror has this key.")
        return
    columns = ("source", "row", "", "standing", "why", "position", "committed (UTC)")
    rows = [
        (
            row.source,
            f"{row.table} {row.id}" + (f" x{row.count}" if row.count > 1 else ""),
            "chosen" if row.chosen else "",
            row.standing,
            row.why,
            f"{row.generation} {row.commit} {row.record}",
            row.committed_at[:23],
        )
        for row in one.rows
    ]
    print_table("Legacy rows (position: generation, commit, record)", columns, rows)
    out.print("Keys from: " + "; ".join(f"{s}: {rule}" for s, rule in one.keys_from.items()), markup=False)


def _print_history(one: Explanation) -> None:
    if not one.history:
        out.print("No change of this key is on record since it was first computed.")
        return
    columns = ("changed (UTC)", "outcome", "why", "position", "committed (UTC)")
    title = "History (position: newest legacy change of the batch; none where the key was computed without one)"
    print_table(title, columns, [_entry(entry) for entry in one.history])


def _entry(entry: ToldEntry) -> tuple[str | None, ...]:
    outcome = entry.outcome if entry.was in (None, entry.outcome) else f"{entry.was} -> {entry.outcome}"
    position = None if entry.commit is None else f"{entry.generation} {entry.commit} {entry.record}"
    committed = None if entry.committed_at is None else entry.committed_at[:23]
    return (entry.at[:23], outcome, "\n".join(_what(entry)) or None, position, committed)


def _what(entry: ToldEntry) -> list[str]:
    return [*([f"changed: {', '.join(entry.columns)}"] if entry.columns else []), *reasons(entry)]


def _column(column: ToldColumn) -> tuple[str | None, ...]:
    terms = _told(column.terms)
    return (
        column.name,
        DIFFERS if column.differs else "",
        column.held,
        column.value,
        "\n".join(_term(term) for term in terms),
    )


def _told(terms: Sequence[ToldTerm]) -> list[ToldTerm]:
    """Those that said something; if none did, all."""
    return [term for term in terms if term.came_to not in TOLD] or list(terms)


def _term(term: ToldTerm) -> str:
    read = ", ".join(f"{one.name}={'-' if one.value is None else one.value}" for one in term.inputs)
    came_to = "" if term.came_to == "gave the value" else f": {term.reason or term.came_to}"
    return f"{term.rule}({read}){came_to}" if term.inputs else f"{term.rule}{came_to}"


def _short(key: ShortKey) -> tuple[str | None, ...]:
    row = "\n".join(f"{name}={value}" for name, value in (key.row or {}).items() if value is not None)
    legacy = "\n".join(f"{one.table} {one.id} ({one.standing}, {one.committed_at[:19]})" for one in key.legacy)
    history = "\n".join(f"{entry.at[:19]} {_entry(entry)[1]}" for entry in key.history[-LATELY:])
    differs = DIFFERS if key.differs else ""
    return (key.key, key.outcome, differs, row or None, legacy or None, "\n".join(key.why), history or None)
