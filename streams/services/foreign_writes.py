"""The watch over foreign writes: whatever somebody else changes in rows that are ours to write."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from streams.drift.difference import WHOLE_TABLE, Check, Difference, Kind
from streams.drift.verdict import Verdicts
from streams.errors import ErrorKind, SelarasError
from streams.ports.foreign_writes import ForeignLog, ForeignSlot, ForeignWrite, WatchHealth

BITE = 1000  # writes, or lines of the log, at a time


@dataclass(frozen=True, slots=True)
class Watched:
    """What a watch is over. The legacy side gets one of its own when the new side leads."""

    side: str  # "target" or "legacy"
    schemas: tuple[str, ...]


TARGET = Watched("target", ("mirror", "rba"))


@dataclass(frozen=True, slots=True)
class FoundWrites:
    """Writes that are new to the ledger, in the order in which they were stored."""

    writes: Sequence[ForeignWrite] = ()

    @property
    def verdicts(self) -> Sequence[Verdicts]:
        """A finding for each row, the newest write to it; by table."""
        newest = {(one.table, one.key): one for one in self.writes}
        ordered = sorted(newest.values(), key=lambda one: one.table)
        return [
            Verdicts(Check.FOREIGN, table, different=tuple(difference(one) for one in group))
            for table, group in groupby(ordered, key=lambda one: one.table)
        ]

    @property
    def rows(self) -> Mapping[tuple[str, str], frozenset[str]]:
        """By schema and table, the primary keys of the rows written (of the keyless table: NIBs), to be checked."""
        found: dict[tuple[str, str], frozenset[str]] = {}
        for one in self.writes:
            if one.key is not None:
                place = one.schema, one.table
                found[place] = found.get(place, frozenset()) | {one.key}
        return found


@dataclass(frozen=True, slots=True)
class WatchReport:
    """Whether foreign writes would be seen. Anything in ``faults`` means that nobody can say."""

    faults: Sequence[str]
    lag_bytes: int | None  # of the log that was not looked at yet

    @property
    def is_whole(self) -> bool:
        """No fault."""
        return not self.faults


class ForeignWatch:
    """Triggers say who wrote; the replication slot finds what they miss. One watch reads the slot."""

    def __init__(self, slot: ForeignSlot, log: ForeignLog, health: WatchHealth, watched: Watched = TARGET) -> None:
        self.watched = watched
        self._slot = slot
        self._log = log
        self._health = health
        self._trouble: SelarasError | None = None
        self._is_ready = False

    def poll(self, limit: int = BITE) -> FoundWrites:
        """New writes, the same again until ``done``. SelarasError (unavailable) when the database is away.

        A slot that can't be read does not keep from seeing what the triggers saw; ``health`` tells of it.
        """
        try:
            self._read_slot(limit)
            self._trouble = None
        except SelarasError as error:
            self._is_ready = False
            if error.kind not in (ErrorKind.CONFIGURATION, ErrorKind.CONFLICT):
                raise
            self._trouble = error
        return FoundWrites(self._log.untold(limit))

    def done(self, found: FoundWrites) -> None:
        """The ledger has them."""
        if found.writes:
            self._log.told([one.id for one in found.writes])

    def health(self) -> WatchReport:
        """How the watch is now. SelarasError (unavailable) when the database is away."""
        state = self._health.look()
        trouble = [self._trouble.sentence] if self._trouble is not None else []
        return WatchReport((*state.faults, *trouble), state.lag_bytes)

    def retire(self) -> None:
        """No monitor is to run any more: the server need not keep its log for one. The next one looks at everything."""
        self._slot.drop()
        self._is_ready = False

    def close(self) -> None:
        """Give back the session that reads the slot."""
        self._slot.close()

    def _read_slot(self, limit: int) -> None:
        if not self._is_ready:
            self._make_ready()
        decoded = self._slot.peek(limit)
        came_to = self._log.merge(decoded)
        if came_to is not None:
            self._slot.advance(came_to)

    def _make_ready(self) -> None:
        if not self._slot.is_there():
            # Before and after: whoever dies in between has still said that looks from before count for nothing.
            self._log.void_looks()
            self._slot.make()
            self._log.void_looks()
        self._is_ready = True


def difference(write: ForeignWrite) -> Difference:
    """What the ledger keeps of a write; another write to the same row is another difference."""
    shown = {
        "operation": write.operation,
        "user": write.user,
        "application": write.application,
        "address": write.address,
        "at": write.at.isoformat(timespec="milliseconds"),
    }
    columns = {name: (None, value) for name, value in shown.items() if value}
    return Difference(Check.FOREIGN, write.table, write.key or WHOLE_TABLE, Kind.WRITE, columns)
