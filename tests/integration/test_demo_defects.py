"""Seed and traffic with defects on a real PostgreSQL: what is written down is what the tables hold."""

import psycopg
import pytest
from psycopg import sql

from streams.adapters.demo.defects.record import planted
from streams.adapters.demo.defects.register import DEFECTS
from streams.bootstrap.demo import defect_rates, seed_service, traffic_service
from streams.ports.demo import Expected, Planted
from streams.services.demo import SeedPlan, TrafficPlan
from streams.settings import Settings

pytestmark = pytest.mark.postgres


def _rows(connection: psycopg.Connection, record: Planted) -> int:
    key, _, value = record.key.partition("=")
    text = sql.SQL("SELECT count(*) FROM public.{} WHERE {} = %s")
    found = connection.execute(text.format(sql.Identifier(record.table), sql.Identifier(key)), (value,)).fetchone()
    return int(found[0]) if found else 0


def test_the_record_tells_what_the_tables_hold(worlds: Settings) -> None:
    rates = defect_rates("all")
    seeded = seed_service(worlds).run(SeedPlan(300, 11, rates))
    summary = traffic_service(worlds).run(TrafficPlan(0, 5, 1500, rates=rates))
    records = planted(worlds.home)
    assert {record.defect for record in records} == {defect.name for defect in DEFECTS}
    counted = {
        defect.name: seeded.by_defect.get(defect.name, 0) + summary.by_defect.get(defect.name, 0) for defect in DEFECTS
    }
    assert counted == {name: sum(record.defect == name for record in records) for name in counted}
    password = (worlds.secrets / "oss_app").read_text(encoding="utf-8").strip()
    with psycopg.connect(
        host="127.0.0.1", port=worlds.legacy_port, dbname=worlds.legacy.database, user="oss_app", password=password
    ) as connection:
        for record in records:
            gone = record.expected is Expected.TOMBSTONE and record.defect.startswith("13")
            assert bool(_rows(connection, record)) is not gone, record
        off = "SELECT count(*) FROM tr_oss_header WHERE nib = %s AND sts_aktif = '1'"
        for record in records:
            if record.defect.startswith("12"):
                live = connection.execute(off, (record.nib,)).fetchone()
                assert live is not None
                assert bool(live[0]) is (record.expected is Expected.ROW)


def test_without_defects_nothing_is_written_down(worlds: Settings) -> None:
    assert seed_service(worlds).run(SeedPlan(20, 1)).by_defect == {}
    assert traffic_service(worlds).run(TrafficPlan(0, 1, 50)).by_defect == {}
    assert not planted(worlds.home)
