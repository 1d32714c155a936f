"""One Python function for each projection, made of its declaration: a column costs a look into its rule's memory.

The text holds no words of the mapping (but names of columns as comments), only numbers of prepared values: ``n3`` is
the name of a source, a column or a look-up, ``known5_`` is a term's memory. What it does is what
``terms.compile_term`` does term by term.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from streams.projection.catalog import Table
from streams.projection.choose import Chosen
from streams.projection.converters import Reference, Refusal
from streams.projection.declaration import Column, Lookup, Projection, Term
from streams.projection.keys import ESCAPE, SEPARATOR, split
from streams.projection.masking import masked
from streams.projection.outcome import Fault, Finding
from streams.projection.remembered import Runs
from streams.projection.shortcuts import NAMES
from streams.projection.term_text import Names, TermText
from streams.projection.terms import LookedUp, shown_text

Row = dict[str, object]
Run = Callable[[str, Chosen, LookedUp, Collection[str], list[Fault], list[Finding]], tuple[Row, bool]]
"""Key, chosen rows, rows looked up, names of look-ups still to come, lists for faults and findings -> the row, and
whether it is lost.
"""

Refer = Callable[[str, Chosen], list[tuple[Lookup, str | None]]]
HEAD = "def run(key, chosen, found, pending, faults, findings):"


@dataclass(frozen=True, slots=True)
class Generated:
    """The function, and the text that it was made of."""

    run: Run
    text: str


def generated(declaration: Projection, target: Table, reference: Reference, runs: Runs) -> Generated:
    """Compile the declaration's columns and findings. ``runs``: to be counted up with every call."""
    names = Names()
    lookups = frozenset(lookup.name for lookup in declaration.lookups)
    terms = TermText(names, lookups, reference, runs)
    read = [term for column in declaration.columns for term in column.terms]
    read += [check.term for check in declaration.checks]
    body = [HEAD, "    lost = False", *_rows(read, names, lookups)]
    for number, column in enumerate(declaration.columns):
        body += _column(number, column, target, terms)
    for number, check in enumerate(declaration.checks):
        names.values[f"told{number}"] = _teller(check.name)
        body += [
            "    try:",
            *_indented(terms.lines([check.term], None), 8),
            "    except Refusal:",
            "        pass  # what can't be read is told by the columns that need it",
            "    else:",
            "        if c is not None:",
            f"            findings.append(told{number}(c))",
        ]
    names_of = ", ".join(f"{names.name(column.name)}: c{n}" for n, column in enumerate(declaration.columns))
    text = "\n".join([*body, f"    return {{{names_of}}}, lost", ""])
    return Generated(_made(text, names, declaration.target), text)


def referring(declaration: Projection, reference: Reference, runs: Runs) -> Refer:
    """A function that gives what a key with these rows looks up, None where it refers to nothing."""
    names = Names()
    terms = TermText(names, (), reference, runs)
    read = [term for lookup in declaration.lookups for term in _terms(lookup)]
    text = ["def run(key, chosen):", *_rows(read, names, ())]
    for number, lookup in enumerate(declaration.lookups):
        names.values[f"lookup{number}"] = lookup
        if lookup.key is not None:
            text += _indented(terms.as_it_is(lookup.key), 4)
        else:
            lines = _indented(terms.lines(lookup.terms, None), 8)
            text += ["    try:", *lines, "    except Refusal:", "        c = None"]
        text.append(f"    k{number} = c if c is None or type(c) is str else str(c)")
    pairs = ", ".join(f"(lookup{number}, k{number})" for number in range(len(declaration.lookups)))
    refer: Refer = _made("\n".join([*text, f"    return [{pairs}]", ""]), names, declaration.target)
    return refer


def _terms(lookup: Lookup) -> Sequence[Term]:
    return lookup.terms if lookup.key is None else (Term("COPY", (lookup.key,)),)


def _made(text: str, names: Names, about: str) -> Any:
    space: dict[str, Any] = {**names.values, **NAMES, "Refusal": Refusal, "split": split}
    space |= {"ESCAPE": ESCAPE, "SEPARATOR": SEPARATOR}
    exec(compile(text, f"<{about}>", "exec"), space)  # noqa: S102 - the text is made here, of numbers alone
    return space["run"]


def _rows(read: Sequence[Term], names: Names, lookups: Collection[str]) -> list[str]:
    """Every row that is read, as a local variable."""
    inputs = [i for term in read for i in term.inputs]
    sources = {i.source for i in inputs if i.source and i.source not in lookups}
    sources |= {name for term in read for name in (term.when, term.unless) if name}
    found = {i.source for i in inputs if i.source in lookups} | {term.lookup[0] for term in read if term.lookup}
    lines = [f"    {names.row(name)} = chosen.get({names.name(name)})" for name in sorted(sources)]
    lines += [f"    {names.row(name)} = found.get({names.name(name)})" for name in sorted(found)]
    if any(i.is_key and i.column for i in inputs):
        lines.append("    parts = split(key) if ESCAPE in key else key.split(SEPARATOR)")
    return lines


def _column(number: int, column: Column, target: Table, terms: TermText) -> list[str]:
    kind, names = target.columns[column.name], terms.names
    required = not kind.nullable
    names.values[f"fault{number}"] = _faulter(column)
    names.values[f"none{number}"] = Fault(column.name, "REQUIRED", "no value", None)
    lost = ["        lost = True"] if required else []
    exact = ["if key != key.strip():", '    raise Refusal("KEY", "blanks around the key")'] if number == 0 else []
    lines = [
        "    try:",
        *_indented([*exact, *terms.lines(column.terms[:1] if number == 0 else column.terms, kind)], 8),
        "    except Refusal as refusal:",
        "        c = None",
        f"        faults.append(fault{number}(refusal, key, chosen))",
        *lost,
    ]
    if required:
        lines += [
            "    else:",
            "        if c is None:",
            f"            faults.append(none{number})",
            "            lost = True",
        ]
    read = {term.lookup[0] for term in column.terms if term.lookup is not None}
    read |= {i.source for term in column.terms for i in term.inputs if i.source in terms.lookups}
    if read:
        # A column that reads a row which is still to come is neither refused nor missing.
        names.values[f"reads{number}"] = frozenset(read)
        lines = ["    c = None", f"    if not pending or reads{number}.isdisjoint(pending):", *_indented(lines, 4)]
    comment = f"    # {column.name if column.name.isidentifier() else number}"
    return [comment, *lines, f"    c{number} = c"]


def _indented(lines: Sequence[str], by: int) -> list[str]:
    return [" " * by + line for line in lines]


def _teller(name: str) -> Callable[[object], Finding]:
    return lambda reason: Finding(name, str(reason))


def _faulter(column: Column) -> Callable[[Refusal, str, Chosen], Fault]:
    def fault(refusal: Refusal, key: str, chosen: Chosen) -> Fault:
        return fault_of(column, refusal, key, chosen)

    return fault


def fault_of(column: Column, refusal: Refusal, key: str, chosen: Chosen) -> Fault:
    """The fault of a column whose term was refused, with what the term reads behind a mask."""
    texts = [shown_text(i, key, chosen) for i in column.terms[refusal.term].inputs]
    # The first input is what the rule is about; others, such as a description, may hold anything.
    shown = " | ".join(masked(text, is_open=column.open and n == 0) or "" for n, text in enumerate(texts))
    return Fault(column.name, refusal.rule, refusal.reason, shown or None)
