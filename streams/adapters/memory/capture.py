"""Twins of capture's ports: a legacy database, a broker and a connector that hold just enough to be reasoned about."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

from streams.errors import ErrorKind, SelarasError
from streams.ports.capture import (
    CommittedOffset,
    ConnectorState,
    LegacyIdentity,
    Notification,
    SlotState,
    TopicIdentity,
)


class ManualClock:
    """Time that passes only when something waits; ``on_pause`` is what happens meanwhile."""

    def __init__(self) -> None:
        self.time = 0.0
        self.on_pause: Callable[[], object] = lambda: None

    def now(self) -> float:
        """Seconds waited so far."""
        return self.time

    def pause(self, seconds: float) -> None:
        """Let time pass."""
        self.time += seconds
        self.on_pause()


@dataclass(slots=True)
class MemoryLegacy:
    """LegacySetup, LegacySlots and LegacyMarks. ``lsn`` is the end of its log."""

    trouble: list[str] = field(default_factory=list)
    publications: dict[str, tuple[str, ...]] = field(default_factory=dict)
    slots: dict[str, SlotState] = field(default_factory=dict)
    rereads: dict[str, str] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)  # conditions ever asked for, by signal
    bad_conditions: set[str] = field(default_factory=set)
    system: str = "1"
    timeline: int = 1
    lsn: int = 1000

    def faults(self, publication: str, tables: Sequence[str]) -> Sequence[str]:
        """What was put into ``trouble``, and a publication of other tables."""
        covered = self.publications.get(publication)
        if covered is not None and set(tables) - set(covered):
            return [*self.trouble, f"Publication {publication} lacks {', '.join(sorted(set(tables) - set(covered)))}."]
        return list(self.trouble)

    def create_publication(self, publication: str, tables: Sequence[str]) -> bool:
        """Remember it."""
        if publication in self.publications:
            return False
        self.publications[publication] = tuple(sorted(tables))
        return True

    def drop_publication(self, publication: str) -> None:
        """Forget it."""
        self.publications.pop(publication, None)

    def identity(self, slot: str, publication: str) -> LegacyIdentity:
        """What is remembered."""
        tables = self.publications.get(publication, ())
        return LegacyIdentity(
            system=self.system,
            timeline=self.timeline,
            slot=slot if slot in self.slots else "",
            publication=publication if publication in self.publications else "",
            tables=tables,
            replica_identity=dict.fromkeys(tables, "full"),
        )

    def slot(self, name: str) -> SlotState | None:
        """The slot put there."""
        return self.slots.get(name)

    def drop_slot(self, name: str) -> bool:
        """Remove it unless it is active."""
        state = self.slots.get(name)
        if state is not None and state.active:
            return False
        self.slots.pop(name, None)
        return True

    def token(self, challenge: str) -> int:
        """The log grows by a token and its commit."""
        assert challenge
        position, self.lsn = self.lsn, self.lsn + 100
        return position

    def check_condition(self, table: str, where: str) -> None:
        """Refuses what ``bad_conditions`` names."""
        if where in self.bad_conditions:
            raise SelarasError(ErrorKind.CONFIGURATION, f"The server does not accept the condition for {table}.")

    def signal_reread(self, signal: str, table: str, where: str) -> int:
        """Remember the request."""
        position, self.lsn = self.lsn, self.lsn + 100
        self.rereads[signal] = table
        self.asked[signal] = where
        return position

    def open_rereads(self) -> Mapping[str, str]:
        """Requests remembered."""
        return dict(self.rereads)

    def close_reread(self, signal: str) -> None:
        """Forget one."""
        self.rereads.pop(signal, None)


class MemoryTopics:
    """Topics and EndOffsets. ``append`` writes one record."""

    def __init__(self) -> None:
        self._ids = count(1)
        self._topics: dict[str, TopicIdentity] = {}
        self._ends: dict[tuple[str, int], int] = {}

    def create(self, partitions: Mapping[str, int]) -> None:
        """Make the missing ones."""
        for name, number in partitions.items():
            if name not in self._topics:
                self._topics[name] = TopicIdentity(f"id-{next(self._ids)}", number)
                self._ends.update({(name, partition): 0 for partition in range(number)})

    def identify(self, names: Sequence[str]) -> Mapping[str, TopicIdentity]:
        """Those that exist."""
        return {name: self._topics[name] for name in names if name in self._topics}

    def delete(self, names: Sequence[str]) -> None:
        """Remove them."""
        for name in names:
            self._topics.pop(name, None)
            self._ends = {key: end for key, end in self._ends.items() if key[0] != name}

    def append(self, topic: str, partition: int = 0) -> None:
        """One more record."""
        self._ends[(topic, partition)] += 1

    def end_offsets(self, topics: Sequence[str]) -> Mapping[tuple[str, int], int]:
        """How many records each partition got."""
        return {key: end for key, end in self._ends.items() if key[0] in topics}


class MemoryConnector:
    """Connector and CommittedOffsets: reading makes the slot active, stopping makes it idle."""

    def __init__(self, legacy: MemoryLegacy) -> None:
        self._legacy = legacy
        self._slot = ""
        self.config: dict[str, str] | None = None
        self.failure = ""
        self.paused = False
        self.committed: CommittedOffset | None = None

    def configure(self, config: Mapping[str, str]) -> bool:
        """Remember it and begin to read, unless a failure was put in place."""
        if self.config == dict(config):
            return False
        if self.config is None:
            self.committed = None
        self.config = dict(config)
        self._slot = config["slot.name"]
        self._read()
        return True

    def state(self) -> ConnectorState | None:
        """Running, paused or failed."""
        if self.config is None:
            return None
        word = "PAUSED" if self.paused else "RUNNING"
        return ConnectorState(word, ("FAILED",) if self.failure else (word,), self.failure)

    def pause(self) -> None:
        """Stop reading."""
        self._require()
        self.paused = True

    def resume(self) -> None:
        """Read on."""
        self._require()
        self.paused, self.failure = False, ""
        self._read()

    def remove(self) -> None:
        """Forget configuration and offsets; the slot is left idle."""
        self.config, self.committed, self.failure = None, None, ""
        if self._slot in self._legacy.slots:
            self._legacy.slots[self._slot] = SlotState(False, "reserved", self._legacy.lsn, 0, 0)

    def offset(self) -> CommittedOffset | None:
        """What was committed."""
        self._require()
        return self.committed

    def _read(self) -> None:
        if not self.failure:
            self._legacy.slots[self._slot] = SlotState(True, "reserved", self._legacy.lsn, 0, 0)

    def _require(self) -> None:
        if self.config is None:
            raise SelarasError(ErrorKind.CONFIGURATION, "Kafka Connect knows no such connector.")


@dataclass(slots=True)
class MemoryNotifications:
    """Notifications: the lines put into ``lines``."""

    lines: list[Notification] = field(default_factory=list)

    def end(self) -> int:
        """How many there are."""
        return len(self.lines)

    def since(self, offset: int) -> Sequence[Notification]:
        """The later ones."""
        return self.lines[offset:]


@dataclass
class MemoryApplied:
    """AppliedPositions: what was put into ``stored``."""

    stored: dict[tuple[str, int], int] = field(default_factory=dict)

    def positions(self) -> Mapping[tuple[str, int], int]:
        """All of them."""
        return dict(self.stored)
