"""What computing keys came to: counts, and samples of what differed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from streams.ports.recomputing import added
from streams.projection.declaration import Projection
from streams.projection.masking import masked

SAMPLES = 10  # of each table
Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Sample:
    """A row that differs: by column, in the columns that do, the value before and after behind a mask (shown where
    the column is open); a row that appears or goes has no before or after at all.
    """

    key: str
    before: Mapping[str, str | None] | None
    after: Mapping[str, str | None] | None


@dataclass(frozen=True, slots=True)
class Computed:
    """What computing everything came to, by projection: keys by outcome, rows that differed, rows that had to go.

    ``along``: where nothing is kept, rows of other projections that would follow; these are counted apart, since their
    own keys are computed too. ``rekeyed``: source rows whose derived keys differed. ``left_over``: rows of no key.
    ``kept``: rows that had to go and stay, for rows of nobody's mapping refer to them.
    """

    keys: dict[str, dict[str, int]] = field(default_factory=dict)
    differing: dict[str, int] = field(default_factory=dict)
    removed: dict[str, int] = field(default_factory=dict)
    along: dict[str, int] = field(default_factory=dict)
    rekeyed: dict[str, int] = field(default_factory=dict)
    left_over: dict[str, int] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    samples: dict[str, list[Sample]] = field(default_factory=dict)

    @property
    def changes(self) -> int:
        """Rows that were not as the mapping says."""
        counts = (self.differing, self.removed, self.along, self.rekeyed, self.left_over)
        return sum(sum(count.values()) for count in counts)

    def add(self, name: str, counts: Mapping[str, int]) -> None:
        """More keys of a projection, by outcome."""
        self.keys[name] = added(self.keys.get(name, {}), counts)


def sample(projection: Projection, key: str, before: Row | None, after: Row | None) -> Sample | None:
    """The difference of two rows, None if there is none. Values count as equal where the database takes them so."""
    shown: tuple[dict[str, str | None], dict[str, str | None]] = ({}, {})
    for column in projection.columns:
        was, now = (None if row is None else row.get(column.name) for row in (before, after))
        if same(was, now):
            continue
        for held, value in zip(shown, (was, now), strict=True):
            held[column.name] = masked(value, is_open=column.open)
    if not shown[0]:
        return None
    return Sample(key, shown[0] if before is not None else None, shown[1] if after is not None else None)


def same(one: object, other: object) -> bool:
    """Whether a value read from the target and one that a rule gives are the same to the database."""
    if one == other:
        return True
    if one is None or other is None:
        return False
    return _plain(one) == _plain(other) or _moment(one) == _moment(other) is not None or _number(one, other)


def _plain(value: object) -> str:
    return (value.isoformat() if isinstance(value, date) else str(value)).rstrip(" ")


def _moment(value: object) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)


def _number(one: object, other: object) -> bool:
    if not isinstance(one, Decimal | int | float) and not isinstance(other, Decimal | int | float):
        return False
    try:
        return Decimal(str(one)) == Decimal(str(other))
    except InvalidOperation:
        return False
