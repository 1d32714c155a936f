"""Reading legacy rows again, and taking away what they no longer hold: a re-read never shows deletes by itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import uuid4

from streams.errors import ErrorKind, SelarasError
from streams.ports.capture import Clock, LegacyMarks
from streams.ports.registry import CaptureRegistry, KeylessReader, Load, LoadRegistry
from streams.ports.replication import Floor, Target, UnitOfWork
from streams.ports.row_keys import Rewritten
from streams.services.barrier import Barrier, BarrierResult
from streams.services.plan import Plan
from streams.services.replicate import MOST_TRIES, check_in_force
from streams.services.reread import Reread
from streams.services.settle import Again, NeedLocks, Pass, TargetRefused
from streams.services.touched import TouchedRows

POLL_S = 0.2
Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """What to read again. ``where``: SQL condition, '' for all. ``replace``: forget an older unanswered request.

    ``invented``: SQL condition, '' for none: rows that, unless they are brought, never were legacy rows. Nothing stays
    of them: a mark would say that they were deleted there, and be told on as that.
    """

    table: str
    where: str = ""
    replace: bool = False
    invented: str = ""


@dataclass(frozen=True, slots=True)
class LoadParts:
    """What a load works with."""

    reread: Reread
    marks: LegacyMarks
    barrier: Barrier
    loads: LoadRegistry
    captures: CaptureRegistry
    target: Target
    plan: Plan
    keyless: Mapping[str, KeylessReader]
    clock: Clock


class LoadService:
    """Re-reads of tables or parts of them, and the sweep after a new capture."""

    def __init__(self, parts: LoadParts) -> None:
        self._parts = parts

    def reread(self, request: LoadRequest, deadline_s: float, report: Report) -> Load:
        """Read rows again, apply them, then mark as deleted what the range holds from before and nothing brought."""
        parts, where = self._parts, request.where
        if request.table in parts.keyless:
            return self._recount(request.table, where, report)
        # Two commits in a row: a row read again carries the last commit decoded before the request. With a token in
        # between, that commit lies above this floor, and whatever the load does not bring lies below it.
        floor = parts.marks.token("floor")
        parts.marks.token("floor passed")
        ticket = parts.reread.request_reread(request.table, where, replace=request.replace)
        name = ticket.table.split(".", 1)[1]
        load = Load(ticket.signal, name, where, floor, "open", None)
        parts.loads.begin(load)
        deadline = parts.clock.now() + deadline_s
        report(f"reading {name} again")
        while not parts.reread.reread_finished(ticket):
            if parts.clock.now() > deadline:
                raise SelarasError(
                    ErrorKind.UNAVAILABLE,
                    f"After {deadline_s:.0f} s {name} has not been read.",
                    "look at 'selaras capture status', then ask again",
                )
            parts.clock.pause(POLL_S)
        report("waiting until its rows are applied")
        self._require(parts.barrier.pass_(max(1.0, deadline - parts.clock.now())))
        at = Floor(self._generation(), floor)
        never = request.invented
        taken = self._settled(name, lambda work: work.sweep.take_away(name, never, at), gone=True) if never else 0
        left_over = taken + self._sweep(name, where, at)
        parts.loads.finish(load.id, left_over)
        return Load(load.id, name, where, floor, "done", left_over)

    def _recount(self, table: str, where: str, report: Report) -> Load:
        """A keyless table is read directly and whole: its rows can't be told apart when they come a second time."""
        parts = self._parts
        if where:
            raise SelarasError(
                ErrorKind.CONFIGURATION, f"{table} has no key and can be read again only whole.", "leave out --where"
            )
        load = Load(f"count-{uuid4()}", table, "", 0, "open", None)
        parts.loads.begin(load)
        report(f"counting {table} anew; nothing else is applied meanwhile")
        generation = self._generation()

        def count(work: UnitOfWork) -> tuple[int, Rewritten]:
            # Under the exclusive lock, and only then the snapshot: what is applied later is decided by it.
            with parts.keyless[table].read(table) as (snapshot, rows):
                return work.sweep.recount(table, rows, generation, snapshot)

        counted = self._settled(table, count)
        parts.loads.finish(load.id, 0)
        return Load(load.id, table, "", 0, "done", 0, counted)

    def settle_capture(self, deadline_s: float, report: Report) -> int:
        """After a new capture: mark as deleted what its snapshot did not bring; how many rows.

        That is what older captures left, and what a snapshot that broke off had read before it began again.
        """
        capture = self._parts.captures.current()
        if capture is None or capture.settled:
            return 0
        report("waiting until the snapshot is applied")
        self._require(self._parts.barrier.pass_(deadline_s))
        floor = Floor(capture.generation, 0, self._parts.captures.snapshot_transaction())
        swept = sum(self._sweep(table, "", floor) for table in self._tables(capture.identity.legacy.tables))
        self._parts.captures.settle(capture.generation)
        return swept

    def _sweep(self, table: str, where: str, floor: Floor) -> int:
        return self._settled(table, lambda work: work.sweep.mark_left_over(table, where, floor))

    def _generation(self) -> int:
        capture = self._parts.captures.current()
        return capture.generation if capture else 0

    def _settled(self, table: str, deed: Callable[[UnitOfWork], tuple[int, Rewritten]], *, gone: bool = False) -> int:
        again = Again()
        for _ in range(MOST_TRIES):
            try:
                with self._parts.target.transaction() as work:
                    in_force = work.guard.enter(exclusive=True)
                    check_in_force(in_force, self._parts.plan)
                    count, rewritten = deed(work)
                    touched = TouchedRows(self._parts.plan, work, anew=True, gone=gone)
                    touched.note(table, rewritten)
                    Pass(self._parts.plan, work, in_force.writable, again).run(touched)
                    return count
            except (NeedLocks, TargetRefused) as error:
                again.learn(error)
        raise SelarasError(ErrorKind.CONFLICT, f"{table}: keys were locked {MOST_TRIES} times in a row.")

    @staticmethod
    def _tables(names: tuple[str, ...]) -> list[str]:
        return [table for schema, _, table in (name.partition(".") for name in names) if schema != "selaras"]

    @staticmethod
    def _require(result: BarrierResult) -> None:
        if not result.passed:
            raise SelarasError(
                ErrorKind.UNAVAILABLE,
                f"The barrier was not passed ({result.hung}): {result.reason}",
                "see that the worker runs ('selaras status'), then ask again",
            )
