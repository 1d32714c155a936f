"""Does a converted value fit the target column? Decided before the database is asked: no row poisons a batch."""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

from streams.projection.catalog import ColumnType
from streams.projection.converters import Refusal

RULE = "FITS"
INTEGERS = {"smallint": 15, "integer": 31, "bigint": 63}

Fit = Callable[[object], object]


def fit_for(kind: ColumnType) -> Fit:
    """A function that returns the value in the column's form or raises Refusal; None passes."""
    if kind.length is not None:
        return _text(kind.length)
    if kind.sql in INTEGERS:
        return _integer(INTEGERS[kind.sql])
    if kind.precision is not None:
        return _numeric(kind.precision, kind.scale or 0)
    return lambda value: value


def fits_all(kind: ColumnType) -> bool:
    """Whether that function returns every value as it is."""
    return kind.length is None and kind.sql not in INTEGERS and kind.precision is None


def _text(length: int) -> Fit:
    def fit(value: object) -> object:
        if value is not None and len(value if isinstance(value, str) else str(value)) > length:
            raise Refusal(RULE, f"longer than {length} characters")
        return value

    return fit


def _integer(bits: int) -> Fit:
    limit = 1 << bits

    def fit(value: object) -> object:
        if isinstance(value, int) and not (-limit <= value < limit):
            raise Refusal(RULE, "too large for the column")
        return value

    return fit


def _numeric(precision: int, scale: int) -> Fit:
    step = Decimal(1).scaleb(-scale)
    limit = Decimal(10) ** (precision - scale)

    def fit(value: object) -> object:
        if not isinstance(value, Decimal | int):
            return value
        if isinstance(value, Decimal) and value.same_quantum(step) and -limit < value < limit:
            return value  # as nearly all are, for rules give amounts of two decimals
        # Rounding comes between: 999.995 has three digits before the point, and four afterwards.
        rounded = Decimal(value).quantize(step, ROUND_HALF_UP) if abs(Decimal(value)) < limit else None
        if rounded is None or abs(rounded) >= limit:
            raise Refusal(RULE, f"more than {precision - scale} digits before the point")
        return rounded

    return fit
