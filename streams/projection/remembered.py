"""Rules that remember what they gave: legacy columns hold few different codes, flags, dates and names of places."""

from collections.abc import Callable, Iterable

from streams.projection.converters import CONVERTERS, Reference, Refusal
from streams.projection.declaration import DIFFER, LIVE_ROWS, Input, Term
from streams.projection.fit import Fit

MOST = 512  # values remembered for one term; then all are forgotten, so that memory does not grow with the table
JUDGED_AFTER = 1024  # calls after which a term whose values hardly ever come again stops to remember
LEAST_SHARE = 0.3  # of calls that must have found their value
MISSING = object()  # what ``get`` gives for values that are not remembered

Convert = Callable[..., object]


class Memory:
    """What a function gave for texts, or for tuples of them.

    Ask ``get(value, MISSING)`` first, and call ``miss(value)`` where that gives ``MISSING``. A Refusal is raised and
    never remembered. Values of other types than ``kinds`` are left out: to a dictionary 1, 1.0 and True are one value,
    and 1.0 and 1.00, and to a rule they are not.
    """

    def __init__(self, call: Convert, kinds: Iterable[type] = (str, type(None))) -> None:
        self._call = call
        self._kinds = frozenset(kinds)
        self._known: dict[object, object] = {}
        self._trial: dict[object, object] | None = {}
        self._remembers = False
        self._calls = self._misses = 0
        self.get = self._known.get

    def miss(self, value: object) -> object:
        """The function's result; it is remembered if values come again."""
        if self._trial is not None:
            return self._judge(self._trial, value)
        result = self._call(value)
        if self._remembers:
            self._keep(self._known, value, result)
        return result

    def _judge(self, trial: dict[object, object], value: object) -> object:
        # Until it is judged nothing is known, so that every call comes by here and is counted.
        self._calls += 1
        result = trial.get(value, MISSING)
        if result is MISSING:
            self._misses += 1
            result = self._call(value)
            self._keep(trial, value, result)
        if self._calls >= JUDGED_AFTER:
            self._trial = None
            self._remembers = self._misses < self._calls * (1 - LEAST_SHARE)
            if self._remembers:
                self._known.update(trial)
        return result

    def _keep(self, known: dict[object, object], value: object, result: object) -> None:
        kinds = self._kinds
        if type(value) in kinds or (type(value) is tuple and kinds.issuperset(map(type, value))):
            if len(known) >= MOST:
                known.clear()
            known[value] = result


def memory_of(term: Term, call: Convert) -> Memory:
    """A memory for the term's rule, made ready by ``plain``: of one value, or of a tuple of several."""
    kinds = {str, type(None), *(kind for i in term.inputs for kind in _kinds(i))}
    return Memory(call if len(term.inputs) == 1 else lambda values: call(*values), kinds)


def _kinds(read: Input) -> Iterable[type]:
    """What pseudo columns hold: always the same type, so that no other value looks like theirs."""
    if read.column == LIVE_ROWS:
        return (int,)
    return (bool,) if read.column.startswith(DIFFER) else ()


def plain(term: Term, reference: Reference, fit: Fit | None, number: int) -> Convert:
    """The term's rule over its values, made to fit the column. It raises Refusal, with the number of the term.

    The same values give the same result: that is what rules promise.
    """
    call, arguments = CONVERTERS[term.rule].call, term.arguments

    def convert(*values: object) -> object:
        try:
            value = call(reference, arguments, *values)
            return value if fit is None or value is None else fit(value)
        except Refusal as refusal:
            refusal.term = number
            raise

    return convert
