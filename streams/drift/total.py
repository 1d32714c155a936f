"""Control totals: sums by group on both sides, and what explains that they differ.

Both sides give *facts*: a business key, the group that it counts in, and what it adds. Sums say where the sides part;
the facts of those groups say why, key by key. ``legacy - target = explained + rest`` holds by construction, since
every fact that has no twin on the other side is put under exactly one reason.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

Group = tuple[str, ...]
"""Texts of the group columns; '' where there is nothing."""

Values = tuple[Decimal, ...]
"""How many facts, then the sums of the value columns."""


class Explained(StrEnum):
    """Why a fact of one side has no twin on the other."""

    MERGED = "duplicates merged"  # another legacy row of the same key is the one that counts
    QUARANTINED = "quarantined"
    WAITING = "waiting"
    DELETED = "marked as deleted"  # the target keeps the row, with its mark
    MOVED = "code replaced"  # a reference list names the successor of the legacy's code
    REFUSED = "value refused"  # the key is a row, and the value stands in its faults
    DECLARED = "declared"  # a statement of the total's own file names the key
    REST = "rest"  # nothing explains it


@dataclass(frozen=True, slots=True)
class Total:
    """One control total, as its file declares it.

    ``projections``: whose key states and faults explain; the keys of all of them are the total's. ``groups``,
    ``values``: columns that both statements give beside ``key`` (the target's also ``deleted``). ``moved``: by group
    column, a statement that gives pairs of codes (legacy, target). ``declared``: a statement that gives keys which
    need no twin, and ``because`` says why. ``listed``: columns that are shown beside the key where a group's rows are
    listed, as in the office's own form.
    """

    name: str
    title_id: str
    title_en: str
    projections: tuple[str, ...]
    groups: tuple[str, ...]
    values: tuple[str, ...]
    legacy: str
    target: str
    moved: Mapping[str, str] = field(default_factory=dict)
    declared: str = ""
    because: str = ""
    listed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """What one row adds to its group; ``deleted``: the target row bears the mark of deletion and counts for nothing."""

    key: str
    group: Group
    values: tuple[Decimal, ...] = ()
    deleted: bool = False

    @property
    def added(self) -> Values:
        """One, and the values."""
        return (Decimal(1), *self.values)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of keys: outcomes, keys with faults; code pairs by place in the group; declared keys."""

    outcomes: Mapping[str, str] = field(default_factory=dict)
    at_fault: Collection[str] = ()
    moved: Mapping[int, Collection[tuple[str, str]]] = field(default_factory=dict)
    declared: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A group: both sums, the explained parts by reason, and keys behind the rest."""

    group: Group
    legacy: Values
    target: Values
    explained: Mapping[Explained, Values] = field(default_factory=dict)
    keys: tuple[str, ...] = ()

    @property
    def rest(self) -> Values:
        """What nothing explains."""
        width = len(self.legacy)
        parts = [values for reason, values in self.explained.items() if reason is not Explained.REST]
        return tuple(
            self.legacy[place] - self.target[place] - sum((one[place] for one in parts), Decimal(0))
            for place in range(width)
        )

    @property
    def agrees(self) -> bool:
        """Whether nothing is left unexplained: neither in the sums nor by two rests that cancel each other out."""
        return not any(self.rest) and not self.keys


def lines(
    legacy: Mapping[Group, Values], target: Mapping[Group, Values], facts: "Facts", known: Known
) -> Sequence[Line]:
    """One line a group, in order; ``facts``: all facts of every key that has one in a group whose sums differ."""
    parts: dict[Group, dict[Explained, Values]] = {}
    behind: dict[Group, set[str]] = {}
    for key in sorted(facts.legacy.keys() | facts.target.keys()):
        for fact, sign, reason in _unmatched(key, facts.legacy.get(key, ()), facts.target.get(key, ()), known):
            held = parts.setdefault(fact.group, {})
            held[reason] = _plus(held.get(reason), tuple(sign * value for value in fact.added))
            if reason is Explained.REST:
                behind.setdefault(fact.group, set()).add(key)
    return [
        Line(
            group,
            legacy.get(group, _zero(legacy, target)),
            target.get(group, _zero(legacy, target)),
            {reason: values for reason, values in parts.get(group, {}).items() if any(values)},
            tuple(sorted(behind.get(group, ()))),
        )
        for group in sorted(legacy.keys() | target.keys() | parts.keys())
    ]


@dataclass(frozen=True, slots=True)
class Facts:
    """By key, the facts of both sides."""

    legacy: Mapping[str, Sequence[Fact]]
    target: Mapping[str, Sequence[Fact]]


def differing(legacy: Mapping[Group, Values], target: Mapping[Group, Values]) -> frozenset[Group]:
    """The groups whose sums are not the same on both sides."""
    return frozenset(group for group in legacy.keys() | target.keys() if legacy.get(group) != target.get(group))


def _unmatched(
    key: str, legacy: Sequence[Fact], target: Sequence[Fact], known: Known
) -> Iterable[tuple[Fact, int, Explained]]:
    """The key's facts without a twin: legacy ones count up, target ones down."""
    left, right = list(legacy), [fact for fact in target if not fact.deleted]
    for fact in legacy:
        twin = next((one for one in right if (one.group, one.values) == (fact.group, fact.values)), None)
        if twin is not None:
            right.remove(twin)
            left.remove(fact)
    matched = len(left) < len(legacy)
    for fact in right:
        nearest = next((one for one in left if _reason(one, fact, key, known)), None)
        if nearest is None:
            yield fact, -1, Explained.DECLARED if key in known.declared else Explained.REST
            continue
        reason = _reason(nearest, fact, key, known) or Explained.REST
        left.remove(nearest)
        matched = True
        yield nearest, 1, reason
        yield fact, -1, reason
    for fact in left:
        yield fact, 1, _alone(key, target, known, matched=matched)


def _alone(key: str, target: Sequence[Fact], known: Known, *, matched: bool) -> Explained:
    """Why a legacy fact has no twin at all."""
    if matched:
        return Explained.MERGED
    if any(fact.deleted for fact in target):
        return Explained.DELETED
    if not target and (outcome := known.outcomes.get(key)) in {"quarantined", "waiting"}:
        return Explained.QUARANTINED if outcome == "quarantined" else Explained.WAITING
    return Explained.DECLARED if key in known.declared else Explained.REST


def _reason(legacy: Fact, target: Fact, key: str, known: Known) -> Explained | None:
    """Why two facts of one key differ; None where nothing explains every place in which they do."""
    faulty = key in known.at_fault
    reason = Explained.MOVED
    for place, (one, other) in enumerate(zip(legacy.group, target.group, strict=True)):
        if one == other or (one, other) in known.moved.get(place, ()):
            continue
        if not (faulty and not other):
            return None
        reason = Explained.REFUSED
    if legacy.values != target.values:
        if not faulty or any(a != b and b for a, b in zip(legacy.values, target.values, strict=True)):
            return None
        reason = Explained.REFUSED
    return reason


def _plus(one: Values | None, other: Values) -> Values:
    return other if one is None else tuple(a + b for a, b in zip(one, other, strict=True))


def _zero(*sides: Mapping[Group, Values]) -> Values:
    width = next((len(values) for side in sides for values in side.values()), 1)
    return (Decimal(0),) * width
