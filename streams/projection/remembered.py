"""Rules that remember what they gave: legacy columns hold few different codes, flags, dates and names of places."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from streams.projection.converters import CONVERTERS, Reference, Refusal
from streams.projection.declaration import DIFFER, LIVE_ROWS, Input, Term
from streams.projection.fit import Fit

MOST = 512  # values remembered for one term; then all are forgotten, so that memory does not grow with the table
LEAST_SHARE = 0.3  # of runs that must have gone without asking the rule, or the term stops to remember

Convert = Callable[..., object]


class Runs:
    """How often the terms that share it have been computed."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0


class Memory(dict[object, object]):
    """What a function gives for texts, or for tuples of them: ``memory[value]`` asks it unless the value is remembered.

    A Refusal is raised and never remembered. Values of other types than ``kinds`` are left out: to a dictionary 1, 1.0
    and True are one value, and 1.0 and 1.00, and to a rule they are not. ``runs`` tells how often it could have been
    asked: a term whose values hardly ever come again stops to remember. It holds fewer than ``MOST`` values.
    """

    __slots__ = ("_begun", "_call", "_kinds", "_remembers", "_runs")

    def __init__(self, call: Convert, runs: Runs, kinds: Iterable[type] = (str, type(None))) -> None:
        super().__init__()
        self._call = call
        self._kinds = frozenset(kinds)
        self._runs = runs
        self._begun = 0
        self._remembers = True

    def __missing__(self, value: object) -> object:
        """The function's result; it is remembered if values come again."""
        result = self._call(value)
        if self._remembers:
            kinds = self._kinds
            if type(value) in kinds or (type(value) is tuple and kinds.issuperset(map(type, value))):
                self[value] = result
                if len(self) >= MOST:
                    self._forget()
        return result

    def _forget(self) -> None:
        runs, self._begun = self._runs.count - self._begun, self._runs.count
        self._remembers = len(self) < runs * (1 - LEAST_SHARE)
        self.clear()


def memory_of(term: Term, call: Convert, runs: Runs) -> Memory:
    """A memory for the term's rule: ``call`` takes the one value that the term reads, or the tuple of several."""
    return Memory(call, runs, {str, type(None), *(kind for i in term.inputs for kind in _kinds(i))})


def _kinds(read: Input) -> Iterable[type]:
    """What pseudo columns hold: always the same type, so that no other value looks like theirs."""
    if read.column == LIVE_ROWS:
        return (int,)
    return (bool,) if read.column.startswith(DIFFER) else ()


def plain(term: Term, reference: Reference, fit: Fit | None, number: int) -> Convert:
    """The term's rule over its one value, or over the tuple of several, made to fit the column. It raises Refusal, with
    the number of the term.

    The same values give the same result: that is what rules promise.
    """
    call, arguments = CONVERTERS[term.rule].call, term.arguments
    if len(term.inputs) == 1 and fit is None and number == 0:
        return partial(call, reference, arguments)  # a refusal's number is 0 by itself

    def convert_one(read: object) -> object:
        try:
            value = call(reference, arguments, read)
            return value if fit is None or value is None else fit(value)
        except Refusal as refusal:
            refusal.term = number
            raise

    def convert(read: Any) -> object:
        try:
            value = call(reference, arguments, *read)
            return value if fit is None or value is None else fit(value)
        except Refusal as refusal:
            refusal.term = number
            raise

    return convert_one if len(term.inputs) == 1 else convert
