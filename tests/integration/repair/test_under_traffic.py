"""Legacy rows are read again while others write them, in transactions that overlap the read: nothing newer is lost."""

import json
import zlib
from collections.abc import Iterator
from random import Random
from uuid import uuid4

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from streams.adapters.databases.keyless_reader import PostgresKeylessReader
from streams.adapters.databases.registries import PostgresLoadRegistry
from streams.adapters.databases.sql_names import one_of
from streams.adapters.memory.capture import ManualClock
from streams.bootstrap.capture_check import capture_check, gentle_reader_engine
from streams.bootstrap.databases import legacy_reader_engine, target_engine
from streams.errors import SelarasError
from streams.ports.capture import CaptureIdentity, RereadTicket
from streams.ports.registry import RegisteredCapture
from streams.projection.catalog import Catalog
from streams.projection.converters import Reference
from streams.services.load import LoadParts, LoadService
from streams.services.plan import make_plan
from streams.services.repair_mirror import MirrorMender
from streams.settings import Settings
from tests.capture_traffic import DEEDS, MICRO, PARTITIONS, Traffic
from tests.conftest import fresh_worlds
from tests.engine import EngineWorld

pytestmark = pytest.mark.postgres


class ReadAgain(Traffic):
    """Traffic whose stream reads rows again when it is asked to: everything committed before is decoded before them,
    everything that is committed from then on, also before the rows are read, comes after.
    """

    reads = 0
    _is_reading = False

    def apply(self, count: int) -> None:
        """Nothing reaches the target while rows are read."""
        if not self._is_reading:
            super().apply(count)

    def token(self, challenge: str) -> int:
        """A transaction of its own."""
        statement = "select pg_logical_emit_message(true, 'selaras.barrier', %s)::text as lsn"
        self._reader.execute(statement, [challenge])
        position = self._lsn() - 1
        self._commit = self._lsn()
        return position

    def request_reread(self, table: str, where: str = "", *, replace: bool = False) -> RereadTicket:
        """Read them, with writers before and after."""
        assert not replace
        self._is_reading = True
        place, commit, lsn = len(self.log), self._commit, self._lsn()
        for _ in range(self.random.randint(0, 12)):
            self.step()
        rows = self._reader.execute(f"select * from {table} where {where}").fetchall()  # type: ignore[arg-type]
        for _ in range(self.random.randint(0, 12)):
            self.step()
        self._is_reading = False
        source = {
            "table": table,
            "ts_ms": 1_550_000_000_000,
            "txId": 1,
            "sequence": json.dumps([str(commit), str(lsn)]),
        }
        for row in rows:
            value = {"before": None, "after": row, "source": source, "op": "r", "transaction": None}
            key = json.dumps({"nib": row["nib"]}).encode()
            partition = zlib.crc32(key) % PARTITIONS
            self.log.insert(place, (f"oss.public.{table}", partition, key, json.dumps(value).encode()))
        self.reads += len(rows)
        return RereadTicket(f"reread-{uuid4()}", f"public.{table}", 0, 0)

    def reread_finished(self, ticket: RereadTicket) -> bool:
        """At once."""
        assert ticket.table
        return True

    def current(self) -> RegisteredCapture:
        """The capture that the engine's positions are of."""
        return RegisteredCapture(1, CaptureIdentity.__new__(CaptureIdentity), settled=True)


def mend(traffic: ReadAgain, mender: MirrorMender, table: str) -> None:
    """Read what is known to be wrong again, with any others, until a barrier is passed."""
    wrong = [key for name, key in traffic.tainted if name == table]
    others = [key for key in traffic.keys(table) if traffic.random.random() < 0.7]
    for _ in range(50):
        try:
            mender.rows(table, {*wrong, *others}, (), lambda _: None)
        except SelarasError as error:
            assert "barrier" in error.sentence
        else:
            return
    raise AssertionError("no barrier was ever passed")


@settings(phases=(Phase.generate,), deadline=None)
@given(st.integers(0, 1 << 30))
def test_rows_read_again_under_traffic_end_as_the_legacy_has_them(
    made: tuple[EngineWorld, LoadParts], seed: int
) -> None:
    world, parts = made
    world.empty()
    traffic = ReadAgain(world, Random(seed))
    traffic.clear()
    try:
        plan = world.ground.plan
        bare = make_plan((), Catalog({}), Reference(), (plan.mapping, plan.reference))
        load = LoadParts(
            *(traffic, traffic, traffic, parts.loads, traffic),  # type: ignore[arg-type]
            *(world.ground.target, bare, parts.keyless, ManualClock()),
        )
        mender = MirrorMender(LoadService(load), world.ground.legacy.tables, one_of)
        for _ in range(2):
            for _ in range(20):
                traffic.step()
            traffic.plant()
            for _ in range(10):
                traffic.step()
            traffic.lose = False
            for table in (DEEDS, MICRO):
                if any(name == table for name, _ in traffic.tainted):
                    mend(traffic, mender, table)
        traffic.rest()
        traffic.is_quiet = True
        legacy = gentle_reader_engine(world.settings)
        check = capture_check(world.settings, world.ground, legacy, world.applier, traffic)
        for table in (DEEDS, MICRO):
            verdicts = check.rows(table, traffic.keys(table))
            assert (verdicts.different, verdicts.unknown) == ((), {})
        legacy.dispose()
    finally:
        traffic.close()


@pytest.fixture(scope="module")
def made(server: Settings) -> Iterator[tuple[EngineWorld, LoadParts]]:
    """One pair of databases for this file, and what loads work with on it."""
    with fresh_worlds(server) as fresh:
        world = EngineWorld(fresh)
        target, reader = target_engine(fresh), legacy_reader_engine(fresh)
        keyless = {MICRO: PostgresKeylessReader(reader, "public")}
        yield (
            world,
            LoadParts(
                *(None, None, None, PostgresLoadRegistry(target), None),  # type: ignore[arg-type]
                *(world.ground.target, world.ground.plan, keyless, ManualClock()),
            ),
        )
        target.dispose()
        reader.dispose()
        world.close()
