"""Rules that remember what they gave: legacy columns hold few different codes, flags, dates and names of places."""

from collections.abc import Callable, Mapping

from streams.projection.converters import CONVERTERS, Reference, Refusal
from streams.projection.declaration import Term
from streams.projection.fit import Fit

MOST = 512  # values remembered for one term; then all are forgotten, so that memory does not grow with the table
JUDGED_AFTER = 2048  # calls after which a term whose values hardly ever come again stops to remember
LEAST_SHARE = 0.3  # of calls that must have found their value

Convert = Callable[..., object]


def remembered(term: Term, reference: Reference, fit: Fit | None, number: int) -> Convert:
    """The term's rule over its values, made to fit the column. It raises Refusal, with the number of the term.

    The same values give the same result: that is what rules promise. Numbers with a point are left out, since 0.0 and
    -0.0 are one value to a dictionary and may not be one to a rule.
    """
    call, arguments = CONVERTERS[term.rule].call, term.arguments
    plain = _plain(call, reference, arguments, fit, number)
    known: dict[tuple[object, ...], object] = {}
    calls = misses = 0
    remembers = True

    def convert(*values: object) -> object:
        nonlocal calls, misses, remembers
        if not remembers:
            return plain(*values)
        calls += 1
        try:
            return known[values]
        except KeyError:
            misses += 1
        if calls == JUDGED_AFTER:
            remembers = misses < calls * (1 - LEAST_SHARE)
            calls = misses = 0
        value = plain(*values)
        if len(known) >= MOST:
            known.clear()
        if not any(isinstance(one, float) for one in values):
            known[values] = value
        return value

    return convert


def _plain(
    call: Convert, reference: Reference, arguments: Mapping[str, object], fit: Fit | None, number: int
) -> Convert:
    def convert(*values: object) -> object:
        try:
            value = call(reference, arguments, *values)
            return value if fit is None or value is None else fit(value)
        except Refusal as refusal:
            refusal.term = number
            raise

    return convert
