"""Fill the legacy database with a synthetic population, and let its application work."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from streams.errors import ErrorKind, SelarasError
from streams.ports.demo import BusinessTransaction, DefectRecord, Defects, LegacyApplication, LegacyTables, World

SHOW_EVERY_S = 1.0
BATCH_LIMIT = 32  # transactions sent to the database at once, at most


@dataclass(frozen=True, slots=True)
class SeedPlan:
    """How many companies, from which seed, with which defects."""

    companies: int
    seed: int
    rates: Mapping[str, float] = field(default_factory=dict)  # defects a company, by name


@dataclass(frozen=True, slots=True)
class SeedSummary:
    """What was written."""

    companies: int
    rows: int
    by_table: dict[str, int]
    schemas_made: bool
    seconds: float
    by_defect: dict[str, int]


class SeedService:
    """Makes the schemas where they are absent and fills the empty legacy tables."""

    def __init__(self, world: World, tables: LegacyTables, record: DefectRecord) -> None:
        """The two worlds, the legacy's tables, and where planted defects are written down."""
        self._world = world
        self._tables = tables
        self._record = record

    def prepare(self) -> bool:
        """Make the schemas where they are absent, and fill no table; True when one was made."""
        return self._world.prepare()

    def run(self, plan: SeedPlan, done: Callable[[int], None] = lambda _: None) -> SeedSummary:
        """Fill the tables; ``done`` hears of companies as they are written. SelarasError when any table holds rows."""
        started = time.monotonic()
        made = self._world.prepare()
        held = sorted(table for table, rows in self._tables.counts().items() if rows)
        if held:
            raise SelarasError(
                ErrorKind.CONFIGURATION,
                f"The legacy tables are not empty ({', '.join(held)}): seeding would mix two populations.",
                "Go on with the rows that are there ('selaras traffic'), or start over with 'selaras stack reset'.",
            )
        filled = self._tables.fill(plan.companies, plan.seed, plan.rates, done)
        self._record.start(filled.planted)
        return SeedSummary(
            companies=plan.companies,
            rows=sum(filled.by_table.values()),
            by_table=filled.by_table,
            schemas_made=made,
            seconds=round(time.monotonic() - started, 3),
            by_defect=dict(sorted(Counter(one.defect for one in filled.planted).items())),
        )


@dataclass(frozen=True, slots=True)
class TrafficPlan:
    """How much business: whichever limit comes first; with none, until it is stopped."""

    rate: float  # transactions a second; 0 is as fast as the database takes them
    seed: int
    transactions: int | None = None  # end exactly after so many commits
    seconds: float | None = None  # end after this time
    rates: Mapping[str, float] = field(default_factory=dict)  # defects, by name


@dataclass(frozen=True, slots=True)
class TrafficSummary:
    """What was committed so far."""

    transactions: int
    rows: int  # row changes
    by_kind: dict[str, int]
    seconds: float
    by_defect: dict[str, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Transactions a second, on average."""
        return self.transactions / self.seconds if self.seconds else 0.0


class TrafficService:
    """Commits business transactions at a steady rate.

    ``stop`` may be set by another thread or a signal handler: the run ends between transactions. ``summary`` may
    be read by another thread while it runs.
    """

    def __init__(self, application: LegacyApplication, record: DefectRecord) -> None:
        """The application whose users are played, and where the defects are written down that they bring about."""
        self._application = application
        self._record = record
        self._lock = threading.Lock()
        self._kinds: Counter[str] = Counter()
        self._defects: Counter[str] = Counter()
        self._rows = 0
        self._started = 0.0
        self._ended: float | None = None
        self.stop = threading.Event()

    def run(self, plan: TrafficPlan) -> TrafficSummary:
        """Work until a limit of the plan or ``stop``; SelarasError (unavailable) when the database goes away."""
        spared = frozenset(one.nib for one in self._record.read()) if plan.rates else frozenset()
        self._application.open(plan.seed, Defects(plan.rates, spared))
        try:
            with self._lock:
                self._kinds.clear()
                self._defects.clear()
                self._rows = 0
                self._started, self._ended = time.monotonic(), None
            while not self.stop.is_set():
                size = self._due(plan)
                if size is None:
                    break
                if size:
                    self._commit([self._application.next() for _ in range(size)])
                else:
                    self.stop.wait(self._pause(plan))
        finally:
            self._ended = time.monotonic()
            self._application.close()
        return self.summary()

    @contextmanager
    def watched(self, show: Callable[[TrafficSummary], None]) -> Iterator[None]:
        """Call ``show`` each second, from a thread of its own, while the block runs."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(SHOW_EVERY_S):
                show(self.summary())

        thread = threading.Thread(target=watch, name="watch", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def summary(self) -> TrafficSummary:
        """The counters, consistent with each other."""
        with self._lock:
            ended = self._ended if self._ended is not None else time.monotonic()
            seconds = round(ended - self._started, 3) if self._started else 0.0
            return TrafficSummary(
                self._kinds.total(),
                self._rows,
                dict(sorted(self._kinds.items())),
                seconds,
                dict(sorted(self._defects.items())),
            )

    def _due(self, plan: TrafficPlan) -> int | None:
        elapsed = time.monotonic() - self._started
        if plan.seconds is not None and elapsed >= plan.seconds:
            return None
        done = self._kinds.total()
        size = BATCH_LIMIT if not plan.rate else min(BATCH_LIMIT, int(elapsed * plan.rate) + 1 - done)
        if plan.transactions is not None:
            if done >= plan.transactions:
                return None
            size = min(size, plan.transactions - done)
        return max(0, size)

    def _pause(self, plan: TrafficPlan) -> float:
        elapsed = time.monotonic() - self._started
        until = self._kinds.total() / plan.rate
        if plan.seconds is not None:
            until = min(until, plan.seconds)
        return max(0.0, until - elapsed)

    def _commit(self, batch: list[BusinessTransaction]) -> None:
        changes = self._application.commit(batch)
        planted = [one for transaction in batch for one in transaction.planted]
        if planted:
            self._record.add(planted)
        with self._lock:
            self._defects.update(one.defect for one in planted)
            for transaction, rows in zip(batch, changes, strict=True):
                self._kinds[transaction.kind] += 1
                self._rows += rows
