"""How much of a table a check vouches for, and how old its oldest look is."""

from dataclasses import dataclass
from datetime import datetime

from streams.drift.difference import Check


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
