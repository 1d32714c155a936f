"""Seed and traffic on a real PostgreSQL: equal seeds end in equal databases."""

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from streams.adapters.databases.world_schema import load_reference
from streams.adapters.demo.tables import TABLES
from streams.bootstrap.demo import seed_service, traffic_service, world_schemas
from streams.errors import ErrorKind, SelarasError
from streams.services.demo import SeedPlan, TrafficPlan
from streams.settings import LegacySettings, Settings
from tests.conftest import fresh_worlds

pytestmark = pytest.mark.postgres


@pytest.fixture
def other_worlds(server: Settings) -> Iterator[Settings]:
    with fresh_worlds(server) as settings:
        yield settings


def _connect(settings: Settings, role: str, legacy: bool = True) -> psycopg.Connection:
    return psycopg.connect(
        host="127.0.0.1",
        port=settings.legacy_port if legacy else settings.target_port,
        dbname=settings.legacy.database if legacy else settings.target.database,
        user=role,
        password=(settings.secrets / role).read_text(encoding="utf-8").strip(),
        autocommit=True,
    )


def _contents(settings: Settings) -> dict[str, list[str]]:
    with _connect(settings, "oss_app") as connection:
        return {
            table: [
                row[0]
                for row in connection.execute(f'SELECT t::text FROM {table} t ORDER BY t::text COLLATE "C"'.encode())
            ]
            for table in TABLES
        }


def test_equal_seeds_end_in_equal_databases(worlds: Settings, other_worlds: Settings) -> None:
    for settings, rate in ((worlds, 0.0), (other_worlds, 500.0)):
        seeded = seed_service(settings).run(SeedPlan(300, 11))
        assert all(seeded.by_table.values())
        for seed in (5, 6):
            summary = traffic_service(settings).run(TrafficPlan(rate=rate, seed=seed, transactions=200))
            assert summary.transactions == 200
            assert 4 < summary.rows / summary.transactions < 14
    assert _contents(worlds) == _contents(other_worlds)


def test_surrogate_keys_move_and_contents_stay_when_a_document_is_resent(worlds: Settings) -> None:
    seed_service(worlds).run(SeedPlan(50, 3))
    with _connect(worlds, "oss_app") as connection:
        before = connection.execute("SELECT max(idpryk), count(*) FROM tr_oss_proyek").fetchone()
        summary = traffic_service(worlds).run(TrafficPlan(rate=0, seed=2, transactions=150))
        after = connection.execute("SELECT max(idpryk), count(*) FROM tr_oss_proyek").fetchone()
    assert before
    assert after
    assert summary.by_kind["resent"]
    assert after[0] - before[0] > after[1] - before[1]


def test_children_keep_their_parents_under_traffic(worlds: Settings) -> None:
    seed_service(worlds).run(SeedPlan(100, 3))
    traffic_service(worlds).run(TrafficPlan(rate=0, seed=2, transactions=400))
    with _connect(worlds, "oss_app") as connection:
        for table in ("tr_oss_proyek", "tr_oss_checklist", "tr_oss_status_izin", "tr_oss_penanggung_jwb"):
            query = f"SELECT count(*) FROM {table} WHERE nib NOT IN (SELECT nib FROM tr_oss_header)"
            assert connection.execute(query.encode()).fetchone() == (0,), table
        for table, key, parent in (
            ("tr_oss_lokasi", "id_proyek", "tr_oss_proyek"),
            ("tr_oss_checklist", "id_proyek", "tr_oss_proyek"),
            ("tr_oss_status_izin", "id_izin", "tr_oss_checklist"),
            ("tr_oss_persyaratan", "id_izin", "tr_oss_checklist"),
        ):
            query = f"SELECT count(*) FROM {table} WHERE {key} NOT IN (SELECT {key} FROM {parent})"
            assert connection.execute(query.encode()).fetchone() == (0,), table


def test_a_filled_database_is_refused_and_left_alone(worlds: Settings) -> None:
    service = seed_service(worlds)
    service.run(SeedPlan(20, 1))
    before = _contents(worlds)
    with pytest.raises(SelarasError, match="not empty"):
        service.run(SeedPlan(20, 1))
    assert _contents(worlds) == before


def test_making_the_schemas_again_changes_nothing(worlds: Settings) -> None:
    assert world_schemas(worlds).prepare() is False
    with _connect(worlds, "rba_owner", legacy=False) as connection:
        assert set(load_reference(connection, worlds.schemas_dir).values()) == {0}
        connection.execute("UPDATE rba.ref_wilayah SET nama = 'x' WHERE kode = '32.01'")
        assert load_reference(connection, worlds.schemas_dir)["ref_wilayah"] == 1


def test_every_captured_table_logs_whole_old_rows(worlds: Settings) -> None:
    with _connect(worlds, "oss_capture") as connection:
        others = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relreplident <> 'f' "
            "AND relnamespace IN ('public'::regnamespace, 'selaras'::regnamespace)"
        ).fetchall()
        connection.execute("INSERT INTO selaras.heartbeat VALUES (1, now())")
        connection.execute("INSERT INTO selaras.signal VALUES ('a', 'log', '{}')")
    assert others == []


def test_an_absent_server_is_said_to_be_unavailable(worlds: Settings) -> None:
    away = replace(worlds, legacy=LegacySettings(port=1))
    with pytest.raises(SelarasError) as refusal:
        traffic_service(away).run(TrafficPlan(rate=0, seed=1, transactions=1))
    assert refusal.value.kind is ErrorKind.UNAVAILABLE
