"""Terms as lines of Python: each sets ``c`` to the term's value, as ``terms.compile_term`` gives it."""

from collections.abc import Collection, Sequence

from streams.projection.catalog import ColumnType
from streams.projection.converters import Reference, Refusal
from streams.projection.declaration import Input, Term
from streams.projection.fit import Fit, fit_for, fits_all
from streams.projection.remembered import Convert, Runs, memory_of, plain
from streams.projection.shortcuts import Shortcut, shortcut, shortcut_of_several

REMEMBERS_ITSELF = frozenset({"UUID5", "WAKTU"})


class Names:
    """Prepared values by the numbered names that the text has for them."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {}
        self._numbers: dict[str, int] = {}

    def name(self, text: str) -> str:
        """The name of a constant text."""
        number = self._number(text)
        self.values[f"n{number}"] = text
        return f"n{number}"

    def row(self, text: str) -> str:
        """The variable that holds the row of a source or a look-up."""
        return f"r{self._number(text)}"

    def add(self, letter: str, value: object) -> str:
        """A new name for a value."""
        name = f"{letter}{len(self.values)}_"
        self.values[name] = value
        return name

    def _number(self, text: str) -> int:
        return self._numbers.setdefault(text, len(self._numbers))


class TermText:
    """Writes terms, and prepares what they call."""

    def __init__(self, names: Names, lookups: Collection[str], reference: Reference, runs: Runs) -> None:
        self.names = names
        self.lookups = lookups
        self._reference = reference
        self._runs = runs

    def lines(self, terms: Sequence[Term], kind: ColumnType | None) -> list[str]:
        """Set ``c`` to the first value that a term gives, made to fit a column of that kind."""
        fit = fit_for(kind) if kind is not None and not fits_all(kind) else None
        lines: list[str] = []
        for number, term in enumerate(terms):
            conditions = [f"{self.names.row(name)} is not None" for name in sorted(self._needed(term))]
            if term.unless and term.lookup is None:
                conditions.append(f"{self.names.row(term.unless)} is None")
            if number:
                conditions.insert(0, "c is None")
            elif conditions:
                lines.append("c = None")
            inner = self._term(term, kind, fit, number)
            if conditions:
                lines += [f"if {' and '.join(conditions)}:", *(f"    {line}" for line in inner)]
            else:
                lines += inner
        return lines or ["c = None"]

    def as_it_is(self, value: Input) -> list[str]:
        """Set ``c`` to a value of the key or of a source's row; NULL without a row."""
        if value.is_key:
            return [f"c = {self._read(value)}"]
        row = self.names.row(value.source)
        return [f"c = None if {row} is None else {row}.get({self.names.name(value.column)})"]

    def _needed(self, term: Term) -> set[str]:
        if term.lookup is not None:
            return {term.lookup[0]}
        needed = {i.source for i in term.inputs if not i.is_key and i.source not in self.lookups}
        return needed | ({term.when} if term.when else set())

    def _term(self, term: Term, kind: ColumnType | None, fit: Fit | None, number: int) -> list[str]:
        if term.lookup is not None:
            name, column = term.lookup
            return self._fitted(f"{self.names.row(name)}[{self.names.name(column)}]", fit, number)
        if not term.rule:
            return self._fitted(self.names.add("value", term.value), fit, number)
        # One value is handed over as it is, several as a tuple: what the memory knows them by.
        convert = plain(term, self._reference, fit, number)
        if (short := shortcut(term, kind)) is not None:
            return self._shortened(self._read(term.inputs[0]), short, convert)
        if term.rule in REMEMBERS_ITSELF and len(term.inputs) == 1:
            return [f"c = {self.names.add('call', convert)}({self._read(term.inputs[0])})"]
        memory = memory_of(term, convert, self._runs)
        known = self.names.add("known", memory)
        reads = [self._read(i) for i in term.inputs]
        return [f"c = {known}[{reads[0]}]"] if len(reads) == 1 else _several(term, reads, known)

    def _shortened(self, read: str, short: Shortcut, convert: Convert) -> list[str]:
        value = short.value if short.call is None else short.value.replace("CALL", self.names.add("short", short.call))
        return [
            f"x = {read}",
            "if x is None:",
            "    c = None",
            f"elif type(x) is str and {short.given}:",
            f"    c = {value}",
            "else:",
            f"    c = {self.names.add('call', convert)}(x)",
        ]

    def _read(self, value: Input) -> str:
        """A value that a rule reads. Of a look-up without a row it is NULL."""
        if value.is_key:
            place = int(value.column) - 1 if value.column else 0
            return f"(parts[{place:d}] or None if len(parts) > {place:d} else None)" if value.column else "key"
        row, column = self.names.row(value.source), self.names.name(value.column)
        return (
            f"({row}[{column}] if {row} is not None else None)" if value.source in self.lookups else f"{row}[{column}]"
        )

    def _fitted(self, value: str, fit: Fit | None, number: int) -> list[str]:
        if fit is None:
            return [f"c = {value}"]
        name = self.names.add("fit", _telling(fit, number))
        return [f"c = {value}", "if c is not None:", f"    c = {name}(c)"]


def _several(term: Term, reads: Sequence[str], known: str) -> list[str]:
    asked = f"c = {known}[{', '.join(reads)}]"
    quick = shortcut_of_several(term, reads)
    return [f"if {quick}:", "    c = None", "else:", f"    {asked}"] if quick else [asked]


def _telling(fit: Fit, number: int) -> Fit:
    def fit_and_tell(value: object) -> object:
        try:
            return fit(value)
        except Refusal as refusal:
            refusal.term = number
            raise

    return fit_and_tell
