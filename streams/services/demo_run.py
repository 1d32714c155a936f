"""The whole parallel run in one command: bring everything up, let business happen, prove both sides equal."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from streams.errors import SelarasError
from streams.ports.capture import Clock
from streams.ports.demo import LegacyTables
from streams.services.demo import SeedPlan, SeedService, TrafficPlan, TrafficService
from streams.services.drift_act import Act, DriftAct
from streams.services.proof import Proof, Prove
from streams.services.registration import Registration
from streams.services.stack import StackService
from streams.services.status import Status, StatusService

LOOK_EVERY_S = 1.0
Report = Callable[[str], None]


class Child(Protocol):
    """A process of the demo's own: a worker, the monitor."""

    def start(self) -> None:
        """Start it."""

    def require_alive(self) -> None:
        """SelarasError if it has ended."""

    def stop(self) -> None:
        """End it in order."""


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """How much of everything."""

    companies: int
    seed: int
    rate: float  # transactions a second
    seconds: float | None  # of traffic; None until it is interrupted
    deadline_s: float  # for the drain at the end
    keep: bool  # leave the stack running
    rates: Mapping[str, float] = field(default_factory=dict)  # defects, by name


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the running demo, for whoever shows it."""

    status: Status
    events_a_second: float
    transactions: int
    rows_changed: int
    seconds: float


@dataclass(frozen=True, slots=True)
class DemoParts:
    """What the demo plays with; the later parts can be made only once the stack is up."""

    stack: StackService
    seed: Callable[[], SeedService]
    tables: Callable[[], LegacyTables]
    registration: Callable[[], Registration]
    worker: Child
    monitor: Child
    act: Callable[[], DriftAct]
    traffic: Callable[[], TrafficService]
    status: Callable[[], StatusService]
    prove: Callable[[], Prove]
    clock: Clock


@dataclass(frozen=True, slots=True)
class DemoOutcome:
    """What the demo came to: the proof, and how the planted difference fared."""

    proof: Proof
    act: Act

    @property
    def is_well(self) -> bool:
        """Both sides are equal, and the difference was found, repaired and verified."""
        return self.proof.equal and self.act.went_well


class Demo:
    """Runs the demo once. ``interrupt`` ends the traffic; the proof follows all the same."""

    def __init__(self, plan: DemoPlan, parts: DemoParts) -> None:
        self._plan = plan
        self._parts = parts
        self.interrupt = threading.Event()

    def run(self, report: Report, show: Callable[[Look], None]) -> DemoOutcome:
        """From nothing to the proof; what was started is stopped, however it ends. A stack that was up stays up."""
        parts = self._parts
        ours = not all(member.answers for member in parts.stack.status())
        try:
            parts.stack.up(report)
            self._fill(report)
            report("registering the capture")
            parts.registration().apply(self._plan.deadline_s)
            parts.worker.start()
            parts.monitor.start()
            self._business(report, show)
            report("traffic stopped; draining")
            prove = parts.prove()
            # The target must be at rest: what a batch writes anew would be mended before it is found.
            prove.barrier.pass_(self._plan.deadline_s)
            act = parts.act().play(self._plan.deadline_s, report)
            parts.monitor.require_alive()
            return DemoOutcome(prove.run(self._plan.deadline_s, report), act)
        finally:
            parts.monitor.stop()
            parts.worker.stop()
            if ours and not self._plan.keep:
                parts.stack.down(report)

    def _fill(self, report: Report) -> None:
        seed = self._parts.seed()
        seed.prepare()
        if any(self._parts.tables().counts().values()):
            report("the legacy database holds rows from before: going on with them")
            return
        report(f"filling the legacy database with {self._plan.companies} companies")
        seed.run(SeedPlan(self._plan.companies, self._plan.seed, self._plan.rates))

    def _business(self, report: Report, show: Callable[[Look], None]) -> None:
        parts, plan = self._parts, self._plan
        report(f"business at {plan.rate:g} transactions a second")
        traffic, status = parts.traffic(), parts.status()
        failures: list[SelarasError] = []

        def work() -> None:
            try:
                traffic.run(TrafficPlan(plan.rate, plan.seed, seconds=plan.seconds, rates=plan.rates))
            except SelarasError as error:
                failures.append(error)

        thread = threading.Thread(target=work, name="traffic")
        began = last = parts.clock.now()
        thread.start()
        applied = 0
        try:
            while thread.is_alive():
                found = status.read()
                now = parts.clock.now()
                events = sum(w.events for w in found.target.workers) if found.target else applied
                rate = max(0, events - applied) / (now - last) if now > last else 0.0
                applied, last = events, now
                summary = traffic.summary()
                show(Look(found, rate, summary.transactions, summary.rows, now - began))
                parts.worker.require_alive()
                parts.monitor.require_alive()
                if self.interrupt.wait(LOOK_EVERY_S):
                    traffic.stop.set()
                    break
        finally:
            traffic.stop.set()
            thread.join()
        if failures:
            raise failures[0]
