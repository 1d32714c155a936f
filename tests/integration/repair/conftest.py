"""An engine beside a real legacy database that holds what its history says, and a stream that reads rows again."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from streams.adapters.databases.keyless_reader import PostgresKeylessReader
from streams.adapters.databases.registries import PostgresLoadRegistry
from streams.adapters.memory.capture import ManualClock
from streams.adapters.processes.postgres_roles import as_superuser
from streams.adapters.processes.stack_folders import StackFolders
from streams.bootstrap.capture_check import capture_check, gentle_reader_engine
from streams.bootstrap.databases import checker_engine, legacy_reader_engine, legacy_server, target_engine
from streams.bootstrap.repair import repair_parts
from streams.drift.difference import Check, Difference
from streams.drift.entry import Entry, EntryState
from streams.drift.verdict import Verdicts
from streams.ports.capture import CaptureIdentity, RereadTicket
from streams.ports.drift_ledger import Wanted
from streams.ports.registry import RegisteredCapture
from streams.services.barrier import BarrierResult
from streams.services.load import LoadParts, LoadService
from streams.services.repair import Pace, Repair, Repaired, RepairParts
from streams.services.repair_choice import RepairRequest
from streams.settings import Settings
from tests.conftest import fresh_worlds
from tests.engine import EngineWorld
from tests.history import History, Row
from tests.integration.explain.company import filled

BEYOND = 1 << 62  # a position that lies behind everything
ALL = tuple(state for state in EntryState if state is not EntryState.VERIFIED)


@dataclass
class Stream:
    """The capture, as far as reading again needs it: marks in the history's log, reads of the legacy tables as they
    are, and a barrier that applies whatever was logged. ``before_read``, ``after_read``: what others do meanwhile.
    """

    world: EngineWorld
    history: History
    legacy: psycopg.Connection[Row]
    before_read: Callable[[], None] = lambda: None
    after_read: Callable[[], None] = lambda: None
    asked: list[tuple[str, str]] = field(default_factory=list)

    def token(self, challenge: str) -> int:
        """Its record lies before the commit that it ends with."""
        assert challenge
        self.history.lsn += 10
        position = self.history.lsn
        self.history.commits()
        return position

    def request_reread(self, table: str, where: str = "", *, replace: bool = False) -> RereadTicket:
        """What was committed before the read is decoded before; what is committed meanwhile comes after the rows."""
        assert not replace
        self.asked.append((table, where))
        self.before_read()
        read_at = len(self.history.log)
        position = (self.history.commit, self.history.lsn)
        self.after_read()
        rows = self.legacy.execute(
            f"select to_json(t) as row from public.{table} as t where {where or 'true'}"  # type: ignore[arg-type]
        ).fetchall()
        later = self.history.log[read_at:]
        del self.history.log[read_at:]
        now = (self.history.commit, self.history.lsn)
        self.history.commit, self.history.lsn = position
        self.history.reread(table, [dict(row["row"]) for row in rows])  # type: ignore[call-overload]
        self.history.commit, self.history.lsn = now
        self.history.log += later
        return RereadTicket(f"reread-{uuid4()}", f"public.{table}", 0, 0)

    def reread_finished(self, ticket: RereadTicket) -> bool:
        """At once."""
        assert ticket.table
        return True

    def current(self) -> RegisteredCapture:
        """The capture that the engine's positions are of."""
        return RegisteredCapture(1, CaptureIdentity.__new__(CaptureIdentity), settled=True)

    def pass_(self, timeout: float) -> BarrierResult:
        """Everything in the log is applied."""
        assert timeout > 0
        service = self.world.service()
        chunks = self.history.chunks()
        stored = service.positions({(c.topic, c.partition): 0 for c in chunks})
        fresh = [c.since(stored[c.topic, c.partition]) for c in chunks]
        service.apply([c for c in fresh if c.records])
        return BarrierResult(True, BEYOND, {}, (), "", "")


@dataclass
class Office:
    """Both sides with two companies, equal to begin with; what is found of them, and repair."""

    world: EngineWorld
    history: History
    stream: Stream
    parts: RepairParts
    legacy: psycopg.Connection[Row]

    def do(self, *statements: str) -> None:
        """Run these on the target in one transaction."""
        with self.world.applier.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement.replace("%", "%%"))

    def past_constraints(self, *statements: str) -> None:
        """The same, past foreign keys."""
        settings = self.world.settings
        folders = StackFolders(settings.home, "nobody" if os.geteuid() == 0 else None)
        with as_superuser(folders.sockets, settings.target_port, settings.target.database) as connection:
            connection.execute("set session_replication_role = replica")
            for statement in statements:
                connection.execute(statement)

    def look(self, check: Check, tables: Mapping[str, Sequence[str]] | None = None) -> None:
        """Judge these keys (without: every key of the target), as the monitor would, and keep what was found."""
        judge = self.parts.judges[check]
        if tables is None:
            with self.world.ground.target.transaction() as work:
                names = self.world.ground.plan.ranks
                tables = {name: list(work.sources.keys_after(name, None, 1000)) for name in names}
        self.parts.book.record([judge(table, keys) for table, keys in tables.items() if keys])

    def note(self, *differences: Difference) -> None:
        """Write these in the ledger, as a check would."""
        for one in differences:
            self.parts.book.record([Verdicts(one.check, one.table, different=(one,))])

    def entries(self, *states: EntryState) -> Sequence[Entry]:
        """Those of the ledger that are not verified, or in these states."""
        with self.parts.store.transaction() as work:
            return work.ledger.entries(Wanted(states=states or ALL))

    def repair(self, *numbers: int, pace: Pace | None = None) -> Repaired:
        """Repair these; without, everything that is open."""
        chosen = numbers or tuple(entry.id for entry in self.entries(EntryState.OPEN))
        request = RepairRequest("Wati", "a test", chosen)
        return Repair(self.parts, pace or Pace(keys_s=1000, wait_s=0.5)).run(request, lambda _: None)

    def steps(self, number: int) -> list[tuple[EntryState, str, str]]:
        """State, by whom and why of each step of an entry's life."""
        rows = self.world.rows(f"select now, by_whom, why from selaras.drift_step where entry = {number} order by id")
        return [(EntryState(row["now"]), row["by_whom"], row["why"]) for row in rows]


def with_rows(history: History, legacy: psycopg.Connection[Row]) -> None:
    """Put the history's rows into the legacy tables."""
    for table, rows in history.rows.items():
        document = json.dumps(rows)
        legacy.execute(
            f"insert into public.{table} select * from json_populate_recordset(null::public.{table}, %s)",  # type: ignore[arg-type]
            [document],
        )


@pytest.fixture
def office(server: Settings) -> Iterator[Office]:
    """On databases of its own."""
    with fresh_worlds(server) as settings:
        world = EngineWorld(settings)
        with world.ground.target.transaction() as work:
            work.guard.enter(exclusive=True)
            work.guard.recomputed()
        engines = [target_engine(settings), legacy_reader_engine(settings), gentle_reader_engine(settings)]
        target, reader, gentle = engines
        checker = checker_engine(settings)
        conninfo = legacy_server(settings, "oss_owner").conninfo()
        with psycopg.connect(conninfo, autocommit=True, row_factory=dict_row) as legacy:
            history = filled(world)
            with_rows(history, legacy)
            stream = Stream(world, history, legacy)
            keyless = {"oss_iumk": PostgresKeylessReader(reader, "public")}
            ground = world.ground
            load = LoadParts(
                *(stream, stream, stream, PostgresLoadRegistry(target), stream),  # type: ignore[arg-type]
                *(ground.target, ground.plan, keyless, ManualClock()),
            )
            parts = repair_parts(settings, LoadService(load))
            captured = capture_check(settings, ground, gentle, checker, stream)
            parts = replace(parts, judges={**parts.judges, Check.CAPTURE: captured.rows}, clock=ManualClock())
            yield Office(world, history, stream, parts, legacy)
        world.close()
        for engine in (*engines, checker):
            engine.dispose()
