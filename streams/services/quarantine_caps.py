"""How large a table's share of quarantined keys may grow before somebody must look, or the worker must stop."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from streams.errors import ErrorKind, SelarasError
from streams.ports.quarantine import KeyCounts, TableShare


class Level(Enum):
    """What a share means."""

    WELL = "well"
    WARN = "warn"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Caps:
    """Shares between 0 and 1, 0 for never; a table with fewer keys than ``least_keys`` is not judged."""

    share_warn: float
    share_stop: float
    least_keys: int

    def level(self, share: TableShare) -> Level:
        """Accepted keys do not count as quarantined, but as keys."""
        if share.keys < self.least_keys:
            return Level.WELL
        if self.share_stop and share.share > self.share_stop:
            return Level.STOP
        return Level.WARN if self.share_warn and share.share > self.share_warn else Level.WELL


@dataclass(frozen=True, slots=True)
class CapChange:
    """A table whose level is another one than at the look before."""

    share: TableShare
    level: Level


class CapWatch:
    """Looks at the shares now and then, and keeps the hourly counts of the trend while at it.

    The worker does it: status is read by many or by nobody, a worker is there whenever counts can change. Several
    workers keep one count an hour between them.
    """

    def __init__(self, counts: KeyCounts, caps: Caps) -> None:
        self._counts = counts
        self._caps = caps
        self._levels: dict[str, Level] = {}

    def look(self) -> Sequence[CapChange]:
        """The tables whose level changed since the last look; the first compares with all being well."""
        self._counts.record()
        shares = [self._judged(share) for share in self._counts.shares()]
        levels = {share.table: level for share, level in shares}
        changes = [CapChange(s, level) for s, level in shares if level is not self._levels.get(s.table, Level.WELL)]
        for table, was in self._levels.items():
            if table not in levels and was is not Level.WELL:
                changes.append(CapChange(TableShare(table, 0, 0, 0, 0), Level.WELL))
        self._levels = levels
        return changes

    def _judged(self, share: TableShare) -> tuple[TableShare, Level]:
        level = self._caps.level(share)
        if level is Level.WELL:
            return share, level
        # The estimate is nothing after a crash of the database: nobody is woken, and nothing stopped, by it alone.
        counted = replace(share, rows=self._counts.rows(share.table))
        return counted, self._caps.level(counted)


def refusal(changes: Sequence[CapChange], share_stop: float) -> SelarasError | None:
    """Why the worker must stop; None when it need not."""
    above = [change.share for change in changes if change.level is Level.STOP]
    if not above:
        return None
    told = "; ".join(f"{s.table}: {s.quarantined:,} of {s.keys:,} keys ({s.share:.1%})" for s in above)
    return SelarasError(
        ErrorKind.BAD_DATA,
        f"More keys are quarantined than the {share_stop:.1%} that are allowed ({told}). The worker stopped between "
        "two transactions.",
        "'selaras quarantine list --by cause' tells why; mend the cause, accept keys, or raise "
        "SELARAS_QUARANTINE_SHARE_STOP, then start the worker again",
    )
