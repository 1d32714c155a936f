"""How much of a table a check vouches for, and how old its oldest look is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from streams.drift.difference import Check

STOPPED = "stopped"  # the monitor's last word when it ends on purpose


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of one table by one check, at a moment. All counts are keys.

    ``total``: keys there are; ``scanned``: keys that the newest whole look (or the parts of it done so far, and the
    rest of the one before) went over; ``pending``: keys that changed since and were not looked at; ``unknown``: keys
    looked at without a verdict. ``oldest``: of the looks that count. ``running``: the monitor reported lately, and
    both sides answer.
    """

    check: Check
    table: str
    total: int
    scanned: int
    pending: int
    unknown: int
    oldest: datetime | None
    running: bool

    @property
    def share(self) -> float:
        """From 0 to 1: keys verified since their last change; 0 while the monitor does not run."""
        if not self.running:
            return 0.0
        if self.total == 0:
            return 1.0 if self.oldest is not None and not self.pending and not self.unknown else 0.0
        verified = min(self.scanned, self.total) - self.pending - self.unknown
        return max(0.0, verified / self.total)

    def age_s(self, now: datetime) -> float | None:
        """Seconds since the oldest look; None before the first whole one."""
        return None if self.oldest is None else max(0.0, (now - self.oldest).total_seconds())


@dataclass(frozen=True, slots=True)
class Look:
    """The newest look at a stretch of keys, ``after`` < key <= ``last`` in the order of bytes.

    ``after`` '' from the first key, ``last`` None to the end; ``keys``: how many it found there.
    """

    after: str
    last: str | None
    keys: int
    at: datetime


def overlaid(there: Iterable[Look], new: Look) -> list[Look]:
    """The stretches that count after a look at one more: it takes the place of what it covers, others are cut.

    How many keys are in what is left of a stretch is told by difference, exactly while none came or went.
    """
    kept, cut = [], []
    found = new.keys
    for one in there:
        if not _overlap(one, new):
            kept.append(one)
        elif one.after >= new.after and not _beyond(one.last, new.last):
            found -= one.keys
        else:
            cut.append(one)
    for one in cut:
        left = min(one.keys, max(0, one.keys - max(0, found)))
        found -= one.keys - left
        kept += _rests(one, new, left)
    return sorted((*kept, new), key=lambda one: one.after)


def covers_all(looks: Sequence[Look]) -> bool:
    """Whether the stretches, in order, leave no gap from the first key to the end."""
    reached: str | None = ""
    for one in looks:
        if reached is None or one.after > reached:
            break
        reached = one.last
    return bool(looks) and reached is None


def covered(
    check: Check, table: str, looks: Sequence[Look], counts: tuple[int, int, int], *, running: bool
) -> Coverage:
    """What looks at stretches of keys, in order, come to. ``counts``: about how many keys there are, those pending,
    those unknown.

    Once the whole was looked at its keys are known: those that came later are pending. Before that one is lacking at
    least, whatever the estimate says, and there is no oldest look.
    """
    total, pending, unknown = counts
    found = sum(one.keys for one in looks)
    is_whole = covers_all(looks)
    total = max(total, found if is_whole else found + 1)
    oldest = min(one.at for one in looks) if is_whole else None
    return Coverage(check, table, total, total if is_whole else found, pending, unknown, oldest, running)


def runs(check: Check, said: str) -> bool:
    """Whether a check is done, by the monitor's last word: it names those that wait for a side."""
    return said not in ("never ran", STOPPED) and f"{check} check" not in said


def _overlap(one: Look, other: Look) -> bool:
    return _beyond(one.last, other.after) and _beyond(other.last, one.after)


def _beyond(last: str | None, key: str | None) -> bool:
    """Whether a stretch that ends with ``last`` reaches further than ``key``; None is the end of all keys."""
    return key is not None and (last is None or last > key)


def _rests(one: Look, new: Look, keys: int) -> list[Look]:
    before = [replace(one, last=new.after, keys=keys)] if one.after < new.after else []
    if new.last is None or not _beyond(one.last, new.last):
        return before
    return [*before, replace(one, after=new.last, keys=0 if before else keys)]
