"""The capture check on all twelve tables, as the generator of the demo fills them and the engine mirrors them."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import Engine

from benchmarks.events import EventLog
from streams.bootstrap.capture import capture_plan
from streams.bootstrap.capture_check import capture_check, gentle_reader_engine
from streams.bootstrap.databases import legacy_server
from streams.bootstrap.demo import seed_service
from streams.drift.difference import Difference
from streams.drift.verdict import Reason
from streams.errors import ErrorKind, SelarasError
from streams.ports.capture_check import Compared, Keys
from streams.services.barrier import BarrierResult
from streams.services.capture_check import CaptureCheck
from streams.services.demo import SeedPlan
from streams.settings import Settings
from tests.conftest import fresh_worlds
from tests.engine import EngineWorld

pytestmark = pytest.mark.postgres
OF_OLD = "update mirror.{table} set _tx = 1"  # transactions that every snapshot shows


class NothingUnderWay:
    """A barrier where everything is applied."""

    def pass_(self, timeout: float) -> BarrierResult:
        """See the service."""
        assert timeout > 0
        return BarrierResult(True, 2**62, {}, (), "", "")


class World:
    """Both databases, filled, and the check on them."""

    def __init__(self, settings: Settings) -> None:
        seed_service(settings).run(SeedPlan(20, seed=3))
        self.engine = EngineWorld(settings)
        self.reader: Engine = gentle_reader_engine(settings)
        log = EventLog(self.reader, self.engine.ground.legacy, capture_plan(settings), settings.kafka.partitions)
        self.engine.apply(*log.batches(2000))
        self.mirror(*(OF_OLD.format(table=table) for table in self.tables))
        self.owner = psycopg.connect(legacy_server(settings, "oss_owner").conninfo(), autocommit=True)

    @property
    def tables(self) -> list[str]:
        """The captured ones."""
        return sorted(self.engine.ground.legacy.tables)

    def check(self) -> CaptureCheck:
        """As it starts."""
        engine = self.engine
        return capture_check(engine.settings, engine.ground, self.reader, engine.applier, NothingUnderWay())

    def mirror(self, *statements: str) -> None:
        """Change the mirror behind the engine's back."""
        with self.engine.applier.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def legacy(self, statement: str) -> None:
        """Change the legacy database."""
        self.owner.execute(statement)  # type: ignore[arg-type]

    def scan(self, table: str) -> list[Difference]:
        """What a scan of the table finds; every key must get a verdict."""
        check, after, found, keys = self.check(), "", list[Difference](), 0
        while True:
            verdicts, part = check.part(table, after)
            assert not verdicts.unknown
            found += verdicts.different
            keys += verdicts.keys
            if part.last is None:
                key = self.engine.ground.legacy.tables[table].named_by
                rows = self.owner.execute(f"select count(distinct {key}) from {table}").fetchone()  # type: ignore[arg-type]
                assert rows is not None
                assert keys >= rows[0] > 0
                return found
            after = part.last


@pytest.fixture(scope="module")
def world(server: Settings) -> Iterator[World]:
    """One pair of databases for this file."""
    with fresh_worlds(server) as settings:
        made = World(settings)
        yield made
        made.owner.close()
        made.reader.dispose()
        made.engine.close()


def test_what_the_engine_mirrored_is_the_same_in_every_table(world: World) -> None:
    assert len(world.tables) == 12
    assert {table: world.scan(table) for table in world.tables} == {table: [] for table in world.tables}


@pytest.mark.parametrize(
    ("table", "column", "change", "likeness"),
    [
        ("tr_oss_header", "nama_perseroan", "nama_perseroan || ' '", "trailing blank"),
        ("tr_oss_header", "tgl_insert", "(tgl_insert::timestamp + interval '7 hours')::text", "time zone"),
        ("tr_oss_header", "nama_perseroan", "lower(nama_perseroan)", "case"),
        ("tr_oss_header", "nama_perseroan", "'Nama Lain'", ""),
    ],
)
def test_an_altered_mirror_row_is_found_and_its_values_stay_behind_the_mask(
    world: World, table: str, column: str, change: str, likeness: str
) -> None:
    world.mirror("create table if not exists mirror.kept as select * from mirror.tr_oss_header where false")
    one = f"idoss = (select min(idoss) from mirror.{table} where length({column}) > 8)"
    world.mirror(f"insert into mirror.kept select * from mirror.{table} where {one}")
    (kept,) = world.engine.rows(f"select idoss::text as key, {column} as value from mirror.kept")
    try:
        world.mirror(f"update mirror.{table} set {column} = {change} where {one}")
        (found,) = world.scan(table)
    finally:
        world.mirror(
            f"update mirror.{table} as m set {column} = k.{column} from mirror.kept as k where m.idoss = k.idoss",
            "drop table mirror.kept",
        )
    assert (found.key, set(found.columns), found.likeness) == (kept["key"], {column}, likeness)
    if column == "nama_perseroan":
        assert str(kept["value"]) not in repr(found)


def test_a_table_that_is_held_leaves_its_keys_without_a_verdict(world: World) -> None:
    table = "tr_oss_legalitas"
    world.legacy("begin")
    try:
        world.legacy(f"lock table {table} in access exclusive mode")
        assert dict(world.check().rows(table, ["1"]).unknown) == {"1": Reason.SIDE_DOWN}
    finally:
        world.legacy("rollback")


def test_columns_that_one_side_has_alone_are_not_compared(world: World) -> None:
    table = "tr_oss_legalitas"
    world.legacy(f"alter table {table} add column catatan text not null default 'baru'")
    world.mirror(f"alter table mirror.{table} add column lama text default 'x'")
    try:
        assert world.scan(table) == []
    finally:
        world.legacy(f"alter table {table} drop column catatan")
        world.mirror(f"alter table mirror.{table} drop column lama")


def test_a_column_that_goes_while_the_check_runs_is_told_apart_from_errors(world: World) -> None:
    table, legacy = "tr_oss_produk", world.check().legacy
    world.legacy(f"alter table {table} rename column merk_dagang to merk")
    try:
        columns = [Compared("merk_dagang", "text", "text")]
        with pytest.raises(SelarasError) as moved:
            legacy.rows(table, columns, ["1"])
        assert moved.value.kind is ErrorKind.CONFLICT
        with pytest.raises(SelarasError) as moved:
            legacy.digests(table, columns, Keys(["1"]))
        assert moved.value.kind is ErrorKind.CONFLICT
    finally:
        world.legacy(f"alter table {table} rename column merk to merk_dagang")
